#include "fabric/topo/plane_view.h"

#include <algorithm>

namespace upfabric::fabric {

std::vector<PathElement> PlaneView::UnloadedPath() const {
  std::vector<PathElement> path;
  path.push_back({"endpoint injection", spec_.endpoint.injection});
  const std::vector<PathElement> up = timing_.Elements("uplink ");
  path.insert(path.end(), up.begin(), up.end());
  path.push_back({"switch pipeline", spec_.switch_chip.pipeline});
  const std::vector<PathElement> down = timing_.Elements("downlink ");
  path.insert(path.end(), down.begin(), down.end());
  path.push_back({"endpoint delivery", spec_.endpoint.delivery});
  return path;
}

// The share that ends last has ceil(packets / links) packets: full ones, or one fewer and the short
// one.
sim::Ticks PlaneView::ShareTicks(Bytes message) const {
  const Framing& framing = timing_.framing();
  const int64_t packets = framing.PacketsOf(message);
  const int64_t links = layout_.links_per_endpoint();
  const int64_t most = (packets + links - 1) / links;
  const bool only_short = (packets - 1) % links == 0;  // one share has `most`, with the last packet
  const sim::Ticks full = TicksOf(framing.max_payload());
  const sim::Ticks last = TicksOf(framing.LastPayloadOf(message));
  sim::Ticks share = full * most;
  if (only_short) {
    share = std::max(full * (most - 1) + last, packets > 1 && links > 1 ? full * (most - 1) : 0);
  }
  return share;
}

Picoseconds PlaneView::UnloadedTime(Bytes message) const {
  Picoseconds latency;
  for (const PathElement& element : UnloadedPath()) {
    latency += element.latency;
  }
  return latency + timing_.clock().ToPicoseconds(ShareTicks(message));
}

std::optional<InSwitchAbilities> PlaneView::in_switch() const {
  if (!spec_.switch_chip.in_switch.has_value()) {
    return std::nullopt;
  }
  const InSwitchSpec& inside = *spec_.switch_chip.in_switch;
  return InSwitchAbilities{inside.groups, inside.sessions, inside.session_payload};
}

// The request goes to the members and the result comes back as messages do, but for the injection
// of answers instead of the first delivery. A packet is reduced when its answers are whole, and its
// result leaves behind that of the packet before it.
Picoseconds PlaneView::UnloadedReduceTime(Bytes size, int members) const {
  const InSwitchSpec& inside = *spec_.switch_chip.in_switch;
  const Framing& framing = timing_.framing();
  const int64_t links = layout_.links_per_endpoint();
  const int64_t before_last = framing.PacketsOf(size) - 1;
  const Ratio ticks_per_byte = inside.throughput.PicosecondsPerByte() * Ratio(inside.units) *
                               Ratio(timing_.clock().ticks_per_picosecond());
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
  const Picoseconds latency = spec_.endpoint.injection * 2 + timing_.WireDelay() * 4 +
                              spec_.switch_chip.pipeline * 2 + inside.latency +
                              spec_.endpoint.delivery;
  return latency + timing_.clock().ToPicoseconds(TicksOf(Bytes(0)) + share);
}

Picoseconds PlaneView::InjectionTime(Bytes message, int64_t count) const {
  const Framing& framing = timing_.framing();
  const int64_t full_packets = (framing.PacketsOf(message) - 1) * count;
  const int64_t links = layout_.links_per_endpoint();
  const sim::Ticks total = TicksOf(framing.max_payload()) * full_packets +
                           TicksOf(framing.LastPayloadOf(message)) * count;
  // Rounded up to whole ticks for a link, then to 1 ps.
  return timing_.clock().ToPicoseconds((total + links - 1) / links);
}

Picoseconds PlaneView::LocalTime(Bytes traffic) const {
  return spec_.endpoint.local_latency +
         Picoseconds((spec_.endpoint.memory_bandwidth.PicosecondsPerByte() * Ratio(traffic.count()))
                         .Ceil());
}

Ratio PlaneView::WireEfficiency(Bytes message) const {
  return timing_.framing().EfficiencyOf(std::min(message, timing_.framing().max_payload()));
}

Bandwidth PlaneView::EndpointRate() const {
  return timing_.rate() * Ratio(layout_.links_per_endpoint());
}

}  // namespace upfabric::fabric
