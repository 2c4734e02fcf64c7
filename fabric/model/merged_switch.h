// A switch chip whose outputs share state, so that it takes one action after another.
//
// Models:  a crossbar as Switch does, with routes that look at the chip: sprayed, where the packets
//          of an input take the ways in turn, or adaptive, where each takes the output with the
//          least queue (packets that wait, and one that is leaving); or inputs with one queue for
//          each virtual channel, of which only the first packet can leave, and with one line into
//          the crossbar, busy until a packet's last byte has left. Routes are chosen as a packet
//          comes in. With a shared buffer (shared_buffer.h) packets may be marked, trimmed or
//          dropped; control packets, in the last virtual channel, go first, and hashed routes are
//          those of a flow's entropy value. An output takes the oldest of the packets that can
//          start (by arrival, ties by input), or the inputs' in turn; with input queues or in turn,
//          a packet needs the credits of a full one.
// Omits:   multicast and reduction.
// Units:   ticks. Ports are numbered as in the layout.
// Costs:   two heap operations a packet; packets are handled one by one, and leave as trains where
//          they leave back to back.

#ifndef UPFABRIC_FABRIC_MODEL_MERGED_SWITCH_H_
#define UPFABRIC_FABRIC_MODEL_MERGED_SWITCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "fabric/model/shared_buffer.h"
#include "fabric/model/switch_chip.h"
#include "fabric/model/switch_options.h"

namespace upfabric::fabric {

class MergedSwitch final : public SwitchChip {
 public:
  // As Switch.
  MergedSwitch(const HopTimes& times, const SwitchOptions& options);

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
  bool waiting(int port) const override { return outputs_[static_cast<size_t>(port)].waiting > 0; }
  int64_t packets_held() const override;
  int64_t packets_dropped() const override { return packets_dropped_; }

 private:
  // A packet in an input buffer.
  struct Waiting {
    sim::Record packet;
    sim::Ticks length = 0;  // of its serialization as it came in
    uint32_t input = 0;
    uint32_t output = 0;
    uint8_t came_on = 0;  // virtual channel of the input buffer
  };
  using Queue = sim::RecordQueue<Waiting>;
  struct Output {
    Transmitter transmitter;
    sim::Ticks poke = sim::kNever;  // when it is looked at next, as far as is known
    int64_t waiting = 0;
    int64_t turn = -1;  // input x virtual channels + channel of what left last; -1: nothing
    bool short_of_credits = false;
    std::vector<uint32_t> heads;  // input queues whose first packet wants to leave here
  };
  // What an output could send, and when it could have but for credits.
  struct Candidate {
    Queue* queue = nullptr;
    size_t place = 0;
    sim::Ticks eligible = 0;
  };
  // An arrival at an input, or a look at output `port` - ports; at one instant in this order.
  using Event = std::pair<sim::Ticks, int>;

  sim::Ticks AdvanceTo(sim::Ticks window_end);
  void Arrive(int input);
  int RouteOf(sim::Record& packet, int input, sim::Ticks now);
  size_t LeastQueue(const sim::Record& packet, sim::Ticks now) const;
  void Look(int output, sim::Ticks now, sim::Ticks window_end);
  template <typename Visit>
  void ForEachCandidate(int output, const Visit& visit);
  sim::Ticks Eligible(const Waiting& waiting, const Transmitter& transmitter) const;
  sim::Ticks FirstStart(int output, sim::Ticks now, sim::Ticks window_end);
  Candidate Best(int output, sim::Ticks now);
  void Start(int output, const Candidate& candidate, sim::Ticks now);
  void Remove(const Candidate& candidate, sim::Ticks busy_until);
  bool Admit(Waiting& waiting, sim::Ticks now);
  void MarkAndRelease(Waiting& waiting, sim::Ticks now);
  int control_lane() const { return times_->virtual_channels - 1; }
  bool IsData(const sim::Record& packet) const {
    return buffer_ == nullptr || packet.virtual_channel() != control_lane();
  }
  void PokeAt(int output, sim::Ticks time);
  bool in_turn() const { return options_.arbitration == Arbitration::kRoundRobin; }
  bool by_input() const { return options_.queueing == Queueing::kInputs; }
  int64_t TurnOf(const Waiting& waiting) const {
    return int64_t{waiting.input} * times_->virtual_channels + waiting.packet.virtual_channel();
  }
  size_t QueueIndex(int port, int lane) const {
    return static_cast<size_t>(port * times_->virtual_channels + lane);
  }

  const HopTimes* times_;
  SwitchOptions options_;
  std::vector<Output> outputs_;
  std::vector<Queue> queues_;          // by output, or input; then virtual channel
  std::vector<bool> listed_;           // by input: its next arrival is in events_
  std::vector<sim::Ticks> line_free_;  // by input: when its line into the crossbar is
  std::vector<uint32_t> sprayed_;      // by input: packets that had several ways
  std::vector<sim::Ticks> offers_;     // scratch of FirstStart, by virtual channel
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  sim::Ticks horizon_ = 0;    // up to which all is done
  size_t faults_passed_ = 0;  // of the timeline's times
  Hops hops_;                 // scratch of RouteOf
  std::unique_ptr<SharedBuffer> buffer_;
  int64_t packets_dropped_ = 0;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_MERGED_SWITCH_H_
