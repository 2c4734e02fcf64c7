// One link end at an accelerator: serializer with credits on the way out, buffer on the way in.
//
// Models:  the shares of messages leave packet by packet, oldest ready share first (ties by virtual
//          channel), a packet each time the serializer is free and its credits are there; arriving
//          packets leave the receive buffer when their last byte is in, which returns their
//          credits; the last packet of a share tells the endpoint, a delivery time later; so
//          does, if asked for, the end of a share that leaves. Requests of reduce-reads are
//          answered here, an injection time after they have come in, in line with the endpoint's
//          own shares; those of the endpoint leave in a channel of their own. When a route goes
//          down, shares that wait for it go back to the endpoint, a delivery time later; one that
//          has begun to leave is split (see faults.h).
// Omits:   interleaving of the shares of one virtual channel; reduce-reads while links fail.
// Units:   ticks.

#ifndef UPFABRIC_FABRIC_MODEL_PORT_H_
#define UPFABRIC_FABRIC_MODEL_PORT_H_

#include <memory>
#include <vector>

#include "fabric/model/arriving_shares.h"
#include "fabric/model/counters.h"
#include "fabric/model/lane_set.h"
#include "fabric/model/read_requester.h"
#include "fabric/model/transmitter.h"
#include "fabric/sim/engine.h"

namespace upfabric::fabric {

// Where a port is: link `link` of endpoint `endpoint`, which has the number `number`.
struct PortPlace {
  int endpoint = 0;
  int link = 0;
  int number = 0;
};

class Port final : public sim::Component {
 public:
  // `out` and `in` are the kinds of its two channels. `reads` is null where switches do not reduce;
  // the last virtual channel then carries requests. The caller initializes the transmitter.
  Port(const HopTimes& out, const HopTimes& in, const PortPlace& place, const ReadLimits* reads);

  // Wiring, once.
  sim::Inlet& shares_in() { return shares_in_; }       // from the endpoint
  sim::Inlet& packets_in() { return packets_in_; }     // from the switch
  Transmitter& transmitter() { return transmitter_; }  // towards the switch
  void ConnectSharesOut(const sim::Outlet& outlet) { shares_out_ = outlet; }
  void ConnectReturnsOut(const sim::Outlet& outlet) { returns_out_ = outlet; }
  void ConnectCreditsOut(CreditPool* pool) { credits_out_ = pool; }

  sim::Ticks Advance(sim::Ticks window_end) override;
  // Applies the faults before `window_end` that are not applied yet. Of use by itself once a row
  // has ended: what leaks later counts at its end.
  void PassFaults(sim::Ticks window_end);
  void Reset() override;
  int64_t MemoryBytes() const override;

  const Transmitter& transmitter() const { return transmitter_; }
  const ReceiveCounters& received() const { return received_; }
  bool sessions_complete() const { return reads_ == nullptr || reads_->sessions_complete(); }
  int64_t shares_returned() const { return shares_returned_; }
  // Packets wait to be sent.
  bool waiting() const { return !waiting_lanes_.empty(); }

 private:
  // Shares of one virtual channel, ready or soon so, in order.
  struct Lane {
    sim::RecordQueue<sim::Record> shares;
    size_t counted = 0;  // of these, how many are in waiting_packets_
    bool begun = false;  // of the first, some packets have left
  };
  void Receive(sim::Ticks window_end);
  void TakeShares(sim::Ticks window_end);
  void TakeSharesAndAnswers(sim::Ticks window_end);
  // A request to answer, or a result, with its last byte in at `end`.
  [[gnu::cold]] void TakeRead(const sim::Record& packet, sim::Ticks end);
  void Pop(int number);
  void Push(size_t lane, const sim::Record& share);
  void TakeBack(int number, sim::Ticks now);
  void Return(const sim::Record& share, sim::Ticks now);
  bool RouteUp(const sim::Record& share, sim::Ticks at) const {
    return !share.is_message() ||
           times_->faults->RouteUp(place_.endpoint, share.destination, place_.link, at);
  }
  sim::Ticks Send(sim::Ticks window_end);
  StartChoice Choose(sim::Ticks window_end);
  void Start(const StartChoice& choice, sim::Ticks window_end);
  [[gnu::cold]] void StartRequest(const StartChoice& choice);
  [[gnu::cold]] void TellSent(const sim::Record& share);
  int64_t TrainLimit(const StartChoice& choice, const PacketShape& shape,
                     sim::Ticks window_end) const;
  void CountWaiting(sim::Ticks start, int64_t packets, sim::Ticks packet_time);
  Lane* NextReadyLane(sim::Ticks last);
  int64_t PacketsOf(const sim::Record& share) const {
    return share.kind() == sim::RecordKind::kRead ? reads_->RequestsOf(share) : share.packets;
  }
  uint16_t NextPayload(const sim::Record& share) const {
    return share.packets == 1 ? share.payload : times_->full_payload;
  }

  const HopTimes* times_;  // of the channel that it sends on
  const HopTimes* in_;     // of the one that it receives from
  sim::Inlet shares_in_;
  sim::Inlet packets_in_;
  Transmitter transmitter_;
  sim::Outlet shares_out_;
  CreditPool* credits_out_ = nullptr;
  std::vector<Lane> lanes_;  // by virtual channel
  LaneSet waiting_lanes_;    // those with shares
  size_t uncounted_ = 0;     // shares of all lanes that are not in waiting_packets_
  int request_lane_ = -1;    // the last one, or none
  std::unique_ptr<ReadRequester> reads_;
  std::unique_ptr<ArrivingShares> arriving_;  // null where packets of a share stay in order
  sim::RecordQueue<sim::Record> answers_;     // in order of time
  int64_t waiting_packets_ = 0;
  size_t faults_passed_ = 0;  // of the timeline's times
  int64_t shares_returned_ = 0;
  ReceiveCounters received_;
  PortPlace place_;
  sim::Outlet returns_out_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_PORT_H_
