// A link end at an accelerator whose switches may drop: flows with acks, retransmission and
// congestion control.
//
// Models:  a flow for each other endpoint and virtual channel. Flows of a virtual channel take
// turns
//          packet by packet, as their windows and paces let them; control packets go before data.
//          Packets of a flow take its entropy values in turn. Data that is in is acked, packets of
//          a share that came one after another by one ack up to a number of bytes or for a time, at
//          once at the end of a share, or if its sender has nothing more that it may send. A
//          trimmed packet is asked for again at once; with go-back-N the first packet out of order
//          is answered by the name of what is missing. Marks go back with the acks, and as notices
//          where the sender's congestion control wants those. What a timeout has passed by is sent
//          again. A share is delivered when all of it is in, whatever is missing of others.
// Omits:   limits of the number of flows; entropy values that are left out for what they met.
// Units:   ticks.
// Costs:   one event for each packet in or out; a timer's scan of what is in flight once a timeout.

#ifndef UPFABRIC_FABRIC_MODEL_TRANSPORT_PORT_H_
#define UPFABRIC_FABRIC_MODEL_TRANSPORT_PORT_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "fabric/model/congestion_control.h"
#include "fabric/model/endpoint_port.h"
#include "fabric/model/receive_flow.h"
#include "fabric/model/send_flow.h"
#include "fabric/sim/record_queue.h"

namespace upfabric::fabric {

// The same for all ports of a fabric.
struct TransportTimes {
  TransportSpec spec;
  sim::Ticks ack_delay = 0;
  sim::Ticks retransmit_timeout = 0;
  sim::Ticks notice_interval = 0;  // 0: no notices
  std::unique_ptr<CongestionControlFactory> control;
};

class TransportPort final : public EndpointPort {
 public:
  TransportPort(const HopTimes& out, const HopTimes& in, const PortPlace& place,
                const TransportTimes& transport);

  sim::Ticks Advance(sim::Ticks window_end) override;
  void PassFaults(sim::Ticks window_end) override;
  void Reset() override;
  int64_t MemoryBytes() const override;
  bool waiting() const override { return unfinished_ > 0 || !control_.empty(); }

 private:
  // A flow, in order of time, then as made. Flows are named by their place in sending_, since that
  // moves as it grows.
  using Timed = std::pair<std::pair<sim::Ticks, uint64_t>, uint32_t>;
  using TimeHeap = std::priority_queue<Timed, std::vector<Timed>, std::greater<>>;
  // Flows of one virtual channel that may send: those whose turn comes, and those to be paced.
  struct Lane {
    std::deque<uint32_t> turns;
    TimeHeap paced;
  };

  sim::Ticks RunTo(sim::Ticks end);
  sim::Ticks NextArrival() const;
  StartChoice Choose(sim::Ticks end);
  void TakePacket();
  void TakeControl(const sim::Record& packet);
  void TakeTrimmed(const sim::Record& packet);
  void TakeData(const sim::Record& packet);
  void AskAgain(ReceiveFlow& flow, const sim::Record& packet, int lane);
  void Acknowledge(uint32_t index, const sim::Record& packet);
  void Flush(ReceiveFlow& flow);
  void FlushDue();
  void SendControl(const ControlTag& tag, const sim::Record& packet, PacketName name, bool marked);
  void TakeShare();
  void TakeTimer();
  void Start(const StartChoice& choice);
  void StartData(const StartChoice& choice);
  void List(uint32_t index, int lane);
  int control_lane() const { return times_->virtual_channels - 1; }
  static uint32_t KeyOf(int endpoint, int lane) {
    return static_cast<uint32_t>(endpoint) | static_cast<uint32_t>(lane) << 16;
  }
  // Its place in receiving_.
  uint32_t FlowFrom(int source, int lane);

  const TransportTimes* transport_;
  // Flows of a port lie together, since a window asks for many of them: spread over the heap among
  // those of other ports, each would be on a page of its own.
  std::vector<SendFlow> sending_;
  std::vector<ReceiveFlow> receiving_;
  absl::flat_hash_map<uint32_t, uint32_t> to_;    // place in sending_, never iterated
  absl::flat_hash_map<uint32_t, uint32_t> from_;  // in receiving_, likewise
  std::vector<Lane> lanes_;                       // of data
  sim::RecordQueue<sim::Record> control_;         // to be sent
  // Flows with something to ack, in the order in which that began to wait; some have told it since.
  std::deque<std::pair<sim::Ticks, uint32_t>> unacked_;
  TimeHeap timers_;        // of flows with packets in flight
  uint64_t sequence_ = 0;  // of what is put into heaps
  sim::Ticks now_ = 0;
  int64_t unfinished_ = 0;       // flows
  int64_t waiting_packets_ = 0;  // not sent for the first time yet
  size_t faults_passed_ = 0;     // of the timeline's times
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_TRANSPORT_PORT_H_
