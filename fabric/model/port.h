// One link end at an accelerator: serializer with credits on the way out, buffer on the way in.
//
// Models:  the shares of messages leave packet by packet, oldest ready share first (ties by virtual
//          channel), a packet each time the serializer is free and its credits are there; arriving
//          packets leave the receive buffer when their last byte is in, which returns their
//          credits; the last packet of a share tells the endpoint, a delivery time later.
// Omits:   interleaving of the shares of one virtual channel; replay.
// Units:   ticks.

#ifndef UPFABRIC_FABRIC_MODEL_PORT_H_
#define UPFABRIC_FABRIC_MODEL_PORT_H_

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
  int virtual_channels = 1;
  sim::Ticks data_delay = 0;     // of the channels this component sends packets on
  sim::Ticks control_delay = 0;  // of the credits it returns
  sim::Ticks delivery = 0;       // port to endpoint
};

class Port final : public sim::Component {
 public:
  Port(const HopTimes& times, uint32_t switch_buffer_units, sim::Ticks* next);

  // Wiring, once.
  sim::Inlet& shares_in() { return shares_in_; }    // from the endpoint
  sim::Inlet& packets_in() { return packets_in_; }  // from the switch
  CreditPool& credits() { return credits_; }        // of the channel to the switch
  void ConnectPacketsOut(const sim::Outlet& outlet) { packets_out_ = outlet; }
  void ConnectSharesOut(const sim::Outlet& outlet) { shares_out_ = outlet; }
  void ConnectCreditsOut(CreditPool* pool) { credits_out_ = pool; }

  sim::Ticks Advance(sim::Ticks window_end) override;
  void Reset() override;
  int64_t MemoryBytes() const override;

  bool credits_complete() const { return credits_.Complete(); }
  const SendCounters& sent() const { return sent_; }
  const ReceiveCounters& received() const { return received_; }

 private:
  // Shares of one virtual channel, ready or soon so, in order.
  struct Lane {
    sim::RecordQueue<sim::Record> shares;
    size_t counted = 0;  // of these, how many are in waiting_packets_
  };
  struct Choice {
    sim::Ticks start = sim::kNever;
    sim::Ticks ready = 0;
    int lane = -1;
  };

  void Receive(sim::Ticks window_end);
  void TakeShares(sim::Ticks window_end);
  sim::Ticks Send(sim::Ticks window_end);
  Choice Choose(sim::Ticks window_end);
  void Start(const Choice& choice);
  void CountWaiting(sim::Ticks now);
  uint16_t NextPayload(const sim::Record& share) const {
    return share.packets == 1 ? share.payload : times_->full_payload;
  }

  const HopTimes* times_;
  sim::Inlet shares_in_;
  sim::Inlet packets_in_;
  CreditPool credits_;
  sim::Outlet packets_out_;
  sim::Outlet shares_out_;
  CreditPool* credits_out_ = nullptr;
  std::vector<Lane> lanes_;  // by virtual channel
  sim::Ticks free_ = 0;      // when the serializer is free
  int64_t waiting_packets_ = 0;
  SendCounters sent_;
  ReceiveCounters received_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_PORT_H_
