// The sending end of a channel: a serializer with the credits of its receiver's buffer.
//
// Models:  one packet after another at the channel's rate, each with its credits; packets back to
//          back leave as one train. A port has one towards its switch, a switch one for each
//          output; they decide what goes next, this decides when.
//          Link-level retry, go-back-N: the receiver finds a failed flit when the packet's last bit
//          is in, asks for it (one control delay back), and the sender starts the packet again, a
//          turnaround later; what it sent in between is discarded, so the wire counts as full until
//          then (with packets sent in vain, or with the protocol's idle flits). Everything behind
//          the packet follows its good copy. A replayed flit can fail again. Once started, a packet
//          is not overtaken: order is decided at its first start. Buffers free as if it had left
//          well: the copy is kept in the replay buffer.
// Omits:   a limit of replays in a row (a link tries until it succeeds); failed acks and credits
//          (nack and credit are taken to arrive); a replay window that binds, which the fabric
//          refuses; a packet's part before its failed flit is sent again with it.
// Units:   ticks.

#ifndef UPFABRIC_FABRIC_MODEL_TRANSMITTER_H_
#define UPFABRIC_FABRIC_MODEL_TRANSMITTER_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "absl/base/attributes.h"
#include "fabric/model/counters.h"
#include "fabric/model/credit_pool.h"
#include "fabric/model/hop_times.h"
#include "fabric/model/message_log.h"
#include "fabric/model/pauses.h"
#include "fabric/sim/engine.h"

namespace upfabric::fabric {

// What a transmitter could send next: the first packet of one of several lanes.
struct StartChoice {
  sim::Ticks start = sim::kNever;
  sim::Ticks ready = 0;  // when the packet was there and the serializer free
  int lane = -1;
  sim::Ticks other_start = sim::kNever;  // earliest start of another lane, or of another in turn
  size_t entry = 0;                      // of the lane's queue; not the first only in turn
};

// One direction of a link. Forward: from an endpoint, the lower of two, or a trunk's first end.
struct ChannelPlace {
  int link = 0;
  bool forward = true;
  uint64_t draw_key = 0;
};

class Transmitter {
 public:
  // `buffer_units` of each virtual channel at the receiver; `next` as in CreditPool::Init.
  void Init(const HopTimes& times, uint32_t buffer_units, sim::Ticks* next) {
    times_ = &times;
    shapes_ = times.shapes;
    extends_ = times.trains;
    credits_.Init(times.virtual_channels, buffer_units, next, times.credit_return);
  }
  void Connect(const sim::Outlet& outlet) { outlet_ = outlet; }
  // Names the channel to the faults and draws.
  void Place(const ChannelPlace& place);
  // Applies the faults of the channel at `now`. Requires: what starts before `now` has started, and
  // nothing else.
  void PassFaults(sim::Ticks now);
  CreditPool& credits() { return credits_; }
  // Where packets are marked, trimmed, dropped and paused. `next` as for Init.
  void MakeEthernet(sim::Ticks* next) { ethernet_ = std::make_unique<EthernetState>(next); }
  Pauses& pauses() { return ethernet_->pauses; }
  EthernetCounters& ethernet_counts() { return ethernet_->counters; }
  sim::Ticks free() const { return free_; }  // when what was sent has left

  // When a packet that is there since `arrival` could start, if that is before `window_end`; else a
  // time from there on at which to ask again, or kNever (see CreditPool::EarliestFor).
  StartChoice Offer(sim::Ticks arrival, int lane, uint16_t payload, sim::Ticks window_end) {
    StartChoice offer;
    offer.ready = std::max(arrival, free_);
    offer.lane = lane;
    offer.start = std::max(offer.ready, not_before_);
    if (ethernet_ != nullptr) [[unlikely]] {
      ethernet_->pauses.Pass(free_);
      offer.start = ethernet_->pauses.ClearFrom(lane, offer.start);
    }
    if (offer.start < window_end) {
      offer.start = credits_.EarliestFor(offer.start, lane, ShapeOf(payload).units, window_end);
    }
    return offer;
  }

  // Sends the first packets of `train`, back to back from choice.start on: at most `packets`, fewer
  // if credits end; returns their number. The flag kLast stays only on all of the train's packets.
  int64_t Send(const sim::Record& train, const StartChoice& choice, int64_t packets);

  const PacketShape& ShapeOf(uint16_t payload) const { return (*shapes_)[payload]; }
  // Most packets that waited for this channel at one instant; the owner of the queue counts them.
  void CountQueue(int64_t packets) {
    sent_.queue_packets_max = std::max(sent_.queue_packets_max, packets);
  }
  const SendCounters& sent() const { return sent_; }
  EthernetCounters ethernet() const {
    return ethernet_ != nullptr ? ethernet_->counters : EthernetCounters();
  }
  sim::Ticks paused() const { return ethernet_ != nullptr ? ethernet_->pauses.total() : 0; }
  bool credits_complete() const { return credits_.Complete(); }
  uint32_t credits_leaked() const { return credits_.leaked(); }
  const ChannelPlace& place() const { return place_; }
  void SetLog(ChannelLog* log) { log_ = log; }

  void Reset();
  int64_t MemoryBytes() const { return credits_.MemoryBytes(); }

 private:
  static constexpr int64_t kNoFailure = std::numeric_limits<int64_t>::max();

  // Packets of `shape` that pass before the next one that fails.
  int64_t PassingPackets(const PacketShape& shape) const {
    return (fails_at_ - sent_.wire_units) / shape.units;
  }
  bool Fails(const PacketShape& shape, int64_t packets) const {
    return sent_.wire_units + packets * shape.units > fails_at_;
  }
  ABSL_ATTRIBUTE_COLD sim::Ticks Replay(sim::Ticks start, uint16_t payload,
                                        const PacketShape*& shape);
  const std::vector<PacketShape>& ShapesAt(sim::Ticks now) const;
  void SetErrors(const FlitErrors* errors);
  void DrawNextFailure();

  // What every packet touches comes first.
  const HopTimes* times_ = nullptr;
  const std::vector<PacketShape>* shapes_ = nullptr;  // on the lanes that work
  CreditPool credits_;
  sim::Outlet outlet_;
  sim::Ticks free_ = 0;        // when the serializer is free
  sim::Ticks not_before_ = 0;  // the last fault: what it made possible starts no earlier
  // The packet with this wire unit fails; counted as sent_.wire_units, so without discarded ones.
  int64_t fails_at_ = kNoFailure;
  SendCounters sent_;
  bool slow_ = false;     // lanes are lost
  bool extends_ = false;  // the last record was as slow as the next: they may be one train
  const FlitErrors* errors_ = nullptr;
  ChannelPlace place_;
  std::unique_ptr<EthernetState> ethernet_;
  ChannelLog* log_ = nullptr;  // null: nothing is written down
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_TRANSMITTER_H_
