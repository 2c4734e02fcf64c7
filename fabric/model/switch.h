// A switch chip: input buffers with credits, a crossbar, and one output for each input.
//
// Models:  cut-through: a packet may leave as soon as its first bit has passed the ingress
//          pipeline; each output sends the oldest packet first (by arrival, ties by input), one
//          virtual channel past another that lacks credits; or, round-robin, the next input and
//          virtual channel in turn that has a packet there and credits for a full one. A packet's
//          buffer space returns as
//          credits when its last byte has left. A packet from a link that lost lanes leaves so late
//          that it does not run dry. Multicast and reduction, where the chip has them, are units of
//          their own.
// Omits:   limits of the crossbar itself; routes that look at queues, and input queues
//          (merged_switch.h); copies from links that lost lanes.
// Units:   ticks. Inputs and outputs are numbered as in the layout; where switches are single ones,
//          endpoint x links + link.
// Costs:   a train is queued once, by output and virtual channel; a queue is sorted only behind
//          what was sorted before.

#ifndef UPFABRIC_FABRIC_MODEL_SWITCH_H_
#define UPFABRIC_FABRIC_MODEL_SWITCH_H_

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "absl/base/attributes.h"
#include "fabric/model/lane_set.h"
#include "fabric/model/multicast_unit.h"
#include "fabric/model/reduction_unit.h"
#include "fabric/model/switch_chip.h"
#include "fabric/model/switch_options.h"
#include "fabric/model/train_queue.h"
#include "fabric/model/transmitter.h"
#include "fabric/sim/engine.h"

namespace upfabric::fabric {

class Switch final : public SwitchChip {
 public:
  // `times` are of any channel of the fabric. Transmitters are initialized by the caller.
  Switch(const HopTimes& times, const SwitchOptions& options);
  void ConnectInput(int port, const HopTimes& in, int link, Transmitter& sender) override;

  Transmitter& transmitter(int port) override {
    return outputs_[static_cast<size_t>(port)].transmitter;
  }
  sim::Ticks Advance(sim::Ticks window_end) override;
  void PassFaults(sim::Ticks window_end) override;
  void Reset() override;
  int64_t MemoryBytes() const override;

  const Transmitter& transmitter(int port) const override {
    return outputs_[static_cast<size_t>(port)].transmitter;
  }
  bool waiting(int port) const override {
    return !outputs_[static_cast<size_t>(port)].lanes.empty();
  }
  int64_t packets_held() const override;
  int64_t packets_replicated() const override {
    return inside_ ? inside_->multicast.replicated() : 0;
  }
  int64_t packets_reduced() const override { return inside_ ? inside_->reduction.reduced() : 0; }

 private:
  using Entry = QueuedTrain;
  using Queue = TrainQueue;
  struct Output {
    Transmitter transmitter;
    LaneSet lanes;        // of which there are trains
    bool active = false;  // in active_
    int32_t turn = -1;    // input x virtual channels + channel of what left last; -1: nothing
  };
  // Entries that are not messages: of kind kMulticast and kRead, a copy that waits for its output,
  // with its name in the multicast unit as destination; of kind kReduced, a packet of a result.
  struct Inside {
    MulticastUnit multicast;
    ReductionUnit reduction;
    std::vector<ReductionUnit::Result> results;  // scratch
  };
  sim::Ticks AdvanceTo(sim::Ticks window_end);
  sim::Ticks TakeArrivals(sim::Ticks window_end);
  void Enqueue(const sim::Record& packet, uint32_t input);
  void EnqueueRouted(const sim::Record& train, uint32_t input);
  void Push(int output, const sim::Record& train, uint32_t input, uint8_t came_on);
  [[gnu::cold]] void EnqueueInside(const sim::Record& train, uint32_t input);
  sim::Ticks Reduce(sim::Ticks window_end);
  [[gnu::cold]] int64_t SendInside(const Entry& entry, int output, const StartChoice& choice,
                                   int64_t limit);
  void SortNew(int output);
  static void InsertNew(Queue& queue, size_t first_new);
  StartChoice Choose(int output, sim::Ticks window_end);
  ABSL_ATTRIBUTE_COLD StartChoice ChooseInTurn(int output, sim::Ticks window_end);
  using Offers = std::array<StartChoice, kVirtualChannelsMax>;  // by virtual channel
  sim::Ticks NextInTurn(int output, const StartChoice& choice, const Offers& offers) const;
  static void BringToFront(Queue& queue, size_t entry);
  int32_t TurnOf(const Entry& entry, int lane) const {
    return static_cast<int32_t>(entry.input) * times_->virtual_channels + lane;
  }
  void Start(int output, const StartChoice& choice, sim::Ticks window_end);
  int64_t TrainLimit(const Queue& queue, const StartChoice& choice, const PacketShape& shape,
                     sim::Ticks window_end) const;
  void Shorten(int output, int lane, int64_t packets);
  void CountWaiting(int output, sim::Ticks start, int64_t packets, sim::Ticks packet_time);
  int64_t CountArrived(int output, sim::Ticks now);
  int64_t PeakOfTrain(int output, int64_t waiting, sim::Ticks start, int64_t packets,
                      sim::Ticks packet_time);
  uint32_t ArrivedBy(sim::Ticks now, const Entry& entry) const;
  // When a packet may start so that its bits never leave before they have come in.
  sim::Ticks Eligible(const Entry& entry, const Transmitter& transmitter) const {
    if (!uneven_) [[likely]] {
      return entry.train.time;
    }
    const sim::Ticks lag = PacketTime(entry) - transmitter.ShapeOf(entry.train.payload).ticks;
    return entry.train.time + std::max<sim::Ticks>(lag, 0);
  }
  // How long it took to come in, and the spacing of its train. Results come in at their own rate.
  sim::Ticks PacketTime(const Entry& entry) const {
    return entry.input < inputs_.size() ? inputs_[entry.input].PacketTime(entry.train)
                                        : times_->ShapeAsBuilt(entry.train.payload).ticks;
  }
  sim::Ticks RunEachOutput(sim::Ticks window_end);
  sim::Ticks RunMerged(sim::Ticks window_end);
  Queue& QueueOf(int output, int lane) {
    return queues_[static_cast<size_t>(output * times_->virtual_channels + lane)];
  }
  const Queue& QueueOf(int output, int lane) const {
    return queues_[static_cast<size_t>(output * times_->virtual_channels + lane)];
  }

  const HopTimes* times_;
  bool mixed_ = false;   // links are not all of one kind
  bool uneven_ = false;  // they are not, or may lose lanes in this row
  SwitchOptions options_;
  std::vector<Output> outputs_;
  std::vector<Queue> queues_;           // by output, then virtual channel
  size_t faults_passed_ = 0;            // of the timeline's times
  std::vector<int> active_;             // outputs with packets, in no particular order
  std::vector<const Entry*> arriving_;  // scratch of PeakOfTrain
  Hops hops_;                           // scratch of EnqueueRouted
  std::unique_ptr<Inside> inside_;      // null: neither multicast nor reduction
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_SWITCH_H_
