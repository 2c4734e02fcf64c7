// Random shapes for random fabrics, small enough for thousands of runs.

#ifndef UPFABRIC_TESTS_TESTING_FABRIC_SHAPES_H_
#define UPFABRIC_TESTS_TESTING_FABRIC_SHAPES_H_

#include <algorithm>

#include "fabric/model/spec.h"
#include "tests/testing/draws.h"

namespace upfabric::fabric::testing {

inline int Small(Draws& draws, int64_t most) { return static_cast<int>(draws.Between(1, most)); }

inline void DrawClos(Draws& draws, FabricSpec& spec, int link_kind, int switch_kind) {
  ClosSpec clos;
  clos.planes = Small(draws, 2);
  clos.links = Small(draws, 2);
  clos.endpoints_per_leaf = Small(draws, 3);
  clos.spines = Small(draws, 3);
  clos.uplinks = Small(draws, 2);
  if (draws.Between(0, 1) == 0) {
    clos.pods = Small(draws, 2);
    clos.cores = Small(draws, 2);
    clos.corelinks = Small(draws, 2);
  }
  clos.placement = draws.Between(0, 1) == 0 ? Placement::kBlocks : Placement::kRails;
  clos.leaf_link_kind = link_kind;
  clos.spine_switch_kind = switch_kind;
  spec.endpoints = clos.endpoints_per_leaf * clos.pods * Small(draws, 3);
  spec.shape = clos;
}

inline void DrawTorus(Draws& draws, FabricSpec& spec, int link_kind) {
  TorusSpec torus;
  torus.links = Small(draws, 2);
  spec.endpoints = 1;
  for (int64_t axis = draws.Between(1, 3); axis > 0; --axis) {
    const int size = Small(draws, spec.endpoints > 4 ? 2 : 6);
    torus.axes.push_back(
        {size, draws.Between(0, 3) > 0, Small(draws, 2), draws.Between(0, 1) == 0 ? 0 : link_kind});
    spec.endpoints *= size;
  }
  spec.shape = torus;
}

inline void DrawDragonfly(Draws& draws, FabricSpec& spec, int link_kind) {
  DragonflySpec dragonfly;
  dragonfly.planes = Small(draws, 2);
  dragonfly.links = Small(draws, 2);
  dragonfly.groups = Small(draws, 4);
  dragonfly.routers = Small(draws, 3);
  dragonfly.endpoints_per_router = Small(draws, 2);
  dragonfly.local_links = Small(draws, 2);
  dragonfly.global_links = Small(draws, 3);
  dragonfly.paths =
      draws.Between(0, 1) == 0 ? DragonflySpec::Paths::kMinimal : DragonflySpec::Paths::kValiant;
  if (spec.switch_chip.routing == Routing::kAdaptive && draws.Between(0, 1) == 0) {
    dragonfly.paths = DragonflySpec::Paths::kUgal;
  }
  dragonfly.global_link_kind = link_kind;
  spec.endpoints = dragonfly.groups * dragonfly.routers * dragonfly.endpoints_per_router;
  spec.shape = dragonfly;
}

inline void DrawTree(Draws& draws, FabricSpec& spec, int link_kind, int switch_kind) {
  TreeSpec tree;
  spec.endpoints = 1;
  for (int64_t level = draws.Between(1, 3); level > 0; --level) {
    const int fan_out = Small(draws, 3);
    tree.levels.push_back({fan_out, Small(draws, 2), level == 1 ? 0 : link_kind, switch_kind});
    spec.endpoints *= fan_out;
  }
  spec.shape = tree;
}

// One in five chips has one queue for each input; where packets may overtake each other, one in two
// spreads them.
inline void DrawSwitchKind(Draws& draws, SwitchSpec& chip) {
  if (draws.Between(0, 4) == 0) {
    chip.queueing = Queueing::kInputs;
  }
  chip.routing = static_cast<Routing>(draws.Between(0, 3));
}

// Half of the fabrics keep their planes. The others may have links and switches of a second kind.
inline void DrawShape(Draws& draws, FabricSpec& spec) {
  if (spec.switch_chip.in_switch.has_value()) {
    return;
  }
  if (draws.Between(0, 1) == 0) {
    if (draws.Between(0, 3) == 0) {
      spec.switch_chip.queueing = Queueing::kInputs;
    }
    return;
  }
  int link_kind = 0;
  int switch_kind = 0;
  if (draws.Between(0, 1) == 0) {
    spec.more_links.push_back(spec.link);
    spec.more_links.back().lanes = spec.link.lanes * Small(draws, 3);
    spec.more_links.back().propagation = Picoseconds(draws.Between(0, 90'000));
    link_kind = 1;
  }
  if (draws.Between(0, 1) == 0) {
    spec.more_switches.push_back(spec.switch_chip);
    spec.more_switches.back().pipeline = Picoseconds(draws.Between(1, 300'000));
    spec.more_switches.back().buffer_per_vc = Bytes(draws.Between(5'000, 20'000));
    DrawSwitchKind(draws, spec.more_switches.back());
    switch_kind = 1;
  }
  // Some shapes need three virtual channels for a message's one.
  spec.switch_chip.virtual_channels += 2;
  DrawSwitchKind(draws, spec.switch_chip);
  switch (draws.Between(0, 4)) {
    case 0:
      DrawClos(draws, spec, link_kind, switch_kind);
      break;
    case 1:
      DrawTorus(draws, spec, link_kind);
      break;
    case 2:
      DrawDragonfly(draws, spec, link_kind);
      break;
    case 3:
      DrawTree(draws, spec, link_kind, switch_kind);
      break;
    default:
      spec.endpoints = static_cast<int>(draws.Between(2, 6));
      spec.shape = FullMeshSpec{Small(draws, 3)};
      break;
  }
  if (spec.endpoints < 2) {
    spec.shape = std::monostate();
    spec.endpoints = 2;
  }
}

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_FABRIC_SHAPES_H_
