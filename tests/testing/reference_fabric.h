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
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "fabric/base/fingerprint.h"
#include "fabric/model/link_timing.h"
#include "fabric/topo/layout.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric::testing {

class ReferenceFabric {
 public:
  using Ticks = sim::Ticks;

  ReferenceFabric(const FabricSpec& spec, uint64_t seed)
      : spec_(spec),
        seed_(seed),
        layout_(*Layout::Create(spec, 1)),
        timing_(*LinkTiming::Create(spec.link, spec.protocol)) {
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

 private:
  struct Packet {
    uint32_t index = 0;  // of the send
    int source = 0;
    int destination = 0;
    int64_t payload = 0;
    int lane = 0;
    bool last = false;  // of its share
    int64_t shares = 1;
    Ticks head = 0;    // when it (or its share) became ready here
    size_t input = 0;  // switch: the link it came in on
  };
  struct Sender {
    Sender(int lanes, int64_t units)
        : queues(static_cast<size_t>(lanes)), credits(static_cast<size_t>(lanes), units) {}
    std::vector<std::deque<Packet>> queues;  // by virtual channel
    std::vector<int64_t> credits;
    Ticks free = 0;
  };
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
  // At one instant an endpoint hears of arrivals, by link, before its timers.
  enum Order { kNetwork, kDelivery, kTimer };
  using Key = std::tuple<Ticks, int, int, int, uint64_t>;  // time, order, endpoint, link, sequence

  void At(Ticks time, Order order, int endpoint, int link, std::function<void()> action) {
    events_.emplace(Key(time, order, endpoint, link, sequence_++), std::move(action));
  }
  SimTime Now() const { return SimTime(timing_.clock().ToPicoseconds(now_)); }
  Ticks FromPs(Picoseconds time) const { return timing_.clock().FromPicoseconds(time); }
  const PacketShape& ShapeOf(int64_t payload) const {
    return timing_.shapes()[static_cast<size_t>(payload)];
  }
  size_t LinkIndex(int endpoint, int link) const {
    return static_cast<size_t>(endpoint * layout_.links_per_endpoint() + link);
  }

  void Post(int source, const SendRequest& request) {
    const int64_t packets = timing_.framing().PacketsOf(request.size);
    const int64_t links = layout_.links_per_endpoint();
    const int destination = request.destination.value();
    const uint64_t start = static_cast<uint64_t>(destination + spec_.endpoints - source) +
                           Mix(seed_ ^ request.tag) % 0x10000;
    const Ticks ready = now_ + FromPs(spec_.endpoint.injection);
    for (int64_t k = 0; k < packets; ++k) {
      const bool last_of_message = k == packets - 1;
      const int64_t payload = (last_of_message ? timing_.framing().LastPayloadOf(request.size)
                                               : timing_.framing().max_payload())
                                  .count();
      const auto link =
          static_cast<size_t>((start + static_cast<uint64_t>(k)) % static_cast<uint64_t>(links));
      const Packet packet{request.tag,
                          source,
                          destination,
                          payload,
                          request.virtual_channel,
                          k + links >= packets,
                          std::min(packets, links),
                          ready,
                          0};
      const size_t index = LinkIndex(source, static_cast<int>(link));
      At(ready, kNetwork, source, static_cast<int>(link), [this, packet, index] {
        up_[index].queues[static_cast<size_t>(packet.lane)].push_back(packet);
        touched_.insert({true, index});
      });
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
    const PacketShape& shape = ShapeOf(packet.payload);
    sender.credits[static_cast<size_t>(packet.lane)] -= shape.units;
    sender.free = now_ + shape.ticks;
    At(sender.free, kNetwork, 0, 0, [this, up, link] { touched_.insert({up, link}); });
    const Ticks wire = FromPs(timing_.WireDelay());
    if (up) {
      const Ticks arrival = now_ + wire + FromPs(spec_.switch_chip.pipeline);
      At(arrival, kNetwork, 0, static_cast<int>(link),
         [this, packet, link] { ArriveAtSwitch(packet, link); });
    } else {
      ReturnCredit(true, packet.input, packet.lane, shape.units, sender.free + wire);
      At(now_ + wire, kNetwork, 0, 0, [this, packet, link] { ArriveAtEndpoint(packet, link); });
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
    const PacketShape& shape = ShapeOf(packet.payload);
    const Ticks last_byte = now_ + shape.ticks;
    ReturnCredit(false, link, packet.lane, shape.units, last_byte + FromPs(timing_.WireDelay()));
    if (packet.last) {
      At(last_byte + FromPs(spec_.endpoint.delivery), kDelivery, packet.destination,
         static_cast<int>(link) % layout_.links_per_endpoint(), [this, packet] {
           if (++shares_in_[packet.index] == packet.shares) {
             clients_[static_cast<size_t>(packet.destination)]->OnReceived(Now(), packet.index);
           }
         });
    }
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
  std::vector<Sender> up_;    // by endpoint and link
  std::vector<Sender> down_;  // likewise: the switch's output towards it
  std::vector<std::unique_ptr<ScriptedClient>> clients_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::map<Key, std::function<void()>> events_;
  std::set<std::pair<bool, size_t>> touched_;  // senders for which something changed
  std::map<uint32_t, int64_t> shares_in_;
  Ticks now_ = 0;
  uint64_t sequence_ = 0;
};

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_REFERENCE_FABRIC_H_
