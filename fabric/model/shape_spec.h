// The shapes of networks of switch chips as data. Parallel single switches, the default of a
// fabric, are in spec.h.
//
// Units:   counts. Requires (fabric/config checks): each at least 1 unless it says otherwise.
// Shape:   `link_kind` and `switch_kind` name kinds as FabricSpec::LinkOfKind and SwitchOfKind do;
//          0 is the fabric's own.

#ifndef UPFABRIC_FABRIC_MODEL_SHAPE_SPEC_H_
#define UPFABRIC_FABRIC_MODEL_SHAPE_SPEC_H_

#include <variant>
#include <vector>

namespace upfabric::fabric {

// What endpoints are joined to which leaf of a Clos.
enum class Placement {
  kBlocks,  // the first `endpoints_per_leaf` to leaf 0, and so on
  kRails,   // endpoint e to leaf e mod rails of its pod, so that equal places in a server meet
};

// Leaves and spines, every leaf joined to every spine; with `cores`, several such pods whose spines
// are joined to all cores.
struct ClosSpec {
  int planes = 1;
  int links = 1;  // of an endpoint to its leaf
  int endpoints_per_leaf = 1;
  int spines = 1;     // of a pod
  int uplinks = 1;    // from each leaf to each spine
  int pods = 1;       // more than one only with cores
  int cores = 0;      // 0: two levels
  int corelinks = 1;  // from each spine to each core
  Placement placement = Placement::kBlocks;
  int leaf_link_kind = 0;  // from leaves to spines
  int core_link_kind = 0;
  int spine_switch_kind = 0;
  int core_switch_kind = 0;
};

// A router at every endpoint, in a line or ring along each axis; endpoint 0 at the origin, the
// first axis fastest.
struct TorusSpec {
  struct Axis {
    int size = 1;
    bool wraps = true;
    int links = 1;  // in parallel, from each router to the next
    int link_kind = 0;
  };
  int links = 1;  // of an endpoint to its router
  std::vector<Axis> axes;
  bool datelines = true;  // rings have two classes of virtual channels; without, they deadlock
};

// Endpoints joined to each other without switches.
struct FullMeshSpec {
  int links = 1;  // of each pair
};

// Groups of routers, all joined to each other; every group joined to every other one.
struct DragonflySpec {
  // The shortest, by another group that the name gives, or the less loaded of the two.
  enum class Paths { kMinimal, kValiant, kUgal };
  int planes = 1;
  int links = 1;  // of an endpoint to its router, in each plane
  int groups = 1;
  int routers = 1;  // of a group
  int endpoints_per_router = 1;
  int local_links = 1;   // of each pair of routers in a group
  int global_links = 1;  // of each pair of groups, dealt out to the routers in turn
  Paths paths = Paths::kMinimal;
  int local_link_kind = 0;
  int global_link_kind = 0;
};

// One chip at the top, `fan_out` below each; endpoints at the lowest ones.
struct TreeSpec {
  struct Level {
    int fan_out = 1;
    int links = 1;  // to each child in parallel
    int link_kind = 0;
    int switch_kind = 0;  // of the chips of this level
  };
  std::vector<Level> levels;  // from the top; the last one's children are the endpoints
};

using ShapeSpec =
    std::variant<std::monostate, ClosSpec, TorusSpec, FullMeshSpec, DragonflySpec, TreeSpec>;

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_SHAPE_SPEC_H_
