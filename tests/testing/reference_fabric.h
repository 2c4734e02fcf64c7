// A second, plain simulator of the same fabric: one global event queue, one packet at a time.
//
// It says what the engine must compute: short and obvious, slow, no windows, no partitions. It
// shares with the engine the arithmetic of framing and link timing, and nothing of how time
// advances.

#ifndef UPFABRIC_TESTS_TESTING_REFERENCE_FABRIC_H_
#define UPFABRIC_TESTS_TESTING_REFERENCE_FABRIC_H_

#include <algorithm>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "fabric/base/fingerprint.h"
#include "fabric/model/fault_timeline.h"
#include "fabric/model/flit_errors.h"
#include "fabric/model/link_timing.h"
#include "fabric/topo/layout.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric::testing {

class ReferenceFabric {
 public:
  using Ticks = sim::Ticks;

  // The spec and the faults must be valid.
  ReferenceFabric(const FabricSpec& spec, uint64_t seed, const FaultSchedule& faults = {})
      : spec_(spec),
        seed_(seed),
        layout_(*Layout::Create(spec, 1)),
        timing_(*LinkTiming::Create(spec.link, spec.protocol)),
        error_tables_(spec.link.has_errors
                          ? Ratio(spec.link.errors.flit.count()) / timing_.framing().unit_bytes()
                          : Ratio(1)),
        moves_(static_cast<size_t>(spec.endpoints)),
        ready_(static_cast<size_t>(spec.endpoints)) {
    const Ratio unit = timing_.framing().unit_bytes();
    const auto units = [&](Bytes buffer) {
      const Ratio exact = Ratio(buffer.count()) / unit;
      return exact.numerator() / exact.denominator();
    };
    const size_t links = static_cast<size_t>(spec.endpoints * layout_.links_per_endpoint());
    up_.assign(links,
               Sender(spec.switch_chip.virtual_channels, units(spec.switch_chip.buffer_per_vc)));
    down_.assign(links,
                 Sender(spec.switch_chip.virtual_channels, units(spec.endpoint.buffer_per_vc)));
    SetFaults(faults);
    for (size_t link = 0; link < links; ++link) {
      SetErrorRate(up_[link], 2 * link, spec.link.errors.flit_error_rate);
      SetErrorRate(down_[link], 2 * link + 1, spec.link.errors.flit_error_rate);
    }
  }

  // Runs the sends and returns the arrival of each.
  std::vector<SimTime> Run(const std::vector<Send>& sends) {
    for (int e = 0; e < spec_.endpoints; ++e) {
      clients_.push_back(std::make_unique<ScriptedClient>(sends, e));
      ports_.push_back(std::make_unique<Port>(*this, e));
    }
    for (int e = 0; e < spec_.endpoints; ++e) {
      clients_[static_cast<size_t>(e)]->OnStart(*ports_[static_cast<size_t>(e)]);
    }
    while (!events_.empty()) {
      now_ = std::get<0>(events_.begin()->first);
      // Everything that happens at this instant is known before anything starts.
      while (!events_.empty() && std::get<0>(events_.begin()->first) == now_) {
        const auto action = events_.begin()->second;
        events_.erase(events_.begin());
        action();
      }
      const std::set<std::pair<bool, size_t>> touched = std::exchange(touched_, {});
      for (const auto& [up, link] : touched) {
        TryStart(up, link);
      }
    }
    std::vector<SimTime> arrival(sends.size(), SimTime(Picoseconds(-1)));
    for (const auto& client : clients_) {
      for (const auto& [index, time] : client->arrivals()) {
        arrival[index] = time;
      }
    }
    return arrival;
  }

  int64_t replays() const { return replays_; }
  int64_t shares_returned() const { return shares_returned_; }

 private:
  struct Packet {
    uint32_t index = 0;  // of the send
    int source = 0;
    int destination = 0;
    int64_t payload = 0;
    int lane = 0;
    int64_t message_packets = 1;
    uint64_t share = 0;          // the packets that were posted together on one link
    bool first_of_share = true;  // none of it has left before
    Ticks ticks = 0;             // how long it took on the link it came in on; 0 at its source
    Ticks head = 0;              // when it (or its share) became ready here
    size_t input = 0;            // switch: the link it came in on
  };
  struct Sender {
    Sender(int lanes, int64_t units)
        : queues(static_cast<size_t>(lanes)), credits(static_cast<size_t>(lanes), units) {}
    std::vector<std::deque<Packet>> queues;  // by virtual channel
    std::vector<int64_t> credits;
    Ticks free = 0;
    const FlitErrors* errors = nullptr;
    uint64_t draw_key = 0;
    int64_t wire = 0;  // units put on the wire
    int64_t fails_at = std::numeric_limits<int64_t>::max();
  };
  using Share = std::vector<Packet>;
  class Port final : public MessagePort {
   public:
    Port(ReferenceFabric& fabric, int self) : fabric_(fabric), self_(self) {}
    void PostSend(const SendRequest& request) override { fabric_.Post(self_, request); }
    bool PostRecv(EndpointId, uint32_t, uint32_t) override { return false; }
    void PostLocal(Bytes, uint32_t) override {}
    void PostTimer(Picoseconds delay, uint32_t cookie) override {
      const int self = self_;
      fabric_.At(fabric_.now_ + fabric_.timing_.clock().FromPicoseconds(delay), kTimer, self, 0,
                 [this, self, cookie] {
                   fabric_.clients_[static_cast<size_t>(self)]->OnTimer(fabric_.Now(), cookie);
                 });
    }

   private:
    ReferenceFabric& fabric_;
    int self_;
  };
  // At one instant routes change before shares reach their ports, an endpoint hears of arrivals, by
  // link, then of shares that come back, by link, then of its timers, and credits leak last.
  enum Order { kFault, kNetwork, kDelivery, kReturn, kTimer, kLeak };
  using Key = std::tuple<Ticks, int, int, int, uint64_t>;  // time, order, endpoint, link, sequence

  void At(Ticks time, Order order, int endpoint, int link, std::function<void()> action) {
    events_.emplace(Key(time, order, endpoint, link, sequence_++), std::move(action));
  }
  SimTime Now() const { return SimTime(timing_.clock().ToPicoseconds(now_)); }
  Ticks FromPs(Picoseconds time) const { return timing_.clock().FromPicoseconds(time); }
  // On all lanes.
  const PacketShape& ShapeOf(int64_t payload) const {
    return timing_.shapes()[static_cast<size_t>(payload)];
  }
  // On the lanes that work at that time.
  PacketShape ShapeAt(Ticks time, size_t link, int64_t payload) const {
    const int links = layout_.links_per_endpoint();
    const Ratio slowdown =
        faults_.Slowdown(static_cast<int>(link) / links, static_cast<int>(link) % links, time);
    return {(Ratio(ShapeOf(payload).ticks) * slowdown).Ceil(), ShapeOf(payload).units};
  }
  size_t LinkIndex(int endpoint, int link) const {
    return static_cast<size_t>(endpoint * layout_.links_per_endpoint() + link);
  }

  void SetFaults(const FaultSchedule& schedule) {
    FaultTargets targets;
    targets.endpoints = spec_.endpoints;
    for (int link = 0; link < layout_.links_per_endpoint(); ++link) {
      targets.plane_of_link.push_back(layout_.PlaneOfLink(link));
    }
    targets.planes = static_cast<int>(layout_.planes().size());
    targets.lanes = spec_.link.lanes;
    targets.virtual_channels = spec_.switch_chip.virtual_channels;
    targets.link_retries = spec_.link.has_errors;
    targets.clock = timing_.clock();
    targets.unit_bytes = timing_.framing().unit_bytes();
    faults_ = *FaultTimeline::Create(schedule, targets);
    for (const Ticks time : faults_.times()) {
      At(time, kFault, 0, 0, [this] { ChangeRoutesAndRates(); });
    }
    for (const Fault& fault : schedule) {
      if (const auto* leak = std::get_if<CreditLeakFault>(&fault.what)) {
        const int64_t units = (Ratio(leak->space.count()) / timing_.framing().unit_bytes()).Ceil();
        At(FromPs(fault.time.since_start()), kLeak, 0, 0, [this, leak = *leak, units] {
          const size_t link = LinkIndex(leak.link.endpoint.value(), leak.link.link);
          int64_t& credits = (leak.to_switch ? up_ : down_)[link]
                                 .credits[static_cast<size_t>(leak.virtual_channel)];
          credits -= std::min(credits, units);
        });
      }
    }
  }

  void ChangeRoutesAndRates() {
    for (int e = 0; e < spec_.endpoints; ++e) {
      for (int l = 0; l < layout_.links_per_endpoint(); ++l) {
        const size_t link = LinkIndex(e, l);
        for (std::deque<Packet>& queue : up_[link].queues) {
          TakeBack(queue, e, l);
        }
        const Ratio rate = faults_.ErrorRate(e, l, now_, spec_.link.errors.flit_error_rate);
        SetErrorRate(up_[link], 2 * link, rate);
        SetErrorRate(down_[link], 2 * link + 1, rate);
        touched_.insert({true, link});
        touched_.insert({false, link});
      }
    }
  }

  // All packets of shares whose route is down, but the next one of a share that has begun.
  void TakeBack(std::deque<Packet>& queue, int endpoint, int link) {
    std::deque<Packet> kept;
    std::vector<Share> back;
    for (size_t i = 0; i < queue.size(); ++i) {
      const bool next_of_begun = i == 0 && !queue[i].first_of_share;
      if (next_of_begun || faults_.RouteUp(endpoint, queue[i].destination, link, now_)) {
        kept.push_back(queue[i]);
      } else if (back.empty() || back.back().back().share != queue[i].share) {
        back.push_back({queue[i]});
        back.back().front().first_of_share = true;
      } else {
        back.back().push_back(queue[i]);
      }
    }
    queue = kept;
    for (const Share& share : back) {
      Return(share, link);
    }
  }

  void Return(const Share& share, int link) {
    ++shares_returned_;
    At(now_ + FromPs(spec_.endpoint.delivery), kReturn, share.front().source, link,
       [this, share] { PostAgain(share); });
  }

  void PostAgain(const Share& share) {
    const Packet& first = share.front();
    const std::vector<int> links = LinksUp(first.source, first.destination);
    if (links.empty()) {
      Park(first.source, first.destination, [this, share] { PostAgain(share); });
      return;
    }
    uint64_t& moves = moves_[static_cast<size_t>(first.source)];
    SendToPort(share, links[(static_cast<uint64_t>(first.destination) + moves++) % links.size()],
               ReadyAtPort(first.source));
  }

  // Once some link is up; never, if none will be.
  void Park(int source, int destination, const std::function<void()>& post) {
    const Ticks up = faults_.NextRoute(source, destination, now_);
    if (up != sim::kNever) {
      At(up, kTimer, source, 0, post);
    }
  }

  std::vector<int> LinksUp(int source, int destination) const {
    std::vector<int> links;
    for (int link = 0; link < layout_.links_per_endpoint(); ++link) {
      if (faults_.RouteUp(source, destination, link, now_)) {
        links.push_back(link);
      }
    }
    return links;
  }

  Ticks ReadyAtPort(int endpoint) {
    const Ratio factor = faults_.InjectionFactor(endpoint, now_);
    const Ticks injection = (Ratio(FromPs(spec_.endpoint.injection)) * factor).Ceil();
    Ticks& ready = ready_[static_cast<size_t>(endpoint)];
    ready = std::max(ready, now_ + injection);
    return ready;
  }

  void SendToPort(const Share& share, int link, Ticks ready) {
    const int source = share.front().source;
    At(ready, kNetwork, source, link, [this, share, source, link] {
      if (!faults_.RouteUp(source, share.front().destination, link, now_)) {
        Return(share, link);
        return;
      }
      const size_t index = LinkIndex(source, link);
      for (Packet packet : share) {
        packet.head = now_;
        packet.share = shares_;
        up_[index].queues[static_cast<size_t>(packet.lane)].push_back(packet);
      }
      ++shares_;
      touched_.insert({true, index});
    });
  }

  void Post(int source, const SendRequest& request) {
    const int destination = request.destination.value();
    const std::vector<int> links = LinksUp(source, destination);
    if (links.empty()) {
      Park(source, destination, [this, source, request] { Post(source, request); });
      return;
    }
    const int64_t packets = timing_.framing().PacketsOf(request.size);
    const uint64_t start = static_cast<uint64_t>(destination + spec_.endpoints - source) +
                           Mix(seed_ ^ request.tag) % 0x10000;
    std::vector<Share> shares(links.size());
    for (int64_t k = 0; k < packets; ++k) {
      const int64_t payload = (k == packets - 1 ? timing_.framing().LastPayloadOf(request.size)
                                                : timing_.framing().max_payload())
                                  .count();
      Share& share = shares[(start + static_cast<uint64_t>(k)) % links.size()];
      share.push_back({request.tag, source, destination, payload, request.virtual_channel, packets,
                       0, share.empty(), 0, 0, 0});
    }
    const Ticks ready = ReadyAtPort(source);
    for (size_t i = 0; i < links.size(); ++i) {
      if (!shares[i].empty()) {
        SendToPort(shares[i], links[i], ready);
      }
    }
  }

  void SetErrorRate(Sender& sender, size_t channel, Ratio rate) {
    const FlitErrors* errors = error_tables_.For(rate);
    if (errors != sender.errors) {
      sender.errors = errors;
      sender.draw_key = Chain(seed_, channel);
      DrawNextFailure(sender);
    }
  }

  void DrawNextFailure(Sender& sender) {
    const uint64_t draw =
        Chain(Chain(sender.draw_key, static_cast<uint64_t>(sender.wire)), 0x666c6974);
    sender.fails_at = sender.errors == nullptr ? std::numeric_limits<int64_t>::max()
                                               : sender.errors->NextFailing(sender.wire, draw);
  }

  // Puts a packet on the wire, again and again while it fails; returns when its good copy starts.
  Ticks StartWell(Sender& sender, size_t link, int64_t payload) {
    Ticks start = now_;
    while (true) {
      const PacketShape shape = ShapeAt(start, link, payload);
      if (sender.wire + shape.units <= sender.fails_at) {
        sender.wire += shape.units;
        return start;
      }
      const Ticks gap = shape.ticks + 2 * FromPs(timing_.WireDelay()) +
                        FromPs(spec_.link.errors.retry.turnaround);
      sender.wire += gap * shape.units / shape.ticks;
      start += gap;
      ++replays_;
      DrawNextFailure(sender);
    }
  }

  // Starts the oldest packet that has its credits, if the sender is free.
  void TryStart(bool up, size_t link) {
    Sender& sender = up ? up_[link] : down_[link];
    if (sender.free > now_) {
      return;
    }
    std::deque<Packet>* best = nullptr;
    for (std::deque<Packet>& queue : sender.queues) {
      if (queue.empty()) {
        continue;
      }
      const Packet& head = queue.front();
      // Cut-through must not run dry behind a slower input.
      const Ticks eligible =
          head.head + std::max<Ticks>(head.ticks - ShapeAt(now_, link, head.payload).ticks, 0);
      if (eligible > now_) {
        At(eligible, kNetwork, 0, 0, [this, up, link] { touched_.insert({up, link}); });
        continue;
      }
      const bool older = best == nullptr || std::pair(head.head, head.input) <
                                                std::pair(best->front().head, best->front().input);
      if (older && sender.credits[static_cast<size_t>(head.lane)] >= ShapeOf(head.payload).units) {
        best = &queue;
      }
    }
    if (best == nullptr) {
      return;
    }
    Packet packet = best->front();
    best->pop_front();
    if (up && !best->empty() && best->front().share == packet.share) {
      best->front().first_of_share = false;
    }
    const PacketShape shape = ShapeAt(now_, link, packet.payload);
    sender.credits[static_cast<size_t>(packet.lane)] -= shape.units;
    const Ticks start = StartWell(sender, link, packet.payload);
    packet.ticks = ShapeAt(start, link, packet.payload).ticks;
    sender.free = start + packet.ticks;
    At(sender.free, kNetwork, 0, 0, [this, up, link] { touched_.insert({up, link}); });
    const Ticks wire = FromPs(timing_.WireDelay());
    if (up) {
      const Ticks arrival = start + wire + FromPs(spec_.switch_chip.pipeline);
      At(arrival, kNetwork, 0, static_cast<int>(link),
         [this, packet, link] { ArriveAtSwitch(packet, link); });
    } else {
      ReturnCredit(true, packet.input, packet.lane, shape.units, now_ + shape.ticks + wire);
      At(start + wire, kNetwork, 0, 0, [this, packet, link] { ArriveAtEndpoint(packet, link); });
    }
  }

  void ArriveAtSwitch(Packet packet, size_t input) {
    const int link = static_cast<int>(input) % layout_.links_per_endpoint();
    const size_t output = LinkIndex(packet.destination, link);
    packet.head = now_;
    packet.input = input;
    std::deque<Packet>& queue = down_[output].queues[static_cast<size_t>(packet.lane)];
    // Packets of one instant queue by input.
    auto position = queue.end();
    while (position != queue.begin() && std::prev(position)->head == now_ &&
           std::prev(position)->input > input) {
      --position;
    }
    queue.insert(position, packet);
    touched_.insert({false, output});
  }

  void ArriveAtEndpoint(const Packet& packet, size_t link) {
    const Ticks last_byte = now_ + packet.ticks;
    ReturnCredit(false, link, packet.lane, ShapeOf(packet.payload).units,
                 last_byte + FromPs(timing_.WireDelay()));
    At(last_byte + FromPs(spec_.endpoint.delivery), kDelivery, packet.destination,
       static_cast<int>(link) % layout_.links_per_endpoint(), [this, packet] {
         if (++packets_in_[packet.index] == packet.message_packets) {
           clients_[static_cast<size_t>(packet.destination)]->OnReceived(Now(), packet.index);
         }
       });
  }

  void ReturnCredit(bool up, size_t link, int lane, int64_t units, Ticks time) {
    At(time, kNetwork, 0, 0, [this, up, link, lane, units] {
      (up ? up_ : down_)[link].credits[static_cast<size_t>(lane)] += units;
      touched_.insert({up, link});
    });
  }

  FabricSpec spec_;
  uint64_t seed_;
  Layout layout_;
  LinkTiming timing_;
  FlitErrorTables error_tables_;
  FaultTimeline faults_;
  std::vector<uint64_t> moves_;  // by endpoint
  std::vector<Ticks> ready_;     // by endpoint: when the last post is at its port
  uint64_t shares_ = 0;
  int64_t replays_ = 0;
  int64_t shares_returned_ = 0;
  std::vector<Sender> up_;    // by endpoint and link
  std::vector<Sender> down_;  // likewise: the switch's output towards it
  std::vector<std::unique_ptr<ScriptedClient>> clients_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::map<Key, std::function<void()>> events_;
  std::set<std::pair<bool, size_t>> touched_;  // senders for which something changed
  std::map<uint32_t, int64_t> packets_in_;
  Ticks now_ = 0;
  uint64_t sequence_ = 0;
};

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_REFERENCE_FABRIC_H_
