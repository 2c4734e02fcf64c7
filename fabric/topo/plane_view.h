// FabricView of a multi-plane fabric: closed forms from the figures, not from the engine.

#ifndef UPFABRIC_FABRIC_TOPO_PLANE_VIEW_H_
#define UPFABRIC_FABRIC_TOPO_PLANE_VIEW_H_

#include <optional>
#include <vector>

#include "fabric/api/fabric_view.h"
#include "fabric/model/link_timing.h"
#include "fabric/model/spec.h"
#include "fabric/topo/layout.h"

namespace upfabric::fabric {

class PlaneView final : public FabricView {
 public:
  PlaneView(const FabricSpec& spec, const Layout& layout, const LinkTiming& timing)
      : spec_(spec), layout_(layout), timing_(timing) {}

  int endpoints() const override { return layout_.endpoints(); }
  int planes() const override { return static_cast<int>(layout_.planes().size()); }
  int links_per_endpoint() const override { return layout_.links_per_endpoint(); }
  std::vector<PathElement> UnloadedPath() const override;
  Picoseconds UnloadedTime(Bytes message) const override;
  Picoseconds InjectionTime(Bytes message, int64_t count) const override;
  Picoseconds LocalTime(Bytes traffic) const override;
  std::optional<InSwitchAbilities> in_switch() const override;
  Picoseconds UnloadedReduceTime(Bytes size, int members) const override;
  Ratio WireEfficiency(Bytes message) const override;
  Bandwidth EndpointRate() const override;

 private:
  // Time for which the link that ends last serializes its share of a message, alone.
  sim::Ticks ShareTicks(Bytes message) const;
  sim::Ticks TicksOf(Bytes payload) const {
    return timing_.shapes()[static_cast<size_t>(payload.count())].ticks;
  }

  FabricSpec spec_;
  Layout layout_;
  LinkTiming timing_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_TOPO_PLANE_VIEW_H_
