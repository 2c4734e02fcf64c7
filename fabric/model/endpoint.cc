#include "fabric/model/endpoint.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "fabric/base/fingerprint.h"

namespace upfabric::fabric {

using sim::kNever;
using sim::Record;
using sim::Ticks;

namespace {

// Time of the first record, or kNever.
Ticks FirstOf(const std::vector<sim::Inlet>& inlets) {
  Ticks first = kNever;
  for (const sim::Inlet& inlet : inlets) {
    if (!inlet.records.empty()) {
      first = std::min(first, inlet.records.front().time);
    }
  }
  return first;
}

// Rounded up.
Ticks Scaled(Ticks length, Ratio factor) {
  const auto scaled = static_cast<internal::Int128>(length) * factor.numerator();
  return static_cast<Ticks>((scaled + factor.denominator() - 1) / factor.denominator());
}

}  // namespace

Endpoint::Endpoint(const std::vector<EndpointSide>& sides, EndpointId id, int endpoints)
    : id_(id), endpoints_(endpoints) {
  for (const EndpointSide& side : sides) {
    sides_.push_back({side, {}, 0});
  }
  const auto links = static_cast<size_t>(sides.back().first_link + sides.back().links);
  shares_in_.resize(links);
  returns_in_.resize(links);
  shares_out_.resize(links);
  AllLinks();
}

void Endpoint::AllLinks() {
  for (Side& side : sides_) {
    side.links_up.resize(static_cast<size_t>(side.links));
    std::iota(side.links_up.begin(), side.links_up.end(), static_cast<uint32_t>(side.first_link));
  }
}

size_t Endpoint::SideTo(int destination) const {
  size_t side = 0;
  while (!sides_[side].Reaches(destination)) {
    ++side;
  }
  return side;
}

bool Endpoint::HasFaults() const {
  return std::any_of(sides_.begin(), sides_.end(),
                     [](const Side& side) { return !side.times->faults->empty(); });
}

// From the names of endpoints in a network to those in the fabric.
Record Endpoint::Renamed(const Record& record, size_t link) const {
  size_t side = 0;
  while (static_cast<int>(link) >= sides_[side].first_link + sides_[side].links) {
    ++side;
  }
  const int first = sides_[side].first_endpoint;
  Record renamed = record;
  renamed.source = static_cast<uint16_t>(record.source + first);
  renamed.destination = static_cast<uint16_t>(record.destination + first);
  return renamed;
}

// Arrivals and own events are taken in order of time; at the same instant arrivals first (by link),
// then news of what has left, then shares that came back, then events in the order in which they
// were posted.
Ticks Endpoint::Advance(Ticks window_end) {
  if (client_ != nullptr && !started_) {
    started_ = true;
    client_->OnStart(*this);
  }
  CollectArrivals(window_end);
  size_t arrival = 0;
  while (true) {
    const Ticks arrival_time = arrival < arrivals_.size() ? arrivals_[arrival].time : kNever;
    const Ticks event_time = events_.empty() ? kNever : events_.top().time;
    if (std::min(arrival_time, event_time) >= window_end) {
      break;
    }
    if (arrival_time <= event_time) {
      now_ = arrival_time;
      const Record share = arrivals_[arrival++];
      if (share.last()) {
        TakeShare(share);
      } else {
        PostShare(share);  // it has not left its port
      }
    } else {
      now_ = event_time;
      const Event event = events_.top();
      events_.pop();
      TakeEvent(event);
    }
  }
  records_taken_ += static_cast<int64_t>(arrivals_.size());
  Ticks next = std::min(events_.empty() ? kNever : events_.top().time, FirstOf(shares_in_));
  if (!leaving_.empty()) {
    for (sim::Inlet& inlet : shares_in_) {
      for (const Record& share : inlet.records) {
        next = std::min(next, share.time);
      }
    }
  }
  return HasFaults() ? std::min(next, FirstOf(returns_in_)) : next;
}

void Endpoint::CollectArrivals(Ticks window_end) {
  arrivals_.clear();
  if (leaving_.empty()) {
    Collect(shares_in_, window_end);
  } else {
    for (size_t link = 0; link < shares_in_.size(); ++link) {
      CollectOutOfOrder(link, window_end);
    }
  }
  if (HasFaults()) {
    Collect(returns_in_, window_end);
  }
  std::stable_sort(arrivals_.begin(), arrivals_.end(), [](const Record& a, const Record& b) {
    return a.time != b.time ? a.time < b.time : a.OrderAtEndpoint() < b.OrderAtEndpoint();
  });
}

void Endpoint::CollectOutOfOrder(size_t link, Ticks window_end) {
  sim::RecordQueue<Record>& queue = shares_in_[link].records;
  for (size_t i = queue.size(); i > 0; --i) {
    const Record share = queue.front();
    queue.pop();
    if (share.time < window_end) {
      arrivals_.push_back(Renamed(share, link));
    } else {
      queue.push(share);
    }
  }
}

void Endpoint::Collect(std::vector<sim::Inlet>& inlets, Ticks window_end) {
  for (size_t link = 0; link < inlets.size(); ++link) {
    sim::RecordQueue<Record>& queue = inlets[link].records;
    while (!queue.empty() && queue.front().time < window_end) {
      arrivals_.push_back(Renamed(queue.front(), link));
      queue.pop();
    }
  }
}

void Endpoint::TakeShare(const Record& share) {
  if (share.tells_sent()) [[unlikely]] {
    TakeSent(share);
    return;
  }
  if (share.shares == 1 && !share.moved() && !share.split()) {
    Deliver(share);
    return;
  }
  if (messages_[KeyOf(share.source, share.tag)].shares.Take(share)) {
    Deliver(share);
  }
}

void Endpoint::TakeSent(const Record& share) {
  const auto found = std::find_if(leaving_.begin(), leaving_.end(), [&](const Leaving& message) {
    return message.tag == share.tag && message.destination == share.destination;
  });
  UPF_CHECK(found != leaving_.end());
  if (found->shares.Take(share)) {
    const uint32_t cookie = found->cookie;
    leaving_.erase(found);
    client_->OnSent(Now(), cookie);
  }
}

void Endpoint::Deliver(const Record& share) {
  ++messages_delivered_;
  delivery_hash_ =
      Chain(Chain(delivery_hash_, static_cast<uint64_t>(now_)), KeyOf(share.source, share.tag));
  const auto [found, inserted] = messages_.try_emplace(KeyOf(share.source, share.tag));
  Message& message = found->second;
  UPF_CHECK(message.delivered == kNever);
  if (!message.asked_for) {
    message.delivered = now_;
    return;
  }
  const uint32_t cookie = message.cookie;
  messages_.erase(found);
  client_->OnReceived(Now(), cookie);
}

void Endpoint::TakeEvent(const Event& event) {
  switch (event.kind) {
    case EventKind::kLocalDone:
      client_->OnLocalDone(Now(), event.cookie);
      break;
    case EventKind::kTimer:
      client_->OnTimer(Now(), event.cookie);
      break;
    case EventKind::kRoute: {
      const Parked parked = parked_[event.cookie];
      if (parked.is_share) {
        PostShare(parked.share);
      } else {
        PostMessage(parked.message);
      }
      break;
    }
  }
}

void Endpoint::Schedule(Ticks time, EventKind kind, uint32_t cookie) {
  events_.push({time, event_sequence_++, cookie, kind});
}

void Endpoint::PostSend(const SendRequest& request) {
  UPF_CHECK(request.destination != id_);
  UPF_CHECK_OP(request.destination.value(), <, endpoints_);
  UPF_CHECK_OP(request.virtual_channel, <, times().virtual_channels);
  ++messages_posted_;
  bytes_posted_ += request.size.count();
  PostMessage(request);
}

void Endpoint::PostMessage(const SendRequest& request) {
  const int destination = request.destination.value();
  const size_t side = SideTo(destination);
  FindLinks(side, destination);
  if (sides_[side].links_up.empty()) {
    Park({request, Record(), false}, side, destination);
    return;
  }
  const EndpointTimes& times = *sides_[side].times;
  Record share;
  share.tag = request.tag;
  share.destination = static_cast<uint16_t>(request.destination.value());
  share.flags = Record::Flags(
      sim::RecordKind::kMessage,
      std::min(request.virtual_channel, times.virtual_channels - 1) * times.channel_classes);
  share.mark = request.tell_when_sent ? 1 : 0;
  // Messages of one step to different endpoints start on different links, at both ends.
  const auto distance =
      static_cast<uint64_t>(request.destination.value() + endpoints_ - id_.value());
  EmitShares(side, share, request.size, distance + Mix(times.seed ^ request.tag) % 0x10000);
  if (request.tell_when_sent) {
    leaving_.push_back({request.tag, share.destination, request.cookie, {}});
  }
}

// All members see the same links, so what several endpoints send starts on different ones.
void Endpoint::PostMulticast(const MulticastRequest& request) {
  const size_t members = MembersOf(request.group);
  UPF_CHECK_OP(request.virtual_channel, <, times().virtual_channels);
  Record share;
  share.tag = request.tag;
  share.destination = static_cast<uint16_t>(request.group);
  share.flags = Record::Flags(sim::RecordKind::kMulticast, request.virtual_channel);
  EmitShares(0, share, request.size,
             static_cast<uint64_t>(id_.value()) + Mix(times().seed ^ request.tag) % 0x10000);
  messages_posted_ += static_cast<int64_t>(members);
  bytes_posted_ += request.size.count() * static_cast<int64_t>(members);
}

void Endpoint::PostReduceRead(const ReduceReadRequest& request, uint32_t cookie) {
  MembersOf(request.group);
  UPF_CHECK_OP(request.virtual_channel, <, times().virtual_channels);
  UPF_CHECK(!PostRecv(id_, request.tag, cookie));
  Record share;
  share.tag = request.tag;
  share.destination = static_cast<uint16_t>(request.group);
  share.flags = Record::Flags(sim::RecordKind::kRead, request.virtual_channel);
  EmitShares(0, share, request.size,
             static_cast<uint64_t>(id_.value()) + Mix(times().seed ^ request.tag) % 0x10000);
  ++messages_posted_;
  bytes_posted_ += request.size.count();
}

size_t Endpoint::MembersOf(int group) const {
  UPF_CHECK(times().groups != nullptr);
  UPF_CHECK_OP(group, <, static_cast<int>(times().groups->size()));
  return (*times().groups)[static_cast<size_t>(group)].size();
}

// Spreads over links_up_, which holds all links for what is not a message.
void Endpoint::EmitShares(size_t side, Record share, Bytes size, uint64_t start) {
  const EndpointTimes& times = *sides_[side].times;
  const std::vector<uint32_t>& links_up = sides_[side].links_up;
  const Framing& framing = *times.framing;
  const int64_t packets = framing.PacketsOf(size);
  if (times.spread == Spread::kDestinations) {
    start = share.destination;
  }
  const auto first = static_cast<size_t>(start % links_up.size());
  const auto links =
      times.spread == Spread::kPackets ? static_cast<int64_t>(links_up.size()) : int64_t{1};
  const int64_t shares = std::min(packets, links);
  UPF_CHECK_OP(packets, <=, std::numeric_limits<uint32_t>::max());
  share.time = ReadyAtPort(side);
  share.source = static_cast<uint16_t>(id_.value());
  share.shares = static_cast<uint8_t>(shares);
  for (int64_t i = 0; i < shares; ++i) {
    share.packets = static_cast<uint32_t>(packets / links + (i < packets % links ? 1 : 0));
    // Packet k leaves on link (start + k) mod links; the last one may be short.
    const bool has_last = (packets - 1) % links == i;
    share.set_payload(static_cast<uint16_t>(
        (has_last ? framing.LastPayloadOf(size) : framing.max_payload()).count()));
    Post(side, share, links_up[(first + static_cast<size_t>(i)) % links_up.size()]);
  }
}

// Shares that came back go, each whole, to the links that are up in turn.
void Endpoint::PostShare(const Record& returned) {
  const size_t side = SideTo(returned.destination);
  FindLinks(side, returned.destination);
  const std::vector<uint32_t>& links_up = sides_[side].links_up;
  if (links_up.empty()) {
    Park({SendRequest(), returned, true}, side, returned.destination);
    return;
  }
  Record share = returned;
  share.time = ReadyAtPort(side);
  const uint64_t pick = (share.destination + moves_++) % links_up.size();
  Post(side, share, links_up[pick]);
}

// By the names that endpoints and links have in the network; groups have the same everywhere.
void Endpoint::Post(size_t side, const Record& share, uint32_t link) {
  const EndpointSide& to = sides_[side];
  Record renamed = share;
  renamed.link = static_cast<uint8_t>(static_cast<int>(link) - to.first_link);
  renamed.source = static_cast<uint16_t>(share.source - to.first_endpoint);
  if (share.is_message()) {
    renamed.destination = static_cast<uint16_t>(share.destination - to.first_endpoint);
  }
  if (to.times->router != nullptr) {
    renamed.via = to.times->router->Detour(renamed);
  }
  shares_out_[link].Emit(renamed);
}

void Endpoint::FindLinks(size_t side, int destination) {
  const EndpointSide& to = sides_[side];
  const EndpointTimes& times = *to.times;
  if (times.faults->empty() && !times.direct.has_value()) {
    return;
  }
  const int self = id_.value() - to.first_endpoint;
  const int other = destination - to.first_endpoint;
  std::vector<uint32_t>& links_up = sides_[side].links_up;
  links_up.clear();
  if (times.faults->empty()) {
    const int first_link = to.first_link + times.direct->First(self, other);
    for (int link = 0; link < times.direct->links; ++link) {
      links_up.push_back(static_cast<uint32_t>(first_link + link));
    }
    return;
  }
  for (int link = 0; link < to.links; ++link) {
    if (times.faults->RouteUp(self, other, link, now_)) {
      links_up.push_back(static_cast<uint32_t>(to.first_link + link));
    }
  }
}

void Endpoint::Park(const Parked& parked, size_t side, int destination) {
  const EndpointSide& to = sides_[side];
  const Ticks up = to.times->faults->NextRoute(id_.value() - to.first_endpoint,
                                               destination - to.first_endpoint, now_);
  if (up != kNever) {
    Schedule(up, EventKind::kRoute, static_cast<uint32_t>(parked_.size()));
    parked_.push_back(parked);
  } else if (failure_.destination < 0) {
    failure_ = {now_, destination, static_cast<int>(side)};
  }
}

// Injection; a slow endpoint takes longer, and its posts do not overtake each other.
Ticks Endpoint::ReadyAtPort(size_t side) {
  const EndpointSide& to = sides_[side];
  Ticks injection = to.times->injection;
  if (!to.times->faults->empty()) {
    injection =
        Scaled(injection, to.times->faults->InjectionFactor(id_.value() - to.first_endpoint, now_));
  }
  sides_[side].ready = std::max(sides_[side].ready, now_ + injection);
  return sides_[side].ready;
}

std::optional<SimTime> Endpoint::PostRecv(EndpointId source, uint32_t tag, uint32_t cookie) {
  const uint64_t key = KeyOf(static_cast<uint32_t>(source.value()), tag);
  const auto [found, inserted] = messages_.try_emplace(key);
  Message& message = found->second;
  UPF_CHECK(!message.asked_for);
  if (message.delivered != kNever) {
    const SimTime delivered = TimeAt(message.delivered);
    messages_.erase(found);
    return delivered;
  }
  message.asked_for = true;
  message.cookie = cookie;
  return std::nullopt;
}

// The memory serves one operation after another; the fixed time of several overlaps.
void Endpoint::PostLocal(Bytes traffic, uint32_t cookie) {
  const Ticks start = std::max(now_, memory_free_);
  const Ratio factor =
      times().faults->MemoryFactor(id_.value() - sides_.front().first_endpoint, now_);
  memory_free_ =
      start + Scaled((times().ticks_per_local_byte * Ratio(traffic.count())).Ceil(), factor);
  Schedule(memory_free_ + Scaled(times().local_latency, factor), EventKind::kLocalDone, cookie);
}

void Endpoint::PostTimer(Picoseconds delay, uint32_t cookie) {
  UPF_CHECK_OP(delay.count(), >, 0);
  Schedule(now_ + times().clock.FromPicoseconds(delay), EventKind::kTimer, cookie);
}

void Endpoint::Reset() {
  for (sim::Inlet& inlet : shares_in_) {
    inlet.records.clear();
  }
  for (sim::Inlet& inlet : returns_in_) {
    inlet.records.clear();
  }
  AllLinks();
  for (Side& side : sides_) {
    side.ready = 0;
  }
  moves_ = 0;
  parked_.clear();
  failure_ = {};
  leaving_.clear();
  client_ = nullptr;
  started_ = false;
  now_ = 0;
  memory_free_ = 0;
  arrivals_.clear();
  events_ = {};
  event_sequence_ = 0;
  messages_.clear();
  delivery_hash_ = 0;
}

int64_t Endpoint::MemoryBytes() const {
  size_t bytes = sizeof(Endpoint) + arrivals_.capacity() * sizeof(Record) +
                 events_.size() * sizeof(Event) +
                 messages_.capacity() * (sizeof(uint64_t) + sizeof(Message) + 1) +
                 leaving_.capacity() * sizeof(Leaving) +
                 shares_in_.capacity() * (sizeof(sim::Inlet) + sizeof(sim::Outlet));
  for (const sim::Inlet& inlet : shares_in_) {
    bytes += inlet.records.memory_bytes();
  }
  return static_cast<int64_t>(bytes);
}

}  // namespace upfabric::fabric
