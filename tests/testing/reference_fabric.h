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
    const int lanes =
        spec.switch_chip.virtual_channels + (spec.switch_chip.in_switch.has_value() ? 1 : 0);
    up_.assign(links, Sender(lanes, units(spec.switch_chip.buffer_per_vc)));
    down_.assign(links, Sender(lanes, units(spec.endpoint.buffer_per_vc)));
    for (size_t link = 0; spec.switch_chip.in_switch.has_value() && link < links; ++link) {
      const Layout::Plane& plane = PlaneOf(link);
      up_[link].sessions =
          std::min(256, spec.switch_chip.in_switch->sessions / (plane.links * spec.endpoints));
    }
  }

  // Runs the sends and returns the arrivals, in order.
  std::vector<Delivery> Run(const std::vector<Send>& sends) {
    for (size_t i = 0; i < sends.size(); ++i) {
      sends_destination_[static_cast<uint32_t>(i)] = sends[i].destination;
    }
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
      if (!complete_.empty()) {
        Reduce();
      }
      const std::set<std::pair<bool, size_t>> touched = std::exchange(touched_, {});
      for (const auto& [up, link] : touched) {
        TryStart(up, link);
      }
    }
    std::vector<Delivery> deliveries;
    for (const auto& client : clients_) {
      for (const auto& [index, time] : client->arrivals()) {
        deliveries.emplace_back(index, client->self(), time);
      }
    }
    std::sort(deliveries.begin(), deliveries.end());
    return deliveries;
  }

 private:
  // kCopy: up, to be copied to a group. kRequest: for a block; copied like it. kAnswer: up.
  enum class Kind { kMessage, kCopy, kRequest, kAnswer, kResult };
  // A block of a reduce-read.
  struct Block {
    uint32_t index = 0;  // of the send
    int reader = 0;
    size_t link = 0;  // of the reader
    int lane = 0;     // of answers and result
    int64_t shares = 1;
    bool ends_share = false;
    std::vector<int64_t> payload;  // by packet
    std::vector<int> missing;      // by packet: answers
    uint64_t sequence = 0;         // order of arrival at the switch
    int64_t results_missing = 0;
  };
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
    Kind kind = Kind::kMessage;
    std::shared_ptr<Block> block = nullptr;
    int64_t number = 0;                     // in the block
    std::shared_ptr<int> copies = nullptr;  // of one packet: those that have not left
  };
  struct Sender {
    Sender(int lanes, int64_t units)
        : queues(static_cast<size_t>(lanes)), credits(static_cast<size_t>(lanes), units) {}
    std::vector<std::deque<Packet>> queues;  // by virtual channel
    std::vector<int64_t> credits;
    Ticks free = 0;
    int64_t sessions = 0;
  };
  class Port final : public MessagePort {
   public:
    Port(ReferenceFabric& fabric, int self) : fabric_(fabric), self_(self) {}
    void PostSend(const SendRequest& request) override { fabric_.Post(self_, request); }
    bool PostRecv(EndpointId, uint32_t, uint32_t) override { return false; }
    void PostMulticast(const MulticastRequest& request) override {
      fabric_.PostGroup(self_, Kind::kCopy, request.group, request.tag, request.size,
                        request.virtual_channel);
    }
    void PostReduceRead(const ReduceReadRequest& request, uint32_t) override {
      fabric_.PostGroup(self_, Kind::kRequest, request.group, request.tag, request.size,
                        request.virtual_channel);
    }
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
  // At one instant the endpoint's packets queue before answers, both after whatever the network
  // does; an endpoint hears of arrivals, by link, before its timers.
  enum Order { kNetwork, kAnswers, kDelivery, kTimer };
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

  const Layout::Plane& PlaneOf(size_t link) const {
    const int of_endpoint = static_cast<int>(link) % layout_.links_per_endpoint();
    return layout_.planes()[static_cast<size_t>(layout_.PlaneOfLink(of_endpoint))];
  }
  std::vector<EndpointId> Members(int group) const {
    return Groups(spec_.endpoints)[static_cast<size_t>(group)];
  }

  // Multicasts and reduce-reads: packet k on link (start + k) mod links; reads in blocks.
  void PostGroup(int source, Kind kind, int group, uint32_t tag, Bytes size, int lane) {
    const Framing& framing = timing_.framing();
    const int64_t packets = framing.PacketsOf(size);
    const int64_t links = layout_.links_per_endpoint();
    const uint64_t start = static_cast<uint64_t>(source) + Mix(seed_ ^ tag) % 0x10000;
    const Ticks ready = now_ + FromPs(spec_.endpoint.injection);
    for (int64_t i = 0; i < std::min(packets, links); ++i) {
      const auto link =
          static_cast<int>((start + static_cast<uint64_t>(i)) % static_cast<uint64_t>(links));
      Packet packet{tag, source, group, 0, lane, false, std::min(packets, links), ready, 0, kind};
      for (int64_t k = i; k < packets; k += links) {
        packet.last = k + links >= packets;
        packet.payload =
            (k == packets - 1 ? framing.LastPayloadOf(size) : framing.max_payload()).count();
        if (kind == Kind::kRequest) {
          AddToBlock(packet, LinkIndex(source, link));
          continue;
        }
        Queue(packet, LinkIndex(source, link), ready, kNetwork);
      }
    }
  }

  // Sends the request when its block is full.
  void AddToBlock(Packet& request, size_t link) {
    const InSwitchSpec& inside = *spec_.switch_chip.in_switch;
    const int64_t most = inside.session_payload.count() / timing_.framing().max_payload().count();
    if (request.block == nullptr) {
      request.block = std::make_shared<Block>();
      request.block->index = request.index;
      request.block->reader = request.source;
      request.block->link = link;
      request.block->lane = request.lane;
      request.block->shares = request.shares;
    }
    request.block->payload.push_back(request.payload);
    ++request.block->results_missing;
    ++share_packets_[{request.index, link}];
    if (!request.last && static_cast<int64_t>(request.block->payload.size()) < most) {
      return;
    }
    Packet packet = request;
    packet.payload = 0;
    packet.lane = spec_.switch_chip.virtual_channels;
    packet.block->missing.assign(packet.block->payload.size(),
                                 static_cast<int>(Members(request.destination).size()));
    Queue(packet, link, request.head, kNetwork);
    request.block = nullptr;
  }

  void Queue(const Packet& packet, size_t link, Ticks time, Order order) {
    const int links = layout_.links_per_endpoint();
    const int own_link = static_cast<int>(link) % links;
    At(time, order, static_cast<int>(link) / links, own_link, [this, packet, link] {
      up_[link].queues[static_cast<size_t>(packet.lane)].push_back(packet);
      touched_.insert({true, link});
    });
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
                          0,
                          Kind::kMessage};
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
      const bool has_session = !up || head.kind != Kind::kRequest || sender.sessions > 0;
      if (older && has_session &&
          sender.credits[static_cast<size_t>(head.lane)] >= ShapeOf(head.payload).units) {
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
    sender.sessions -= up && packet.kind == Kind::kRequest ? 1 : 0;
    At(sender.free, kNetwork, 0, 0, [this, up, link] { touched_.insert({up, link}); });
    const Ticks wire = FromPs(timing_.WireDelay());
    if (up) {
      const Ticks arrival = now_ + wire + FromPs(spec_.switch_chip.pipeline);
      At(arrival, kNetwork, 0, static_cast<int>(link),
         [this, packet, link] { ArriveAtSwitch(packet, link); });
    } else {
      const bool frees_buffer =
          packet.kind != Kind::kResult && (packet.copies == nullptr || --*packet.copies == 0);
      if (frees_buffer) {
        ReturnCredit(true, packet.input, packet.lane, shape.units, sender.free + wire);
      }
      At(now_ + wire, kNetwork, 0, 0, [this, packet, link] { ArriveAtEndpoint(packet, link); });
    }
  }

  void ArriveAtSwitch(Packet packet, size_t input) {
    const int link = static_cast<int>(input) % layout_.links_per_endpoint();
    if (packet.kind == Kind::kAnswer) {
      TakeAnswer(packet, input);
      return;
    }
    if (packet.kind == Kind::kMessage) {
      QueueAtOutput(packet, input, LinkIndex(packet.destination, link));
      return;
    }
    if (packet.kind == Kind::kRequest) {
      packet.block->sequence = sequence_++;
    }
    const std::vector<EndpointId> members = Members(packet.destination);
    packet.copies = std::make_shared<int>(static_cast<int>(members.size()));
    for (const EndpointId member : members) {
      packet.destination = member.value();
      QueueAtOutput(packet, input, LinkIndex(member.value(), link));
    }
  }

  // A packet of a block is complete with the last byte of its last answer.
  void TakeAnswer(const Packet& answer, size_t input) {
    const PacketShape& shape = ShapeOf(answer.payload);
    const Ticks end = now_ + shape.ticks;
    ReturnCredit(true, input, answer.lane, shape.units, end + FromPs(timing_.WireDelay()));
    const std::shared_ptr<Block> block = answer.block;
    const int64_t number = answer.number;
    At(end, kNetwork, 0, 0, [this, block, number, answer] {
      if (--block->missing[static_cast<size_t>(number)] == 0) {
        complete_.emplace(std::tuple(block->link, block->sequence, number), answer);
      }
    });
  }

  // Gives what is complete at this instant to the units, by port, then by request.
  void Reduce() {
    const InSwitchSpec& inside = *spec_.switch_chip.in_switch;
    const Ratio per_byte = inside.throughput.PicosecondsPerByte() * Ratio(inside.units) *
                           Ratio(timing_.clock().ticks_per_picosecond());
    for (const auto& [key, answer] : std::exchange(complete_, {})) {
      Packet result = answer;
      const Block& block = *answer.block;
      const Layout::Plane& plane = PlaneOf(block.link);
      const int of_endpoint = static_cast<int>(block.link) % layout_.links_per_endpoint();
      const int port = block.reader * plane.links + of_endpoint - plane.first_link;
      Ticks& free = unit_free_[{layout_.PlaneOfLink(of_endpoint), port % inside.units}];
      const auto members = static_cast<int64_t>(Members(sends_destination_[block.index]).size());
      const Ticks duration = (per_byte * Ratio(members * answer.payload)).Ceil();
      free = std::max(free, now_) + std::max<Ticks>(1, duration);
      result.kind = Kind::kResult;
      result.destination = block.reader;
      const size_t output = block.link;
      At(free + FromPs(inside.latency), kNetwork, 0, 0, [this, result, output] {
        QueueAtOutput(result, std::numeric_limits<size_t>::max(), output);
      });
    }
  }

  void QueueAtOutput(Packet packet, size_t input, size_t output) {
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
    if (packet.kind == Kind::kRequest) {
      Answer(packet, link, last_byte + FromPs(spec_.endpoint.injection));
      return;
    }
    if (packet.kind == Kind::kResult) {
      TakeResult(packet, link, last_byte);
      return;
    }
    if (packet.last) {
      At(last_byte + FromPs(spec_.endpoint.delivery), kDelivery, packet.destination,
         static_cast<int>(link) % layout_.links_per_endpoint(), [this, packet] {
           if (++shares_in_[{packet.index, packet.destination}] == packet.shares) {
             clients_[static_cast<size_t>(packet.destination)]->OnReceived(Now(), packet.index);
           }
         });
    }
  }

  void Answer(const Packet& request, size_t link, Ticks ready) {
    const Block& block = *request.block;
    for (size_t k = 0; k < block.payload.size(); ++k) {
      Packet answer = request;
      answer.kind = Kind::kAnswer;
      answer.copies = nullptr;
      answer.source = request.destination;
      answer.destination = block.reader;
      answer.lane = block.lane;
      answer.payload = block.payload[k];
      answer.number = static_cast<int64_t>(k);
      answer.head = ready;
      Queue(answer, link, ready, kAnswers);
    }
  }

  void TakeResult(const Packet& result, size_t link, Ticks last_byte) {
    if (--result.block->results_missing == 0) {
      At(last_byte, kNetwork, 0, 0, [this, link] {
        ++up_[link].sessions;
        touched_.insert({true, link});
      });
    }
    const std::shared_ptr<Block> block = result.block;
    if (--share_packets_[{block->index, link}] == 0) {
      At(last_byte + FromPs(spec_.endpoint.delivery), kDelivery, block->reader,
         static_cast<int>(link) % layout_.links_per_endpoint(), [this, block] {
           if (++shares_in_[{block->index, block->reader}] == block->shares) {
             clients_[static_cast<size_t>(block->reader)]->OnReceived(Now(), block->index);
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
  std::set<std::pair<bool, size_t>> touched_;              // senders for which something changed
  std::map<std::pair<uint32_t, int>, int64_t> shares_in_;  // by send and endpoint
  std::map<std::pair<uint32_t, size_t>, int64_t>
      share_packets_;  // of results still to come, by link
  // Packets of blocks that were completed at this instant, by port and request; the last answer.
  std::map<std::tuple<size_t, uint64_t, int64_t>, Packet> complete_;
  std::map<std::pair<int, int>, Ticks> unit_free_;  // by plane and unit
  std::map<uint32_t, int> sends_destination_;
  Ticks now_ = 0;
  uint64_t sequence_ = 0;
};

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_REFERENCE_FABRIC_H_
