#include "fabric/api/message_paths.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "fabric/api/spec_checks.h"

namespace upfabric::fabric {

using sim::Ticks;

namespace {

// Appends parts that end at given times.
class PartWriter {
 public:
  PartWriter(const sim::Clock& clock, SimTime from, std::vector<PathPart>& parts)
      : clock_(clock), at_(from.since_start()), parts_(parts) {}

  void Until(Ticks end, PathCause cause) { UntilTime(clock_.ToPicoseconds(end), cause); }
  void UntilTime(Picoseconds end, PathCause cause) {
    if (end > at_) {
      parts_.push_back({cause, end - at_});
      at_ = end;
    }
  }

 private:
  const sim::Clock& clock_;
  Picoseconds at_;
  std::vector<PathPart>& parts_;
};

// What a line did in [from, to).
struct LineUse {
  Ticks sent = 0;
  Ticks stalled = 0;
  Ticks replayed = 0;
};

LineUse UseOf(const std::vector<LineSpan>& spans, Ticks from, Ticks to) {
  const auto overlap = [&](Ticks begin, Ticks end) {
    return std::max<Ticks>(0, std::min(end, to) - std::max(begin, from));
  };
  LineUse use;
  auto span = std::partition_point(spans.begin(), spans.end(),
                                   [from](const LineSpan& other) { return other.end <= from; });
  for (; span != spans.end() && span->ready < to; ++span) {
    use.stalled += overlap(span->ready, span->first_start);
    use.replayed += overlap(span->first_start, span->start);
    use.sent += overlap(span->start, span->end);
  }
  return use;
}

}  // namespace

PathCause CauseOfElement(const std::string& name) {
  if (absl::StrContains(name, "phy")) {
    return PathCause::kPhy;
  }
  if (absl::StrContains(name, "fec")) {
    return PathCause::kFec;
  }
  return absl::StrContains(name, "retimer") ? PathCause::kRetimer : PathCause::kWire;
}

NetworkWatch::NetworkWatch(Network& network, bool is_last, int pod_endpoints,
                           const std::vector<WatchedMessage>& messages)
    : network_(network), log_(Scatters(*network.spec)) {
  const int first = network.layout.place().first_endpoint;
  const auto has = [&](EndpointId endpoint) {
    return endpoint.value() >= first && endpoint.value() < first + network.layout.endpoints();
  };
  for (size_t i = 0; i < messages.size(); ++i) {
    const WatchedMessage& message = messages[i];
    const bool in_pod =
        message.source.value() / pod_endpoints == message.destination.value() / pod_endpoints;
    if (has(message.source) && has(message.destination) && (!is_last || !in_pod)) {
      log_.Watch(message.source.value() - first, message.destination.value() - first, message.tag);
      watched_.push_back({i, message});
    }
  }
  if (watched_.empty()) {
    return;
  }
  for (const FabricParts::Channel& channel : network_.parts->channels()) {
    ChannelLog* log =
        log_.AddChannel(channel.port != nullptr && log_.WatchesFrom(channel.endpoint - first));
    channel.sender->SetLog(log);
  }
}

NetworkWatch::~NetworkWatch() {
  for (const FabricParts::Channel& channel : network_.parts->channels()) {
    channel.sender->SetLog(nullptr);
  }
}

Ticks NetworkWatch::DelayOf(const FabricParts::Channel& channel) const {
  return network_.times->Channel(channel.kind, channel.receiver).data_delay;
}

// Back from the packet that came last, always to the latest one that can have become it. Empty if
// none came here.
std::vector<NetworkWatch::Hop> NetworkWatch::LastWay(size_t message) const {
  const std::vector<LoggedPacket>& packets = log_.PacketsOf(message);
  const std::vector<FabricParts::Channel>& channels = network_.parts->channels();
  const auto channel_of = [&](const LoggedPacket& packet) {
    return &channels[static_cast<size_t>(packet.channel)];
  };
  const auto arrival = [&](const LoggedPacket& packet) {
    return packet.start + DelayOf(*channel_of(packet));
  };
  const LoggedPacket* last = nullptr;
  for (const LoggedPacket& packet : packets) {
    const auto end = [&](const LoggedPacket& of) {
      return std::tuple(arrival(of) + of.packet_time, -of.link, of.position);
    };
    if (channel_of(packet)->receiver == kEndpointReceives &&
        (last == nullptr || end(packet) > end(*last))) {
      last = &packet;
    }
  }
  std::vector<Hop> hops;
  while (last != nullptr) {
    hops.push_back({last, channel_of(*last)});
    const LoggedPacket* before = nullptr;
    for (const LoggedPacket& packet : packets) {
      if (hops.back().channel->port == nullptr && packet.link == last->link &&
          packet.position == last->position && channel_of(packet)->receiver != kEndpointReceives &&
          arrival(packet) <= last->start && (before == nullptr || packet.start > before->start)) {
        before = &packet;
      }
    }
    last = before;
  }
  std::reverse(hops.begin(), hops.end());
  return hops;
}

MessagePath NetworkWatch::PathOf(const Watched& watched, const std::vector<Hop>& hops) const {
  const sim::Clock& clock = network_.times->clock();
  MessagePath path;
  path.message = watched.index;
  path.link = hops.front().packet->link;
  PartWriter writer(clock, watched.message.wanted, path.parts);
  // At its port: injection, then what the line did until the packet started.
  const LoggedPacket& first = *hops.front().packet;
  const Ticks built = network_.times->endpoint().injection;
  Ticks injection = first.there - clock.FromPicoseconds(watched.message.posted.since_start());
  if (injection < built && built - injection < clock.ticks_per_picosecond()) {
    injection = built;  // the posting was inside its picosecond
  }
  Ticks at = clock.FromPicoseconds(watched.message.wanted.since_start()) + injection;
  if (watched.message.wanted == watched.message.posted) {
    at = first.there;
  }
  writer.Until(at, PathCause::kInjection);
  for (size_t i = 0; i < hops.size(); ++i) {
    const LoggedPacket& packet = *hops[i].packet;
    LineUse use{0, packet.first_start - packet.ready, packet.start - packet.first_start};
    if (i == 0) {
      use = UseOf(log_.channel(packet.channel).spans(), at, packet.start);
    } else {
      use.sent = std::clamp<Ticks>(hops[i - 1].packet->packet_time - packet.packet_time, 0,
                                   packet.start - at - use.stalled - use.replayed);
    }
    const Ticks waited = packet.start - at - use.sent - use.stalled - use.replayed;
    writer.Until(at += waited, PathCause::kQueueing);
    writer.Until(at += use.stalled, PathCause::kCreditStall);
    writer.Until(at += use.replayed, PathCause::kReplay);
    writer.Until(at += use.sent, PathCause::kSerialization);
    const FabricParts::Channel& channel = *hops[i].channel;
    for (const PathElement& element : network_.times->timing(channel.kind).Elements("")) {
      writer.Until(at += clock.FromPicoseconds(element.latency), CauseOfElement(element.name));
    }
    if (channel.receiver != kEndpointReceives) {
      const Picoseconds pipeline = network_.spec->SwitchOfKind(channel.receiver).pipeline;
      writer.Until(at += clock.FromPicoseconds(pipeline), PathCause::kSwitch);
    }
    path.channels.push_back(channel.name);
  }
  writer.Until(at += hops.back().packet->packet_time, PathCause::kSerialization);
  writer.Until(at += network_.times->Channel(0, kEndpointReceives).delivery, PathCause::kDelivery);
  path.order = at;
  path.delivered = SimTime(clock.ToPicoseconds(at));
  return path;
}

void NetworkWatch::AppendPaths(std::vector<MessagePath>& paths) const {
  for (size_t i = 0; i < watched_.size(); ++i) {
    const std::vector<Hop> hops = LastWay(i);
    if (!hops.empty()) {
      paths.push_back(PathOf(watched_[i], hops));
    }
  }
}

}  // namespace upfabric::fabric
