// The sending end of a flow: what is to be sent, what is in flight, what has to be sent again.
//
// Models:  packets of the flow's shares one after another; acks in any order (selective) or of all
//          up to a packet (go-back-N); packets that were lost, as nacks or a timeout say, go before
//          new ones; with go-back-N all from a lost one on go again.
// Units:   ticks; wire bytes, which are the wire units of Ethernet. Packets of a flow are numbered
// over all shares, from 0 on. Threads: none.

#ifndef UPFABRIC_FABRIC_MODEL_SEND_FLOW_H_
#define UPFABRIC_FABRIC_MODEL_SEND_FLOW_H_

#include <cstdint>
#include <memory>

#include "fabric/model/congestion_control.h"
#include "fabric/model/hop_times.h"
#include "fabric/model/receive_flow.h"
#include "fabric/sim/record.h"
#include "fabric/sim/record_queue.h"

namespace upfabric::fabric {

class SendFlow {
 public:
  // `times` are of the channel that it sends on.
  SendFlow(const HopTimes& times, const TransportSpec& spec,
           std::unique_ptr<CongestionControl> control, uint32_t first_entropy);

  // A share of the endpoint; what it is to carry is complete.
  void Add(const sim::Record& share);
  // There is a packet that the window lets go.
  bool CanSend() const;
  // Payload of the packet that goes next. Requires: CanSend().
  uint16_t NextPayload() const;
  // The packet that goes next, to start at `start`. `left` is set to its share if that asks to be
  // told and this was its last packet to leave, else left alone.
  sim::Record Send(sim::Ticks start, sim::Record& left);
  bool retransmits() const { return !lost_.empty() || next_ < sent_before_; }
  // When the next packet may start, as far as its pace goes.
  sim::Ticks pace() const { return pace_; }

  void OnAck(sim::Ticks now, const sim::Record& ack);
  void OnNack(sim::Ticks now, const sim::Record& nack);
  void OnNotice(sim::Ticks now) {
    control_->OnNotice(now);
    window_ = control_->window();
  }
  // Looks for packets that left `timeout` ago or earlier and counts them as lost. Returns when to
  // look again, or kNever if nothing is in flight.
  sim::Ticks OnTimer(sim::Ticks now, sim::Ticks timeout);

  // All shares have been sent and acked.
  bool done() const { return shares_.empty(); }

  // Requires: a share has been added.
  int lane() const { return lane_; }

  // For its port.
  bool listed = false;  // waits for its turn, or for its time
  bool timed = false;   // a timer runs

 private:
  struct Share {
    sim::Record record;
    int64_t first = 0;  // number of its first packet
    int64_t end() const { return first + record.packets; }
  };
  enum class State : uint8_t { kInFlight, kAcked, kLost };
  struct Sent {
    sim::Ticks at = 0;
    State state = State::kInFlight;
  };

  // Requires: a packet of a share that is not done.
  size_t ShareIndex(int64_t packet) const;
  const Share& ShareOf(int64_t packet) const { return shares_[ShareIndex(packet)]; }
  uint16_t PayloadOf(const Share& share, int64_t packet) const {
    return packet + 1 == share.end() ? share.record.payload : times_->full_payload;
  }
  int64_t BytesOf(int64_t packet) const {
    return times_->ShapeAsBuilt(PayloadOf(ShareOf(packet), packet)).units;
  }
  // The number of a packet that a control packet names, or -1 if its share is done.
  int64_t NumberOf(const sim::Record& control) const;
  Sent* InFlight(int64_t packet);
  void Acked(int64_t packet, AckNews& news);
  void Lose(sim::Ticks now, int64_t packet);
  void GoBack(sim::Ticks now, int64_t packet);
  void Forget();

  const HopTimes* times_;
  const TransportSpec* spec_;
  std::unique_ptr<CongestionControl> control_;
  sim::RecordQueue<Share> shares_;  // from the first that is not done on
  uint16_t first_share_ = 0;        // its number, modulo 65,536
  int64_t added_ = 0;               // packets of all shares
  int64_t base_ = 0;                // the first that is not acked
  int64_t next_ = 0;                // to be sent next, unless some are lost
  int64_t sent_before_ = 0;         // go-back-N: those before it go again
  sim::RecordQueue<Sent> sent_;     // from base_ to next_
  sim::RecordQueue<int64_t> lost_;
  int64_t in_flight_ = 0;  // bytes
  int64_t window_;         // of control_
  sim::Ticks pace_ = 0;
  int lane_ = 0;
  uint32_t entropy_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_SEND_FLOW_H_
