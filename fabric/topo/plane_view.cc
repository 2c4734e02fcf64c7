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
Picoseconds PlaneView::UnloadedTime(Bytes message) const {
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
  Picoseconds latency;
  for (const PathElement& element : UnloadedPath()) {
    latency += element.latency;
  }
  return latency + timing_.clock().ToPicoseconds(share);
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
