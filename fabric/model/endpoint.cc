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

Endpoint::Endpoint(const EndpointTimes& times, EndpointId id, int endpoints, int links)
    : times_(&times),
      id_(id),
      endpoints_(endpoints),
      shares_in_(static_cast<size_t>(links)),
      returns_in_(static_cast<size_t>(links)),
      shares_out_(static_cast<size_t>(links)),
      links_up_(static_cast<size_t>(links)) {
  std::iota(links_up_.begin(), links_up_.end(), 0u);
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
  return times_->faults->empty() ? next : std::min(next, FirstOf(returns_in_));
}

void Endpoint::CollectArrivals(Ticks window_end) {
  arrivals_.clear();
  if (leaving_.empty()) {
    Collect(shares_in_, window_end);
  } else {
    for (sim::Inlet& inlet : shares_in_) {
      CollectOutOfOrder(inlet.records, window_end);
    }
  }
  if (!times_->faults->empty()) {
    Collect(returns_in_, window_end);
  }
  std::stable_sort(arrivals_.begin(), arrivals_.end(), [](const Record& a, const Record& b) {
    return a.time != b.time ? a.time < b.time : a.OrderAtEndpoint() < b.OrderAtEndpoint();
  });
}

void Endpoint::CollectOutOfOrder(sim::RecordQueue<Record>& queue, Ticks window_end) {
  for (size_t i = queue.size(); i > 0; --i) {
    const Record share = queue.front();
    queue.pop();
    if (share.time < window_end) {
      arrivals_.push_back(share);
    } else {
      queue.push(share);
    }
  }
}

void Endpoint::Collect(std::vector<sim::Inlet>& inlets, Ticks window_end) {
  for (sim::Inlet& inlet : inlets) {
    while (!inlet.records.empty() && inlet.records.front().time < window_end) {
      arrivals_.push_back(inlet.records.front());
      inlet.records.pop();
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
  UPF_CHECK(!message.delivered);
  if (!message.asked_for) {
    message.delivered = true;
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
  UPF_CHECK_OP(request.virtual_channel, <, times_->virtual_channels);
  ++messages_posted_;
  bytes_posted_ += request.size.count();
  PostMessage(request);
}

void Endpoint::PostMessage(const SendRequest& request) {
  FindLinks(request.destination.value());
  if (links_up_.empty()) {
    Park({request, Record(), false}, request.destination.value());
    return;
  }
  Record share;
  share.tag = request.tag;
  share.destination = static_cast<uint16_t>(request.destination.value());
  share.flags =
      Record::Flags(sim::RecordKind::kMessage, request.virtual_channel * times_->channel_classes);
  share.mark = request.tell_when_sent ? 1 : 0;
  // Messages of one step to different endpoints start on different links, at both ends.
  const auto distance =
      static_cast<uint64_t>(request.destination.value() + endpoints_ - id_.value());
  EmitShares(share, request.size, distance + Mix(times_->seed ^ request.tag) % 0x10000);
  if (request.tell_when_sent) {
    leaving_.push_back({request.tag, share.destination, request.cookie, {}});
  }
}

// All members see the same links, so what several endpoints send starts on different ones.
void Endpoint::PostMulticast(const MulticastRequest& request) {
  const size_t members = MembersOf(request.group);
  UPF_CHECK_OP(request.virtual_channel, <, times_->virtual_channels);
  Record share;
  share.tag = request.tag;
  share.destination = static_cast<uint16_t>(request.group);
  share.flags = Record::Flags(sim::RecordKind::kMulticast, request.virtual_channel);
  EmitShares(share, request.size,
             static_cast<uint64_t>(id_.value()) + Mix(times_->seed ^ request.tag) % 0x10000);
  messages_posted_ += static_cast<int64_t>(members);
  bytes_posted_ += request.size.count() * static_cast<int64_t>(members);
}

void Endpoint::PostReduceRead(const ReduceReadRequest& request, uint32_t cookie) {
  MembersOf(request.group);
  UPF_CHECK_OP(request.virtual_channel, <, times_->virtual_channels);
  UPF_CHECK(!PostRecv(id_, request.tag, cookie));
  Record share;
  share.tag = request.tag;
  share.destination = static_cast<uint16_t>(request.group);
  share.flags = Record::Flags(sim::RecordKind::kRead, request.virtual_channel);
  EmitShares(share, request.size,
             static_cast<uint64_t>(id_.value()) + Mix(times_->seed ^ request.tag) % 0x10000);
  ++messages_posted_;
  bytes_posted_ += request.size.count();
}

size_t Endpoint::MembersOf(int group) const {
  UPF_CHECK(times_->groups != nullptr);
  UPF_CHECK_OP(group, <, static_cast<int>(times_->groups->size()));
  return (*times_->groups)[static_cast<size_t>(group)].size();
}

// Spreads over links_up_, which holds all links for what is not a message.
void Endpoint::EmitShares(Record share, Bytes size, uint64_t start) {
  const Framing& framing = *times_->framing;
  const int64_t packets = framing.PacketsOf(size);
  if (times_->spread == Spread::kDestinations) {
    start = share.destination;
  }
  const auto first = static_cast<size_t>(start % links_up_.size());
  const auto links =
      times_->spread == Spread::kPackets ? static_cast<int64_t>(links_up_.size()) : int64_t{1};
  const int64_t shares = std::min(packets, links);
  UPF_CHECK_OP(packets, <=, std::numeric_limits<uint32_t>::max());
  share.time = ReadyAtPort();
  share.source = static_cast<uint16_t>(id_.value());
  share.shares = static_cast<uint8_t>(shares);
  for (int64_t i = 0; i < shares; ++i) {
    share.packets = static_cast<uint32_t>(packets / links + (i < packets % links ? 1 : 0));
    // Packet k leaves on link (start + k) mod links; the last one may be short.
    const bool has_last = (packets - 1) % links == i;
    share.set_payload(static_cast<uint16_t>(
        (has_last ? framing.LastPayloadOf(size) : framing.max_payload()).count()));
    const uint32_t link = links_up_[(first + static_cast<size_t>(i)) % links_up_.size()];
    Post(share, link);
  }
}

// Shares that came back go, each whole, to the links that are up in turn.
void Endpoint::PostShare(const Record& returned) {
  FindLinks(returned.destination);
  if (links_up_.empty()) {
    Park({SendRequest(), returned, true}, returned.destination);
    return;
  }
  Record share = returned;
  share.time = ReadyAtPort();
  const uint64_t pick = (share.destination + moves_++) % links_up_.size();
  Post(share, links_up_[pick]);
}

void Endpoint::Post(Record& share, uint32_t link) {
  share.link = static_cast<uint8_t>(link);
  if (times_->router != nullptr) {
    share.via = times_->router->Detour(share);
  }
  shares_out_[link].Emit(share);
}

void Endpoint::FindLinks(int destination) {
  if (times_->faults->empty() && !times_->direct.has_value()) {
    return;
  }
  links_up_.clear();
  if (times_->faults->empty()) {
    const int first_link = times_->direct->First(id_.value(), destination);
    for (int link = 0; link < times_->direct->links; ++link) {
      links_up_.push_back(static_cast<uint32_t>(first_link + link));
    }
    return;
  }
  for (size_t link = 0; link < shares_out_.size(); ++link) {
    if (times_->faults->RouteUp(id_.value(), destination, static_cast<int>(link), now_)) {
      links_up_.push_back(static_cast<uint32_t>(link));
    }
  }
}

void Endpoint::Park(const Parked& parked, int destination) {
  const Ticks up = times_->faults->NextRoute(id_.value(), destination, now_);
  if (up != kNever) {
    Schedule(up, EventKind::kRoute, static_cast<uint32_t>(parked_.size()));
    parked_.push_back(parked);
  } else if (failure_.destination < 0) {
    failure_ = {now_, destination};
  }
}

// Injection; a slow endpoint takes longer, and its posts do not overtake each other.
Ticks Endpoint::ReadyAtPort() {
  Ticks injection = times_->injection;
  if (!times_->faults->empty()) {
    injection = Scaled(injection, times_->faults->InjectionFactor(id_.value(), now_));
  }
  ready_ = std::max(ready_, now_ + injection);
  return ready_;
}

bool Endpoint::PostRecv(EndpointId source, uint32_t tag, uint32_t cookie) {
  const uint64_t key = KeyOf(static_cast<uint32_t>(source.value()), tag);
  const auto [found, inserted] = messages_.try_emplace(key);
  Message& message = found->second;
  UPF_CHECK(!message.asked_for);
  if (message.delivered) {
    messages_.erase(found);
    return true;
  }
  message.asked_for = true;
  message.cookie = cookie;
  return false;
}

// The memory serves one operation after another; the fixed time of several overlaps.
void Endpoint::PostLocal(Bytes traffic, uint32_t cookie) {
  const Ticks start = std::max(now_, memory_free_);
  const Ratio factor = times_->faults->MemoryFactor(id_.value(), now_);
  memory_free_ =
      start + Scaled((times_->ticks_per_local_byte * Ratio(traffic.count())).Ceil(), factor);
  Schedule(memory_free_ + Scaled(times_->local_latency, factor), EventKind::kLocalDone, cookie);
}

void Endpoint::PostTimer(Picoseconds delay, uint32_t cookie) {
  UPF_CHECK_OP(delay.count(), >, 0);
  Schedule(now_ + times_->clock.FromPicoseconds(delay), EventKind::kTimer, cookie);
}

void Endpoint::Reset() {
  for (sim::Inlet& inlet : shares_in_) {
    inlet.records.clear();
  }
  for (sim::Inlet& inlet : returns_in_) {
    inlet.records.clear();
  }
  links_up_.resize(shares_out_.size());
  std::iota(links_up_.begin(), links_up_.end(), 0u);
  ready_ = 0;
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
