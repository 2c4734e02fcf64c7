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
#include "fabric/model/endpoint_port.h"
#include "fabric/model/lane_set.h"
#include "fabric/model/read_requester.h"

namespace upfabric::fabric {

class Port final : public EndpointPort {
 public:
  // `reads` is null where switches do not reduce; else the last virtual channel carries requests.
  Port(const HopTimes& out, const HopTimes& in, const PortPlace& place, const ReadLimits* reads);

  sim::Ticks Advance(sim::Ticks window_end) override;
  void PassFaults(sim::Ticks window_end) override;
  void Reset() override;
  int64_t MemoryBytes() const override;

  bool sessions_complete() const override {
    return reads_ == nullptr || reads_->sessions_complete();
  }
  int64_t shares_returned() const override { return shares_returned_; }
  bool waiting() const override { return !waiting_lanes_.empty(); }

 private:
  // Shares of one virtual channel, ready or soon so, in order.
  struct Lane {
    sim::RecordQueue<sim::Record> shares;
    uint32_t counted = 0;  // of these, how many are in waiting_packets_
    bool begun = false;    // of the first, some packets have left
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

  uint32_t uncounted_ = 0;   // shares of all lanes that are not in waiting_packets_
  std::vector<Lane> lanes_;  // by virtual channel
  LaneSet waiting_lanes_;    // those with shares
  int request_lane_ = -1;    // the last one, or none
  std::unique_ptr<ReadRequester> reads_;
  std::unique_ptr<ArrivingShares> arriving_;  // null where packets of a share stay in order
  sim::RecordQueue<sim::Record> answers_;     // in order of time
  int64_t waiting_packets_ = 0;
  size_t faults_passed_ = 0;  // of the timeline's times
  int64_t shares_returned_ = 0;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_PORT_H_
