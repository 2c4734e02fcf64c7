// An accelerator: takes what its client posts, spreads messages over the ports, tells the client
// what has been delivered.
//
// Models:  packet by packet spraying over all links (or a whole message over one, or all to one
//          destination, see spec.h), from a start that depends on the message's
//          name only; injection time to the port; a message is delivered when the last of its
//          shares is; local copies and reductions, one after another, at memory bandwidth plus a
//          fixed time. Under faults (faults.h) it sprays over the links that are up, posts again
//          what its ports give back, and keeps what finds no link until one comes up. With
//          several networks a message takes the first one that leads to its destination, there in
//          the last virtual channel if there are too few.
// Omits:   limits of outstanding messages; copy engines; order of deliveries (they may overtake).
// Units:   ticks inside; SimTime towards the client.

#ifndef UPFABRIC_FABRIC_MODEL_ENDPOINT_H_
#define UPFABRIC_FABRIC_MODEL_ENDPOINT_H_

#include <cstdint>
#include <queue>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "fabric/api/message_port.h"
#include "fabric/model/endpoint_event.h"
#include "fabric/model/endpoint_times.h"
#include "fabric/model/missing_shares.h"
#include "fabric/sim/engine.h"

namespace upfabric::fabric {

class Endpoint final : public sim::Component, public MessagePort {
 public:
  // `sides` in the order in which they are tried, with consecutive links; the first one has the
  // endpoint's own times. `endpoints` are those of all networks.
  Endpoint(const std::vector<EndpointSide>& sides, EndpointId id, int endpoints);

  // Wiring, once for each link.
  sim::Inlet& shares_in(int link) { return shares_in_[static_cast<size_t>(link)]; }
  sim::Inlet& returns_in(int link) { return returns_in_[static_cast<size_t>(link)]; }
  void ConnectSharesOut(int link, const sim::Outlet& outlet) {
    shares_out_[static_cast<size_t>(link)] = outlet;
  }

  // Gives the client of the next row; the endpoint must then be woken at time 0.
  void Attach(MessagePortClient* client) { client_ = client; }

  sim::Ticks Advance(sim::Ticks window_end) override;
  void Reset() override;
  int64_t MemoryBytes() const override;

  void PostSend(const SendRequest& request) override;
  std::optional<SimTime> PostRecv(EndpointId source, uint32_t tag, uint32_t cookie) override;
  void PostMulticast(const MulticastRequest& request) override;
  void PostReduceRead(const ReduceReadRequest& request, uint32_t cookie) override;
  void PostLocal(Bytes traffic, uint32_t cookie) override;
  void PostTimer(Picoseconds delay, uint32_t cookie) override;

  // Hash over the deliveries since the last Reset: time of each and its name.
  uint64_t delivery_hash() const { return delivery_hash_; }
  // Deliveries that posts lead to: a multicast has one for each member, a reduce-read one.
  int64_t messages_posted() const { return messages_posted_; }
  int64_t messages_delivered() const { return messages_delivered_; }
  int64_t bytes_posted() const { return bytes_posted_; }
  int64_t records_taken() const { return records_taken_; }
  // The first since the last Reset.
  const MessageFailure& failure() const { return failure_; }

 private:
  struct Message {
    MissingShares shares;
    bool asked_for = false;
    uint32_t cookie = 0;
    sim::Ticks delivered = sim::kNever;
  };
  struct Side : EndpointSide {
    std::vector<uint32_t> links_up;  // those a message can take; all while there are no faults
    sim::Ticks ready = 0;            // when the last post is at its port
  };
  // What waits for a link to come up: a whole message, or a share that came back.
  struct Parked {
    SendRequest message;
    sim::Record share;
    bool is_share = false;
  };
  // A message that its client wants to be told of when it has left.
  struct Leaving {
    uint32_t tag = 0;
    uint16_t destination = 0;
    uint32_t cookie = 0;
    MissingShares shares;
  };
  using Event = EndpointEvent;
  using EventKind = EndpointEvent::Kind;

  // Spreads packets over the links, the first one on link `start`.
  void EmitShares(size_t side, sim::Record share, Bytes size, uint64_t start);
  size_t MembersOf(int group) const;
  void CollectArrivals(sim::Ticks window_end);
  void Collect(std::vector<sim::Inlet>& inlets, sim::Ticks window_end);
  void CollectOutOfOrder(size_t link, sim::Ticks window_end);
  void TakeShare(const sim::Record& share);
  void TakeSent(const sim::Record& share);
  void TakeEvent(const Event& event);
  void AllLinks();
  size_t SideTo(int destination) const;
  const EndpointTimes& times() const { return *sides_.front().times; }
  bool HasFaults() const;
  sim::Record Renamed(const sim::Record& record, size_t link) const;
  void FindLinks(size_t side, int destination);
  void PostMessage(const SendRequest& request);
  void PostShare(const sim::Record& returned);
  void Post(size_t side, const sim::Record& share, uint32_t link);
  void Park(const Parked& parked, size_t side, int destination);
  sim::Ticks ReadyAtPort(size_t side);
  void Deliver(const sim::Record& share);
  void Schedule(sim::Ticks time, EventKind kind, uint32_t cookie);
  SimTime TimeAt(sim::Ticks time) const { return SimTime(times().clock.ToPicoseconds(time)); }
  SimTime Now() const { return TimeAt(now_); }
  static uint64_t KeyOf(uint32_t source, uint32_t tag) { return uint64_t{source} << 32 | tag; }

  std::vector<Side> sides_;
  EndpointId id_;
  int endpoints_;
  std::vector<sim::Inlet> shares_in_;    // by link
  std::vector<sim::Inlet> returns_in_;   // by link
  std::vector<sim::Outlet> shares_out_;  // by link
  MessagePortClient* client_ = nullptr;
  sim::Ticks now_ = 0;
  sim::Ticks memory_free_ = 0;         // when the last local operation ends
  std::vector<sim::Record> arrivals_;  // of this window, in order
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  uint64_t event_sequence_ = 0;
  // Messages of which some share is in, or that were asked for; never iterated.
  absl::flat_hash_map<uint64_t, Message> messages_;
  // Few. While there are any, news of them may be in shares_in_, in no particular order.
  std::vector<Leaving> leaving_;
  uint64_t delivery_hash_ = 0;
  int64_t messages_posted_ = 0;
  int64_t messages_delivered_ = 0;
  int64_t bytes_posted_ = 0;
  int64_t records_taken_ = 0;
  uint64_t moves_ = 0;          // shares posted again in this row
  std::vector<Parked> parked_;  // by cookie; grows until the end of the row
  MessageFailure failure_;
  bool started_ = false;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_ENDPOINT_H_
