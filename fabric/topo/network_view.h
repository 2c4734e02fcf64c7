// FabricView of any shape: closed forms from the figures and the routes, not from the engine.
//
// Models:  unloaded times between the two endpoints that are farthest from each other; of several
//          ways, that of a message with tag 0. Every shape looks alike from endpoint 0.
// Threads: one at a time; it remembers what it has computed.

#ifndef UPFABRIC_FABRIC_TOPO_NETWORK_VIEW_H_
#define UPFABRIC_FABRIC_TOPO_NETWORK_VIEW_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "fabric/api/fabric_view.h"
#include "fabric/model/link_timing.h"
#include "fabric/model/spec.h"
#include "fabric/topo/layout.h"

namespace upfabric::fabric {

class NetworkView final : public FabricView {
 public:
  // `timings` by kind of link, all of one clock. `spec` and `layout` outlive the view.
  NetworkView(const FabricSpec& spec, const Layout& layout, std::vector<LinkTiming> timings);

  int endpoints() const override { return layout_.endpoints(); }
  int planes() const override { return static_cast<int>(layout_.planes().size()); }
  int links_per_endpoint() const override { return layout_.links_per_endpoint(); }
  std::vector<int> axes() const override;
  int sends_apart() const override {
    return layout_.direct().has_value() ? layout_.endpoints() - 1 : 1;
  }
  std::vector<PathElement> UnloadedPath() const override { return ElementsOf(longest_); }
  std::vector<PathElement> ShortestPath() const override { return ElementsOf(shortest_); }
  std::vector<PathElement> PathBetween(EndpointId source, EndpointId destination) const override {
    return ElementsOf(RouteOf(source.value(), destination.value()));
  }
  Picoseconds UnloadedTime(Bytes message) const override;
  Picoseconds InjectionTime(Bytes message, int64_t count) const override;
  Picoseconds InjectionTimeToOne(Bytes message, int64_t count) const override;
  bool ways_meet() const override { return layout_.router() != nullptr; }
  Picoseconds TrunkTime(Bytes message, std::span<const EndpointPair> pairs) const override;
  Picoseconds UnloadedTimeOf(Bytes message, std::span<const EndpointPair> pairs) const override;
  Picoseconds LocalTime(Bytes traffic) const override;
  std::optional<InSwitchAbilities> in_switch() const override;
  Picoseconds UnloadedReduceTime(Bytes size, int members) const override;
  Ratio WireEfficiency(Bytes message) const override;
  Bandwidth EndpointRate() const override;

  // From the start of a full packet at the farthest port to the end of an answer to it without
  // payload, at the first.
  sim::Ticks RoundTrip() const;

 private:
  // The links and chips that a message passes, by kind; one link more than chips.
  struct Route {
    std::vector<int> links;
    std::vector<int> chips;
  };

  Route RouteOf(int source, int destination) const;
  std::vector<PathElement> ElementsOf(const Route& route) const;
  Picoseconds LatencyOf(const Route& route) const;
  // Links over which a message to one endpoint is spread.
  int64_t LinksOfMessage() const;
  // Until a share of `packets` has passed all links of the route, from the start of its first;
  // delays left out. The last packet may be short.
  sim::Ticks ShareTicks(const Route& route, int64_t packets, Bytes last) const;
  const LinkTiming& timing() const { return timings_.front(); }
  sim::Ticks TicksOf(Bytes payload, int kind = 0) const {
    return timings_[static_cast<size_t>(kind)].shapes()[static_cast<size_t>(payload.count())].ticks;
  }

  const FabricSpec& spec_;
  const Layout& layout_;
  std::vector<LinkTiming> timings_;
  Route longest_;
  Route shortest_;
  // BusiestTrunks by a hash of the pairs: closed forms ask again and again for a few patterns.
  mutable std::map<uint64_t, std::vector<int64_t>> trunk_loads_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_TOPO_NETWORK_VIEW_H_
