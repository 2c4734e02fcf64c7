// The sending end of a channel: a serializer with the credits of its receiver's buffer.
//
// Models:  one packet after another at the channel's rate, each with its credits; packets back to
//          back leave as one train. A port has one towards its switch, a switch one for each
//          output; they decide what goes next, this decides when.
// Omits:   bit errors, replay, lane loss.
// Units:   ticks.

#ifndef UPFABRIC_FABRIC_MODEL_TRANSMITTER_H_
#define UPFABRIC_FABRIC_MODEL_TRANSMITTER_H_

#include <algorithm>
#include <vector>

#include "fabric/model/counters.h"
#include "fabric/model/credit_pool.h"
#include "fabric/model/link_timing.h"
#include "fabric/sim/engine.h"

namespace upfabric::fabric {

// The same for all ports of a fabric, or all switches: times of the channels they emit on.
struct HopTimes {
  const std::vector<PacketShape>* shapes = nullptr;  // by payload
  uint16_t full_payload = 0;
  int virtual_channels = 1;      // that of requests included, where switches reduce
  bool trains = false;           // packets that follow each other are handled together
  sim::Ticks data_delay = 0;     // of the channels this component sends packets on
  sim::Ticks control_delay = 0;  // of the credits it returns
  sim::Ticks delivery = 0;       // port to endpoint
  sim::Ticks injection = 0;      // request to answer
};

// What a transmitter could send next: the first packet of one of several lanes.
struct StartChoice {
  sim::Ticks start = sim::kNever;
  sim::Ticks ready = 0;  // when the packet was there and the serializer free
  int lane = -1;
  sim::Ticks other_start = sim::kNever;  // earliest start of another lane
};

class Transmitter {
 public:
  // `buffer_units` of each virtual channel at the receiver; `next` as in CreditPool::Init.
  void Init(const HopTimes& times, uint32_t buffer_units, sim::Ticks* next) {
    times_ = &times;
    credits_.Init(times.virtual_channels, buffer_units, next);
  }
  void Connect(const sim::Outlet& outlet) { outlet_ = outlet; }
  CreditPool& credits() { return credits_; }

  // When a packet that is there since `arrival` could start, if that is before `window_end`; else a
  // time from there on at which to ask again, or kNever (see CreditPool::EarliestFor).
  StartChoice Offer(sim::Ticks arrival, int lane, uint16_t payload, sim::Ticks window_end) {
    StartChoice offer;
    offer.ready = std::max(arrival, free_);
    offer.lane = lane;
    offer.start = offer.ready < window_end
                      ? credits_.EarliestFor(offer.ready, lane, ShapeOf(payload).units, window_end)
                      : offer.ready;
    return offer;
  }

  // Sends the first packets of `train`, back to back from choice.start on: at most `packets`, fewer
  // if credits end; returns their number. The flag kLast stays only on all of the train's packets.
  int64_t Send(const sim::Record& train, const StartChoice& choice, int64_t packets);

  const PacketShape& ShapeOf(uint16_t payload) const { return (*times_->shapes)[payload]; }
  // Most packets that waited for this channel at one instant; the owner of the queue counts them.
  void CountQueue(int64_t packets) {
    sent_.queue_packets_max = std::max(sent_.queue_packets_max, packets);
  }
  const SendCounters& sent() const { return sent_; }
  bool credits_complete() const { return credits_.Complete(); }

  void Reset();
  int64_t MemoryBytes() const { return credits_.MemoryBytes(); }

 private:
  const HopTimes* times_ = nullptr;
  CreditPool credits_;
  sim::Outlet outlet_;
  sim::Ticks free_ = 0;  // when the serializer is free
  SendCounters sent_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_TRANSMITTER_H_
