// Leaves, spines and cores. Ports of a leaf: its endpoints, then its uplinks by spine; of a spine:
// its leaves, then its cores; of a core: its spines, by pod.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fabric/base/status.h"
#include "fabric/topo/shapes.h"

namespace upfabric::fabric {
namespace {

// Endpoints of a network that is only analysed. chosen: above any that has been announced.
constexpr int kAnalysedMax = 1 << 20;

// Numbers within one plane: leaves, pod after pod, then spines, then cores.
struct Counts {
  int leaves_per_pod = 0;
  int leaves = 0;
  int spines = 0;
  int chips = 0;
};

Counts CountsOf(const ClosSpec& shape, int endpoints) {
  Counts counts;
  counts.leaves_per_pod = endpoints / (shape.pods * shape.endpoints_per_leaf);
  counts.leaves = counts.leaves_per_pod * shape.pods;
  counts.spines = shape.spines * shape.pods;
  counts.chips = counts.leaves + counts.spines + shape.cores;
  return counts;
}

// Up to any spine or core until the destination is below, then down.
class ClosRouter final : public Router {
 public:
  // Where an endpoint is.
  struct Place {
    int leaf = 0;
    int pod = 0;
    int leaf_of_pod = 0;
    int of_leaf = 0;  // among the leaf's endpoints
  };

  ClosRouter(const ClosSpec& shape, int endpoints)
      : shape_(shape), counts_(CountsOf(shape, endpoints)) {
    const int of_pod = endpoints / shape.pods;
    for (int e = 0; e < endpoints; ++e) {
      const bool blocks = shape.placement == Placement::kBlocks;
      Place& place = places_.emplace_back();
      place.pod = e / of_pod;
      place.leaf_of_pod =
          blocks ? e % of_pod / shape.endpoints_per_leaf : e % of_pod % counts_.leaves_per_pod;
      place.of_leaf =
          blocks ? e % of_pod % shape.endpoints_per_leaf : e % of_pod / counts_.leaves_per_pod;
      place.leaf = place.pod * counts_.leaves_per_pod + place.leaf_of_pod;
    }
    for (int chip = 0; chip < shape.planes * counts_.chips; ++chip) {
      of_plane_.push_back(chip % counts_.chips);
    }
  }

  const Place& PlaceOf(int endpoint) const { return places_[static_cast<size_t>(endpoint)]; }
  const Counts& counts() const { return counts_; }

  void Route(int chip, int /*input*/, sim::Record& packet, Hops& hops) const override {
    const int of_plane = of_plane_[static_cast<size_t>(chip)];
    const Place& to = PlaceOf(packet.destination);
    int first = 0;
    int ways = 0;
    if (of_plane == to.leaf) {
      const int link = shape_.links == 1 ? 0 : packet.link % shape_.links;
      first = to.of_leaf * shape_.links + link;
      ways = 1;
    } else if (of_plane < counts_.leaves) {
      first = shape_.endpoints_per_leaf * shape_.links;
      ways = shape_.spines * shape_.uplinks;
    } else if (of_plane < counts_.leaves + counts_.spines) {
      const int first_spine = counts_.leaves + to.pod * shape_.spines;
      const bool below = of_plane >= first_spine && of_plane < first_spine + shape_.spines;
      first = (below ? to.leaf_of_pod : counts_.leaves_per_pod) * shape_.uplinks;
      ways = below ? shape_.uplinks : shape_.cores * shape_.corelinks;
    } else {
      first = to.pod * shape_.spines * shape_.corelinks;
      ways = shape_.spines * shape_.corelinks;
    }
    hops.resize(static_cast<size_t>(ways));
    for (Hop& hop : hops) {
      hop = {first++, packet.virtual_channel()};
    }
  }

 private:
  ClosSpec shape_;
  Counts counts_;
  std::vector<Place> places_;  // by endpoint
  std::vector<int> of_plane_;  // by chip: its number in its plane
};

void AddChips(const ClosSpec& shape, const Counts& counts, const std::string& prefix,
              Layout& layout) {
  const int leaf_ports = shape.endpoints_per_leaf * shape.links + shape.spines * shape.uplinks;
  for (int i = 0; i < counts.leaves; ++i) {
    layout.AddChip(0, absl::StrCat(prefix, "leaf", i), leaf_ports);
  }
  const int spine_ports = counts.leaves_per_pod * shape.uplinks + shape.cores * shape.corelinks;
  for (int i = 0; i < counts.spines; ++i) {
    layout.AddChip(shape.spine_switch_kind, absl::StrCat(prefix, "spine", i), spine_ports);
  }
  for (int i = 0; i < shape.cores; ++i) {
    layout.AddChip(shape.core_switch_kind, absl::StrCat(prefix, "core", i),
                   counts.spines * shape.corelinks);
  }
}

void AddTrunks(const ClosSpec& shape, const Counts& counts, int first_chip, Layout& layout) {
  const int up = shape.endpoints_per_leaf * shape.links;
  for (int leaf = 0; leaf < counts.leaves; ++leaf) {
    const int pod = leaf / counts.leaves_per_pod;
    for (int i = 0; i < shape.spines * shape.uplinks; ++i) {
      const int spine = counts.leaves + pod * shape.spines + i / shape.uplinks;
      const int down = leaf % counts.leaves_per_pod * shape.uplinks + i % shape.uplinks;
      layout.AddTrunk(
          {{first_chip + leaf, up + i}, {first_chip + spine, down}, shape.leaf_link_kind});
    }
  }
  const int to_cores = counts.leaves_per_pod * shape.uplinks;
  for (int spine = 0; spine < counts.spines; ++spine) {
    for (int i = 0; i < shape.cores * shape.corelinks; ++i) {
      const int core = counts.leaves + counts.spines + i / shape.corelinks;
      layout.AddTrunk({{first_chip + counts.leaves + spine, to_cores + i},
                       {first_chip + core, spine * shape.corelinks + i % shape.corelinks},
                       shape.core_link_kind});
    }
  }
}

}  // namespace

absl::Status BuildClos(const ClosSpec& shape, Layout& layout) {
  const int64_t unit = int64_t{shape.pods} * shape.endpoints_per_leaf;
  if (layout.endpoints() % unit != 0) {
    return absl::InvalidArgumentError(absl::StrCat("topology.clos: ", layout.endpoints(),
                                                   " endpoints; a multiple of ", unit,
                                                   " (pods x endpoints_per_leaf) is needed"));
  }
  if (shape.pods > 1 && shape.cores == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("topology.clos.pods: ", shape.pods, " without cores; give cores, or 1 pod"));
  }
  // Planes and links are at most 1,024, chips of a level 65,536 (fabric/config).
  const int64_t spines = int64_t{shape.pods} * shape.spines;
  const int64_t leaf_trunks = layout.endpoints() / unit * spines * shape.uplinks;
  const int64_t core_trunks = spines * shape.cores * shape.corelinks;
  UPF_RETURN_IF_ERROR(layout.CheckSize(int64_t{shape.planes} * shape.links,
                                       leaf_trunks + core_trunks, shape.planes, kAnalysedMax));
  const auto router = std::make_shared<ClosRouter>(shape, layout.endpoints());
  const Counts& counts = router->counts();
  for (int plane = 0; plane < shape.planes; ++plane) {
    layout.AddPlane(shape.links);
    AddChips(shape, counts, shape.planes > 1 ? absl::StrCat("p", plane, ".") : "", layout);
  }
  for (const Layout::Plane& plane : layout.planes()) {
    for (int e = 0; e < layout.endpoints(); ++e) {
      for (int l = 0; l < shape.links; ++l) {
        layout.Attach(e, plane.first_link + l,
                      {plane.first_chip + router->PlaceOf(e).leaf,
                       router->PlaceOf(e).of_leaf * shape.links + l});
      }
    }
    AddTrunks(shape, counts, plane.first_chip, layout);
  }
  layout.SetRouter(router, 1);
  return absl::OkStatus();
}

}  // namespace upfabric::fabric
