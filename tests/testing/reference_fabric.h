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

#include "fabric/api/fabric_faults.h"
#include "fabric/api/spec_checks.h"
#include "fabric/base/fingerprint.h"
#include "fabric/model/fault_timeline.h"
#include "fabric/model/flit_errors.h"
#include "fabric/model/link_timing.h"
#include "fabric/topo/layout.h"
#include "tests/testing/reference_packets.h"
#include "tests/testing/reference_switches.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric::testing {

class ReferenceFabric : private ReferenceSwitches {
 public:
  using ReferenceSwitches::Counters;

  // The spec and the faults must be valid.
  ReferenceFabric(const FabricSpec& spec, uint64_t seed, const FaultSchedule& faults = {})
      : ReferenceSwitches(spec, seed),
        moves_(static_cast<size_t>(spec.endpoints)),
        ready_(static_cast<size_t>(spec.endpoints)) {
    for (size_t link = 0; spec.switch_chip.in_switch.has_value() && link < up_.size(); ++link) {
      const Layout::Plane& plane = PlaneOf(link);
      up_[link].sessions =
          std::min(256, spec.switch_chip.in_switch->sessions / (plane.links * spec.endpoints));
    }
    SetFaults(faults);
    for (size_t link = 0; link < up_.size(); ++link) {
      SetErrorRate({true, link}, LinkOf(link).errors.flit_error_rate);
      SetErrorRate({false, link}, LinkOf(link).errors.flit_error_rate);
    }
  }

  // Runs the sends and returns the arrivals, in order.
  std::vector<Delivery> Run(const std::vector<Send>& sends) {
    for (size_t i = 0; i < sends.size(); ++i) {
      sends_destination_[static_cast<uint32_t>(i)] = sends[i].destination;
      asks_.push_back(sends[i].tell_when_sent);
    }
    for (int e = 0; e < spec_.endpoints; ++e) {
      clients_.push_back(std::make_unique<ScriptedClient>(sends, e));
      ports_.push_back(std::make_unique<Port>(*this, e));
    }
    for (int e = 0; e < spec_.endpoints; ++e) {
      clients_[static_cast<size_t>(e)]->OnStart(*ports_[static_cast<size_t>(e)]);
    }
    for (int64_t instants = 0; !events_.empty(); ++instants) {
      UPF_CHECK_OP(instants, <, 10'000'000);  // else it hangs
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
      for (const Channel& channel : TakeTouched()) {
        TryStart(channel);
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

  // News of messages that asked to be told when they have left, in order.
  std::vector<Delivery> Sent() const {
    std::vector<Delivery> sent;
    for (const auto& client : clients_) {
      for (const auto& [index, time] : client->sent()) {
        sent.emplace_back(index, client->self(), time);
      }
    }
    std::sort(sent.begin(), sent.end());
    return sent;
  }

 private:
  using Kind = ReferenceKind;
  using Block = ReferenceBlock;
  using Packet = ReferencePacket;
  using Share = std::vector<Packet>;
  class Port final : public MessagePort {
   public:
    Port(ReferenceFabric& fabric, int self) : fabric_(fabric), self_(self) {}
    void PostSend(const SendRequest& request) override { fabric_.Post(self_, request); }
    std::optional<SimTime> PostRecv(EndpointId, uint32_t, uint32_t) override {
      return std::nullopt;
    }
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
      fabric_.At(fabric_.now_ + fabric_.timing_.clock().FromPicoseconds(delay), kTimer, self_, 0,
                 [this, cookie] {
                   fabric_.clients_[static_cast<size_t>(self_)]->OnTimer(fabric_.Now(), cookie);
                 });
    }

   private:
    ReferenceFabric& fabric_;
    int self_;
  };
  std::vector<EndpointId> Members(int group) const {
    return Groups(spec_.endpoints)[static_cast<size_t>(group)];
  }
  bool RouteUp(const Packet& packet, int endpoint, int link) const {
    return packet.kind != Kind::kMessage ||
           faults_.RouteUp(endpoint, packet.destination, link, now_);
  }

  void SetFaults(const FaultSchedule& schedule) {
    faults_ = *FaultTimeline::Create(schedule, FaultTargetsOf(spec_, layout_, timing_));
    for (const Ticks time : faults_.times()) {
      At(time, kFault, 0, 0, [this] { ChangeRoutesAndRates(); });
    }
    for (const Fault& fault : schedule) {
      if (const auto* leak = std::get_if<CreditLeakFault>(&fault.what)) {
        const int64_t units = (Ratio(leak->space.count()) / timing_.framing().unit_bytes()).Ceil();
        At(FromPs(fault.time.since_start()), kLeak, 0, 0, [this, leak = *leak, units] {
          Channel channel = PortOf(leak.link.endpoint.value(), leak.link.link);
          channel.up = channel.up == leak.to_switch;
          Sender& sender = SenderOf(channel);
          int64_t& credits = sender.credits[static_cast<size_t>(leak.virtual_channel)];
          const int64_t lost = std::min(credits, units);
          credits -= lost;
          sender.leaked += lost;
          const CreditReturn how = CreditReturnOf(spec_.link, timing_);
          if (how.resync > 0 && lost > 0) {
            ReturnCredit(channel, leak.virtual_channel, lost,
                         (now_ / how.resync + 1) * how.resync + how.delay);
          }
        });
      }
    }
  }

  void ChangeRoutesAndRates() {
    for (int e = 0; e < spec_.endpoints; ++e) {
      for (int l = 0; l < layout_.links_per_endpoint(); ++l) {
        for (std::deque<Packet>& queue : SenderOf(PortOf(e, l)).queues) {
          TakeBack(queue, e, l);
        }
      }
    }
    for (size_t link = 0; link < up_.size(); ++link) {
      const Ratio rate =
          faults_.ErrorRate(static_cast<int>(link), now_, LinkOf(link).errors.flit_error_rate);
      for (const bool up : {true, false}) {
        SetErrorRate({up, link}, rate);
        touched_.insert({up, link});
      }
    }
  }

  // All packets of shares whose route is down, but the next one of a share that has begun.
  void TakeBack(std::deque<Packet>& queue, int endpoint, int link) {
    std::deque<Packet> kept;
    std::vector<Share> back;
    for (size_t i = 0; i < queue.size(); ++i) {
      const bool next_of_begun = i == 0 && !queue[i].first_of_share;
      if (next_of_begun || RouteUp(queue[i], endpoint, link)) {
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
    ++SenderOf(PortOf(share.front().source, link)).counters.shares_returned;
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
      const bool joins =
          !layout_.direct().has_value() || layout_.direct()->Joins(source, destination, link);
      if (joins && faults_.RouteUp(source, destination, link, now_)) {
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

  void SendToPort(const Share& share, int link, Ticks ready, Order order = kNetwork) {
    const int source = share.front().source;
    At(ready, order, source, link, [this, share, source, link] {
      if (!RouteUp(share.front(), source, link)) {
        Return(share, link);
        return;
      }
      const Channel channel = PortOf(source, link);
      for (Packet packet : share) {
        packet.head = now_;
        packet.share = shares_;
        packet.link = link;
        packet.via = layout_.router() != nullptr ? layout_.router()->Detour(RecordOf(packet)) : 0;
        SenderOf(channel).queues[static_cast<size_t>(packet.lane)].push_back(packet);
      }
      ++shares_;
      touched_.insert(channel);
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
      Share& share =
          shares[LinkOfPacket(spec_.endpoint.spread, start, k, destination, links.size())];
      Packet packet;
      packet.index = request.tag;
      packet.source = source;
      packet.destination = destination;
      packet.payload = payload;
      packet.lane = request.virtual_channel * layout_.channel_classes();
      packet.message_packets = packets;
      packet.first_of_share = share.empty();
      share.push_back(packet);
    }
    const Ticks ready = ReadyAtPort(source);
    for (size_t i = 0; i < links.size(); ++i) {
      if (!shares[i].empty()) {
        SendToPort(shares[i], links[i], ready);
      }
    }
  }

  // Multicasts and reduce-reads: packet k on link (start + k) mod links; reads in blocks.
  void PostGroup(int source, Kind kind, int group, uint32_t tag, Bytes size, int lane) {
    const Framing& framing = timing_.framing();
    const int64_t packets = framing.PacketsOf(size);
    const int64_t links = layout_.links_per_endpoint();
    const uint64_t start = static_cast<uint64_t>(source) + Mix(seed_ ^ tag) % 0x10000;
    const Ticks ready = ReadyAtPort(source);
    std::vector<Share> shares(static_cast<size_t>(links));
    for (int64_t k = 0; k < packets; ++k) {
      const Bytes payload = k == packets - 1 ? framing.LastPayloadOf(size) : framing.max_payload();
      Share& share = shares[LinkOfPacket(spec_.endpoint.spread, start, k, group, shares.size())];
      Packet packet;
      packet.index = tag;
      packet.source = source;
      packet.destination = group;
      packet.payload = payload.count();
      packet.lane = lane;
      packet.message_packets = packets;
      packet.first_of_share = share.empty();
      packet.kind = kind;
      share.push_back(packet);
    }
    for (int link = 0; link < links; ++link) {
      const Share& share = shares[static_cast<size_t>(link)];
      if (!share.empty()) {
        SendToPort(kind == Kind::kRequest ? Requests(share, PortOf(source, link).link) : share,
                   link, ready);
      }
    }
  }

  Share Requests(const Share& share, size_t link) const {
    const int64_t packets = spec_.switch_chip.in_switch->session_payload.count() /
                            timing_.framing().max_payload().count();
    return RequestsFor(share, link, packets, static_cast<int>(Members(share[0].destination).size()),
                       spec_.switch_chip.virtual_channels);
  }

  // Starts the packet whose turn it is among those that have their credits, if the sender is free.
  void TryStart(Channel channel) {
    Sender& sender = SenderOf(channel);
    const size_t link = channel.link;
    const bool port = IsPort(channel);
    if (sender.free > now_) {
      return;
    }
    const bool in_turn =
        !port && SpecOf(SenderChip(channel)).arbitration == Arbitration::kRoundRobin;
    const bool by_input = !port && SpecOf(SenderChip(channel)).queueing == Queueing::kInputs;
    const auto may_start = [&](const Packet& packet) {
      if (by_input && Fifo(packet).front() != packet.id) {
        return false;
      }
      if (by_input && Line(packet) > now_) {
        At(Line(packet), kNetwork, 0, 0, [this, channel] { touched_.insert(channel); });
        return false;
      }
      // Cut-through must not run dry behind a slower input.
      const Ticks lag = packet.ticks - ShapeAt(now_, link, packet.payload).ticks;
      if (packet.head + std::max<Ticks>(lag, 0) > now_) {
        At(packet.head + lag, kNetwork, 0, 0, [this, channel] { touched_.insert(channel); });
        return false;
      }
      const int64_t needs =
          in_turn || by_input ? timing_.shapes().back().units : ShapeOf(link, packet.payload).units;
      return sender.credits[static_cast<size_t>(packet.lane)] >= needs &&
             (!port || packet.kind != Kind::kRequest || sender.sessions > 0);
    };
    const auto [best, place] = sender.Next(in_turn, in_turn || by_input, may_start);
    if (best == nullptr) {
      return;
    }
    Packet packet = (*best)[place];
    const Ticks lag = packet.ticks - ShapeAt(now_, link, packet.payload).ticks;
    const Ticks ready = std::max(
        {packet.head + std::max<Ticks>(lag, 0), sender.free, by_input ? Line(packet) : Ticks{0}});
    sender.CountStart(packet, now_ - ready);
    sender.last = std::pair(packet.input, packet.lane);
    best->erase(best->begin() + static_cast<std::ptrdiff_t>(place));
    if (port && !best->empty() && best->front().share == packet.share) {
      best->front().first_of_share = false;
    }
    const PacketShape shape = ShapeAt(now_, link, packet.payload);
    sender.credits[static_cast<size_t>(packet.lane)] -= shape.units;
    const Ticks start = StartWell(sender, link, packet.payload);
    packet.ticks = ShapeAt(start, link, packet.payload).ticks;
    sender.free = start + packet.ticks;
    sender.busy += sender.free - now_;
    sender.sessions -= port && packet.kind == Kind::kRequest ? 1 : 0;
    At(sender.free, kNetwork, 0, 0, [this, channel] { touched_.insert(channel); });
    if (by_input) {
      LeaveInput(packet, now_ + shape.ticks);
    }
    if (!port) {
      FreeInput(packet, shape.units, now_ + shape.ticks);
    } else if (packet.kind == Kind::kMessage && asks_[packet.index]) {
      At(sender.free + FromPs(spec_.endpoint.delivery), kDelivery, packet.source, 0,
         [this, packet] { TellSent(packet); });
    }
    const Layout::ChipPort chip = ReceiverOf(channel);
    const Ticks pipeline = chip.chip < 0 ? 0 : FromPs(SpecOf(chip).pipeline);
    At(start + WireOf(link) + pipeline, kNetwork, chip.chip, chip.port,
       [this, packet, channel, chip] {
         if (chip.chip < 0) {
           ArriveAtEndpoint(packet, channel);
         } else {
           ArriveAtSwitch(packet, channel, chip);
         }
       });
  }

  void TellSent(const Packet& packet) {
    if (++packets_out_[packet.index] == packet.message_packets) {
      clients_[static_cast<size_t>(packet.source)]->OnSent(Now(), packet.index);
    }
  }

  // A packet's place in the input buffer is free when its last copy has left. A result has none.
  void FreeInput(const Packet& packet, int64_t units, Ticks left) {
    if (packet.kind == Kind::kResult) {
      return;
    }
    if (packet.copies != nullptr) {
      packet.copies->left = std::max(packet.copies->left, left);
      if (--packet.copies->waiting > 0) {
        return;
      }
      left = packet.copies->left;
    }
    ReturnCredit(packet.came_on, packet.came_lane, units, left + WireOf(packet.came_on.link));
  }

  void ArriveAtSwitch(Packet packet, Channel channel, Layout::ChipPort chip) {
    packet.came_on = channel;
    packet.came_lane = packet.lane;
    packet.input = static_cast<size_t>(chip.port);
    packet.id = sequence_++;
    if (layout_.router() != nullptr) {
      const Channel output = Route(packet, chip);
      QueueAtOutput(packet, output);
      return;
    }
    const int link = static_cast<int>(channel.link) % layout_.links_per_endpoint();
    const auto output = [&](int endpoint) { return Channel{false, PortOf(endpoint, link).link}; };
    if (packet.kind == Kind::kAnswer) {
      TakeAnswer(packet);
      return;
    }
    if (packet.kind == Kind::kMessage) {
      QueueAtOutput(packet, output(packet.destination));
      return;
    }
    if (packet.kind == Kind::kRequest) {
      packet.block->sequence = sequence_++;
    }
    const std::vector<EndpointId> members = Members(packet.destination);
    packet.copies = std::make_shared<ReferenceCopies>();
    packet.copies->waiting = static_cast<int>(members.size());
    for (const EndpointId member : members) {
      packet.destination = member.value();
      QueueAtOutput(packet, output(member.value()));
    }
  }

  // A packet of a block is complete with the last byte of its last answer.
  void TakeAnswer(const Packet& answer) {
    const Ticks end = now_ + answer.ticks;
    ReturnCredit(answer.came_on, answer.lane, ShapeOf(0, answer.payload).units, end + WireOf(0));
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
      result.ticks = 0;  // it is there as a whole
      result.input = std::numeric_limits<size_t>::max();
      const Channel output = {false, block.link};
      At(free + FromPs(inside.latency), kNetwork, 0, 0,
         [this, result, output] { QueueAtOutput(result, output); });
    }
  }

  void QueueAtOutput(Packet packet, Channel output) {
    packet.head = now_;
    Fifo(packet).push_back(packet.id);
    InsertByInput(SenderOf(output).queues[static_cast<size_t>(packet.lane)], packet);
    touched_.insert(output);
  }

  void ArriveAtEndpoint(const Packet& packet, Channel channel) {
    const Ticks last_byte = now_ + packet.ticks;
    const size_t link = channel.link;
    ReturnCredit(channel, packet.lane, ShapeOf(link, packet.payload).units,
                 last_byte + WireOf(link));
    if (packet.kind == Kind::kRequest) {
      Answer(packet, link, last_byte + FromPs(spec_.endpoint.injection));
      return;
    }
    if (packet.kind == Kind::kResult && --packet.block->results_missing == 0) {
      At(last_byte, kNetwork, 0, 0, [this, link] {
        ++up_[link].sessions;
        touched_.insert({true, link});
      });
    }
    const int of_endpoint = layout_.direct().has_value()
                                ? layout_.direct()->FarEnd(packet.source, packet.link).link
                                : static_cast<int>(link) % layout_.links_per_endpoint();
    At(last_byte + FromPs(spec_.endpoint.delivery), kDelivery, packet.destination, of_endpoint,
       [this, packet] {
         if (++packets_in_[{packet.index, packet.destination}] == packet.message_packets) {
           clients_[static_cast<size_t>(packet.destination)]->OnReceived(Now(), packet.index);
         }
       });
  }

  void Answer(const Packet& request, size_t link, Ticks ready) {
    const Block& block = *request.block;
    Share answers;
    for (size_t k = 0; k < block.payload.size(); ++k) {
      Packet answer = request;
      answer.kind = Kind::kAnswer;
      answer.copies = nullptr;
      answer.source = request.destination;
      answer.destination = block.reader;
      answer.lane = block.lane;
      answer.payload = block.payload[k];
      answer.number = static_cast<int64_t>(k);
      answer.ticks = 0;
      answer.input = 0;
      answers.push_back(answer);
    }
    SendToPort(answers, static_cast<int>(link) % layout_.links_per_endpoint(), ready, kAnswers);
  }

  void ReturnCredit(Channel channel, int lane, int64_t units, Ticks time) {
    At(time, kNetwork, 0, 0, [this, channel, lane, units] {
      Sender& sender = SenderOf(channel);
      const int64_t step = CreditReturnOf(LinkOf(channel.link), TimingOf(channel.link)).step;
      int64_t& freed = sender.freed[static_cast<size_t>(lane)];
      freed += units;
      sender.credits[static_cast<size_t>(lane)] += freed / step * step;
      freed %= step;
      touched_.insert(channel);
    });
  }

  std::vector<uint64_t> moves_;  // by endpoint
  std::vector<Ticks> ready_;     // by endpoint: when the last post is at its port
  uint64_t shares_ = 0;
  std::vector<std::unique_ptr<ScriptedClient>> clients_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::map<std::pair<uint32_t, int>, int64_t> packets_in_;  // by send and endpoint
  // Packets of blocks that were completed at this instant, by port and request; the last answer.
  std::map<std::tuple<size_t, uint64_t, int64_t>, Packet> complete_;
  std::map<std::pair<int, int>, Ticks> unit_free_;  // by plane and unit
  std::map<uint32_t, int> sends_destination_;
  std::vector<bool> asks_;                   // by send: to be told when it has left
  std::map<uint32_t, int64_t> packets_out_;  // of those
};

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_REFERENCE_FABRIC_H_
