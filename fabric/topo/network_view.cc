#include "fabric/topo/network_view.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "fabric/base/fingerprint.h"
#include "fabric/topo/trunk_loads.h"

namespace upfabric::fabric {

namespace {

__extension__ using Int128 = __int128;

}  // namespace

NetworkView::NetworkView(const FabricSpec& spec, const Layout& layout,
                         std::vector<LinkTiming> timings)
    : spec_(spec), layout_(layout), timings_(std::move(timings)) {
  // Without a router every way is alike.
  const int destinations =
      layout_.router() != nullptr ? std::min(layout_.endpoints(), Layout::kEndpointsMax) : 2;
  longest_ = shortest_ = RouteOf(0, std::min(1, layout_.endpoints() - 1));
  for (int destination = 2; destination < destinations; ++destination) {
    Route route = RouteOf(0, destination);
    const Picoseconds latency = LatencyOf(route);
    if (latency < LatencyOf(shortest_)) {
      shortest_ = route;
    }
    if (latency > LatencyOf(longest_)) {
      longest_ = std::move(route);
    }
  }
}

NetworkView::Route NetworkView::RouteOf(int source, int destination) const {
  Route route;
  route.links.push_back(0);
  if (layout_.direct().has_value()) {
    return route;
  }
  sim::Record packet;
  packet.source = static_cast<uint16_t>(source);
  packet.destination = static_cast<uint16_t>(destination);
  Layout::ChipPort at = layout_.ChipOf(source, 0);
  while (true) {
    const int kind = layout_.chips()[static_cast<size_t>(at.chip)].kind;
    route.chips.push_back(kind);
    if (layout_.router() == nullptr) {
      route.links.push_back(0);
      return route;
    }
    Hops hops;
    layout_.router()->Route(at.chip, at.port, packet, hops);
    const Routing routing = spec_.SwitchOfKind(kind).routing;
    const size_t way = routing == Routing::kHashed || routing == Routing::kStatic
                           ? WayOf(routing, at.chip, packet, hops.size())
                           : 0;
    packet.set_virtual_channel(hops[way].virtual_channel);
    const Layout::Peer& peer = layout_.PeerOf(at.chip, hops[way].output);
    if (peer.trunk < 0) {
      route.links.push_back(0);
      return route;
    }
    const Layout::Trunk& trunk = layout_.trunks()[static_cast<size_t>(peer.trunk)];
    route.links.push_back(trunk.kind);
    at = peer.trunk_starts_here ? trunk.to : trunk.from;
  }
}

// Where there is one chip it needs no number.
std::vector<PathElement> NetworkView::ElementsOf(const Route& route) const {
  std::vector<PathElement> path;
  path.push_back({"endpoint injection", spec_.endpoint.injection});
  const size_t chips = route.chips.size();
  for (size_t i = 0; i <= chips; ++i) {
    const std::string link = chips == 0   ? "link "
                             : i == 0     ? "uplink "
                             : i == chips ? "downlink "
                                          : absl::StrCat("trunk ", i, " ");
    const std::vector<PathElement> wire =
        timings_[static_cast<size_t>(route.links[i])].Elements(link);
    path.insert(path.end(), wire.begin(), wire.end());
    if (i < chips) {
      path.push_back({chips == 1 ? "switch pipeline" : absl::StrCat("switch ", i + 1, " pipeline"),
                      spec_.SwitchOfKind(route.chips[i]).pipeline});
    }
  }
  path.push_back({"endpoint delivery", spec_.endpoint.delivery});
  return path;
}

Picoseconds NetworkView::LatencyOf(const Route& route) const {
  Picoseconds latency = spec_.endpoint.injection + spec_.endpoint.delivery;
  for (const int link : route.links) {
    latency += timings_[static_cast<size_t>(link)].WireDelay();
  }
  for (const int chip : route.chips) {
    latency += spec_.SwitchOfKind(chip).pipeline;
  }
  return latency;
}

sim::Ticks NetworkView::RoundTrip() const {
  const Picoseconds ends = spec_.endpoint.injection + spec_.endpoint.delivery;
  const Picoseconds way = LatencyOf(longest_) - ends;
  return timing().clock().FromPicoseconds(way * 2) +
         ShareTicks(longest_, 1, timing().framing().max_payload()) +
         ShareTicks(longest_, 1, Bytes(0));
}

int64_t NetworkView::LinksOfMessage() const {
  return layout_.direct().has_value() ? layout_.direct()->links : layout_.links_per_endpoint();
}

// Cut-through: on a faster link a packet starts so late that it does not run dry, and what follows
// comes at the pace of the slowest link so far.
sim::Ticks NetworkView::ShareTicks(const Route& route, int64_t packets, Bytes last) const {
  const Bytes full = timing().framing().max_payload();
  sim::Ticks lag = 0;    // of the first packet's start
  sim::Ticks pace = 0;   // between starts
  sim::Ticks start = 0;  // of the last packet
  for (size_t i = 0; i < route.links.size(); ++i) {
    const sim::Ticks full_time = TicksOf(full, route.links[i]);
    const sim::Ticks last_time = TicksOf(last, route.links[i]);
    if (i > 0) {
      lag += std::max<sim::Ticks>(TicksOf(full, route.links[i - 1]) - full_time, 0);
      start += std::max<sim::Ticks>(TicksOf(last, route.links[i - 1]) - last_time, 0);
    }
    pace = std::max(pace, full_time);
    if (packets > 1) {
      start = std::max(start, lag + (packets - 2) * pace + full_time);
    }
  }
  return start + TicksOf(last, route.links.back());
}

// The share that ends last has ceil(packets / links) packets, or one fewer if those are short.
Picoseconds NetworkView::UnloadedTime(Bytes message) const {
  const Framing& framing = timing().framing();
  const int64_t packets = framing.PacketsOf(message);
  const int64_t links = LinksOfMessage();
  const Bytes full = framing.max_payload();
  const int64_t most = (packets + links - 1) / links;
  sim::Ticks ticks =
      ShareTicks(longest_, (packets - 1) / links + 1, framing.LastPayloadOf(message));
  // The share with the last packet is one of the longest, or of those that have one fewer.
  const int64_t others = (packets - 1) % links == 0 ? most - 1 : most;
  if (links > 1 && packets > 1 && others > 0) {
    ticks = std::max(ticks, ShareTicks(longest_, others, full));
  }
  return LatencyOf(longest_) + timing().clock().ToPicoseconds(ticks);
}

std::vector<int> NetworkView::axes() const {
  std::vector<int> sizes;
  if (const auto* torus = std::get_if<TorusSpec>(&spec_.shape); torus != nullptr) {
    for (const TorusSpec::Axis& axis : torus->axes) {
      sizes.push_back(axis.size);
    }
  }
  return sizes;
}

std::optional<InSwitchAbilities> NetworkView::in_switch() const {
  if (!spec_.switch_chip.in_switch.has_value()) {
    return std::nullopt;
  }
  const InSwitchSpec& inside = *spec_.switch_chip.in_switch;
  return InSwitchAbilities{inside.groups, inside.sessions, inside.session_payload};
}

// The request goes to the members and the result comes back as messages do, but for the injection
// of answers instead of the first delivery. A packet is reduced when its answers are whole, and its
// result leaves behind that of the packet before it.
Picoseconds NetworkView::UnloadedReduceTime(Bytes size, int members) const {
  const InSwitchSpec& inside = *spec_.switch_chip.in_switch;
  const Framing& framing = timing().framing();
  const int64_t links = layout_.links_per_endpoint();
  const int64_t before_last = framing.PacketsOf(size) - 1;
  const Ratio ticks_per_byte = inside.throughput.PicosecondsPerByte() * Ratio(inside.units) *
                               Ratio(timing().clock().ticks_per_picosecond());
  const auto unit_time = [&](Bytes payload) {
    return std::max<sim::Ticks>(1, (ticks_per_byte * Ratio(payload.count() * members)).Ceil());
  };
  const sim::Ticks full = TicksOf(framing.max_payload());
  // When the result of a share of `packets` full ones has left, from the start of its answers.
  const auto full_share = [&](int64_t packets) {
    return packets == 0 ? 0 : full * packets + unit_time(framing.max_payload()) + full;
  };
  const Bytes last = framing.LastPayloadOf(size);
  const sim::Ticks last_share =
      std::max(full_share(before_last / links),
               full * (before_last / links) + TicksOf(last) + unit_time(last)) +
      TicksOf(last);
  const int64_t other_packets = before_last / links + (before_last % links > 0 ? 1 : 0);
  const sim::Ticks share =
      links == 1 ? last_share : std::max(last_share, full_share(other_packets));
  const Picoseconds latency = spec_.endpoint.injection * 2 + timing().WireDelay() * 4 +
                              spec_.switch_chip.pipeline * 2 + inside.latency +
                              spec_.endpoint.delivery;
  return latency + timing().clock().ToPicoseconds(TicksOf(Bytes(0)) + share);
}

// In a full mesh different endpoints have links of their own.
Picoseconds NetworkView::InjectionTime(Bytes message, int64_t count) const {
  const int64_t peers = layout_.direct().has_value() ? layout_.endpoints() - 1 : 1;
  return InjectionTimeToOne(message, (count + peers - 1) / peers);
}

Picoseconds NetworkView::InjectionTimeToOne(Bytes message, int64_t count) const {
  const Framing& framing = timing().framing();
  const int64_t links = LinksOfMessage();
  const int64_t full_packets = (framing.PacketsOf(message) - 1) * count;
  const sim::Ticks total = TicksOf(framing.max_payload()) * full_packets +
                           TicksOf(framing.LastPayloadOf(message)) * count;
  // Rounded up to whole ticks for a link, then to 1 ps.
  return timing().clock().ToPicoseconds((total + links - 1) / links);
}

Picoseconds NetworkView::TrunkTime(Bytes message, std::span<const EndpointPair> pairs) const {
  if (layout_.router() == nullptr) {
    return Picoseconds(0);
  }
  uint64_t key = 0;
  for (const EndpointPair& pair : pairs) {
    key = Chain(key, static_cast<uint64_t>(pair.source.value()) << 32 |
                         static_cast<uint64_t>(pair.destination.value()));
  }
  auto found = trunk_loads_.find(key);
  if (found == trunk_loads_.end()) {
    found = trunk_loads_.emplace(key, BusiestTrunks(spec_, layout_, pairs)).first;
  }
  const Framing& framing = timing().framing();
  const int64_t full_packets = framing.PacketsOf(message) - 1;
  Int128 most = 0;
  for (size_t kind = 0; kind < found->second.size(); ++kind) {
    const auto of_kind = static_cast<int>(kind);
    const Int128 ticks = Int128{TicksOf(framing.max_payload(), of_kind)} * full_packets +
                         TicksOf(framing.LastPayloadOf(message), of_kind);
    most = std::max(most, ticks * found->second[kind]);
  }
  return timing().clock().ToPicoseconds(
      static_cast<sim::Ticks>((most + kWholeMessage - 1) / kWholeMessage));
}

Picoseconds NetworkView::UnloadedTimeOf(Bytes message, std::span<const EndpointPair> pairs) const {
  if (layout_.router() == nullptr || pairs.empty()) {
    return UnloadedTime(message);  // every way is alike
  }
  int64_t sum_ps = 0;
  for (const EndpointPair& pair : pairs) {
    sum_ps += LatencyOf(RouteOf(pair.source.value(), pair.destination.value())).count();
  }
  const Picoseconds mean(sum_ps / static_cast<int64_t>(pairs.size()));
  return UnloadedTime(message) - LatencyOf(longest_) + mean;
}

Picoseconds NetworkView::LocalTime(Bytes traffic) const {
  return spec_.endpoint.local_latency +
         Picoseconds((spec_.endpoint.memory_bandwidth.PicosecondsPerByte() * Ratio(traffic.count()))
                         .Ceil());
}

Ratio NetworkView::WireEfficiency(Bytes message) const {
  return timing().framing().EfficiencyOf(std::min(message, timing().framing().max_payload()));
}

Bandwidth NetworkView::EndpointRate() const {
  const Bandwidth attached = timing().rate() * Ratio(layout_.links_per_endpoint());
  const auto* torus = std::get_if<TorusSpec>(&spec_.shape);
  if (torus == nullptr) {
    return attached;
  }
  // What leaves a router that has all its neighbors.
  Bandwidth onward;
  for (const TorusSpec::Axis& axis : torus->axes) {
    const int directions = axis.size > 2 || (axis.size == 2 && axis.wraps) ? 2 : axis.size - 1;
    onward = Bandwidth(onward.bits_per_second() +
                       timings_[static_cast<size_t>(axis.link_kind)].rate().bits_per_second() *
                           Ratio(int64_t{directions} * axis.links));
  }
  return onward.bits_per_second() < attached.bits_per_second() ? onward : attached;
}

}  // namespace upfabric::fabric
