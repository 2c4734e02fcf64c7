#include "fabric/config/topology_from_proto.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace upfabric::fabric {
namespace {

// chosen: far above anything built; the engine's own limits are tighter where it has some.
constexpr int kEndpointsMax = 65'536;
constexpr int kClosEndpointsMax = 1 << 20;  // for analysis alone
constexpr int kPlanesMax = 1024;
constexpr int kLinksMax = 1024;
constexpr int kChipsMax = 65'536;
constexpr int kAxesMax = 3;
constexpr int kLevelsMax = 8;

void ReadPlanes(const v1::Planes& planes, FigureReader& reader, FabricSpec& fabric) {
  const std::string path = "topology.planes";
  fabric.endpoints = reader.Count(planes.endpoints(), path + ".endpoints", kEndpointsMax);
  reader.Require(planes.groups_size() > 0, path, "has no groups; give at least one");
  int64_t switches = 0;
  int64_t links = 0;
  for (int i = 0; i < planes.groups_size() && reader.status().ok(); ++i) {
    const std::string group = absl::StrCat(path, ".groups[", i, "]");
    PlaneGroupSpec spec;
    spec.planes = reader.Count(planes.groups(i).planes(), group + ".planes", kPlanesMax);
    spec.links = reader.Count(planes.groups(i).links(), group + ".links", kLinksMax);
    switches += spec.planes;
    links += int64_t{spec.planes} * spec.links;
    reader.Require(
        switches <= kPlanesMax && links <= kLinksMax, group,
        absl::StrCat("makes ", switches, " planes and ", links, " links of an endpoint; at most ",
                     kPlanesMax, " and ", kLinksMax, " in all groups are allowed"));
    fabric.groups.push_back(spec);
  }
}

// What a shape needs besides its own message.
struct Kinds {
  const v1::Fabric& fabric;
  FigureReader& reader;

  int Link(bool has_name, const std::string& name, const std::string& path) const {
    return has_name ? IndexOf(fabric.link_kinds(), name, path, "link") : 0;
  }
  int Switch(bool has_name, const std::string& name, const std::string& path) const {
    return has_name ? IndexOf(fabric.switch_kinds(), name, path, "switch") : 0;
  }
  int Count(bool has_figure, const v1::Figure& figure, const std::string& path, int most) const {
    return has_figure ? reader.Count(figure, path, most) : 1;
  }

 private:
  template <typename List>
  int IndexOf(const List& kinds, const std::string& name, const std::string& path,
              const std::string& what) const {
    const auto found = std::find_if(kinds.begin(), kinds.end(),
                                    [&](const auto& kind) { return kind.name() == name; });
    reader.Require(
        found != kinds.end(), path,
        absl::StrCat("\"", name, "\" is no kind of ", what, "; give a name of ", what, "_kinds"));
    return static_cast<int>(found - kinds.begin()) + 1;
  }
};

// Counts that multiply to the number of endpoints.
class EndpointProduct {
 public:
  EndpointProduct(FigureReader& reader, FabricSpec& fabric) : reader_(reader), fabric_(fabric) {}
  // `path` is of the count that made it too many.
  void Times(int count, const std::string& path) {
    endpoints_ *= count;
    reader_.Require(
        endpoints_ <= kEndpointsMax, path,
        absl::StrCat("makes ", endpoints_, " endpoints; at most ", kEndpointsMax, " are allowed"));
    endpoints_ = std::min<int64_t>(endpoints_, kEndpointsMax + 1);
    fabric_.endpoints = static_cast<int>(endpoints_);
  }

 private:
  FigureReader& reader_;
  FabricSpec& fabric_;
  int64_t endpoints_ = 1;
};

void ReadClos(const v1::Clos& proto, const Kinds& kinds, FabricSpec& fabric) {
  const std::string path = "topology.clos.";
  FigureReader& reader = kinds.reader;
  ClosSpec spec;
  fabric.endpoints = reader.Count(proto.endpoints(), path + "endpoints", kClosEndpointsMax);
  spec.planes = kinds.Count(proto.has_planes(), proto.planes(), path + "planes", kPlanesMax);
  spec.links = kinds.Count(proto.has_links(), proto.links(), path + "links", kLinksMax);
  spec.endpoints_per_leaf =
      reader.Count(proto.endpoints_per_leaf(), path + "endpoints_per_leaf", kEndpointsMax);
  spec.spines = reader.Count(proto.spines(), path + "spines", kChipsMax);
  spec.uplinks = reader.Count(proto.uplinks(), path + "uplinks", kLinksMax);
  spec.pods = kinds.Count(proto.has_pods(), proto.pods(), path + "pods", kChipsMax);
  if (proto.has_cores()) {
    const v1::ClosCores& cores = proto.cores();
    spec.cores = reader.Count(cores.cores(), path + "cores.cores", kChipsMax);
    spec.corelinks = reader.Count(cores.links(), path + "cores.links", kLinksMax);
    spec.core_link_kind = kinds.Link(cores.has_link(), cores.link(), path + "cores.link");
    spec.core_switch_kind =
        kinds.Switch(cores.has_switch_(), cores.switch_(), path + "cores.switch");
  }
  if (proto.has_placement()) {
    spec.placement = static_cast<Placement>(
        reader.Choice(proto.placement(), path + "placement", {"blocks", "rails"}));
  }
  spec.leaf_link_kind = kinds.Link(proto.has_spine_link(), proto.spine_link(), path + "spine_link");
  spec.spine_switch_kind =
      kinds.Switch(proto.has_spine_switch(), proto.spine_switch(), path + "spine_switch");
  fabric.shape = spec;
}

void ReadTorus(const v1::Torus& proto, const Kinds& kinds, FabricSpec& fabric) {
  const std::string path = "topology.torus.";
  TorusSpec spec;
  spec.links = kinds.Count(proto.has_links(), proto.links(), path + "links", kLinksMax);
  if (proto.has_datelines()) {
    spec.datelines = kinds.reader.Choice(proto.datelines(), path + "datelines", {"on", "off"}) == 0;
  }
  kinds.reader.Require(proto.axes_size() >= 1 && proto.axes_size() <= kAxesMax, path + "axes",
                       absl::StrCat("has ", proto.axes_size(), " axes; give 1 to ", kAxesMax));
  EndpointProduct endpoints(kinds.reader, fabric);
  for (int i = 0; i < proto.axes_size() && kinds.reader.status().ok(); ++i) {
    const v1::Axis& from = proto.axes(i);
    const std::string at = absl::StrCat(path, "axes[", i, "].");
    TorusSpec::Axis axis;
    axis.size = kinds.reader.Count(from.size(), at + "size", kEndpointsMax);
    if (from.has_ends()) {
      axis.wraps = kinds.reader.Choice(from.ends(), at + "ends", {"ring", "line"}) == 0;
    }
    axis.links = kinds.Count(from.has_links(), from.links(), at + "links", kLinksMax);
    axis.link_kind = kinds.Link(from.has_link(), from.link(), at + "link");
    spec.axes.push_back(axis);
    endpoints.Times(axis.size, at + "size.value");
  }
  fabric.shape = std::move(spec);
}

void ReadFullMesh(const v1::FullMesh& proto, FigureReader& reader, FabricSpec& fabric) {
  fabric.endpoints = reader.Count(proto.endpoints(), "topology.full_mesh.endpoints", kEndpointsMax);
  fabric.shape = FullMeshSpec{reader.Count(proto.links(), "topology.full_mesh.links", kLinksMax)};
}

void ReadDragonfly(const v1::Dragonfly& proto, const Kinds& kinds, FabricSpec& fabric) {
  const std::string path = "topology.dragonfly.";
  FigureReader& reader = kinds.reader;
  DragonflySpec spec;
  spec.groups = reader.Count(proto.groups(), path + "groups", kChipsMax);
  spec.routers = reader.Count(proto.routers(), path + "routers", kChipsMax);
  spec.endpoints_per_router =
      reader.Count(proto.endpoints_per_router(), path + "endpoints_per_router", kEndpointsMax);
  spec.links = kinds.Count(proto.has_links(), proto.links(), path + "links", kLinksMax);
  spec.planes = kinds.Count(proto.has_planes(), proto.planes(), path + "planes", kPlanesMax);
  spec.local_links = reader.Count(proto.local_links(), path + "local_links", kLinksMax);
  spec.global_links = reader.Count(proto.global_links(), path + "global_links", kLinksMax);
  if (proto.has_paths()) {
    spec.paths = static_cast<DragonflySpec::Paths>(
        reader.Choice(proto.paths(), path + "paths", {"minimal", "valiant", "ugal"}));
    reader.Require(spec.paths != DragonflySpec::Paths::kUgal ||
                       fabric.switch_chip.routing == Routing::kAdaptive,
                   path + "paths.value", "ugal looks at queues; give switch.routing adaptive");
  }
  spec.local_link_kind =
      kinds.Link(proto.has_local_link(), proto.local_link(), path + "local_link");
  spec.global_link_kind =
      kinds.Link(proto.has_global_link(), proto.global_link(), path + "global_link");
  EndpointProduct endpoints(reader, fabric);
  for (const int count : {spec.endpoints_per_router, spec.routers, spec.groups}) {
    endpoints.Times(count, path + "groups.value");
  }
  fabric.shape = spec;
}

void ReadTree(const v1::Tree& proto, const Kinds& kinds, FabricSpec& fabric) {
  const std::string path = "topology.tree.levels";
  TreeSpec spec;
  kinds.reader.Require(
      proto.levels_size() >= 1 && proto.levels_size() <= kLevelsMax, path,
      absl::StrCat("has ", proto.levels_size(), " levels; give 1 to ", kLevelsMax));
  EndpointProduct endpoints(kinds.reader, fabric);
  for (int i = 0; i < proto.levels_size() && kinds.reader.status().ok(); ++i) {
    const v1::TreeLevel& from = proto.levels(i);
    const std::string at = absl::StrCat(path, "[", i, "].");
    TreeSpec::Level level;
    level.fan_out = kinds.reader.Count(from.fan_out(), at + "fan_out", kEndpointsMax);
    level.links = kinds.reader.Count(from.links(), at + "links", kLinksMax);
    level.link_kind = kinds.Link(from.has_link(), from.link(), at + "link");
    level.switch_kind = kinds.Switch(from.has_switch_(), from.switch_(), at + "switch");
    const bool last = i + 1 == proto.levels_size();
    kinds.reader.Require(!last || level.link_kind == 0, at + "link",
                         "is given, but links of endpoints are of the kind link; leave it out");
    spec.levels.push_back(level);
    endpoints.Times(level.fan_out, at + "fan_out.value");
  }
  fabric.shape = std::move(spec);
}

}  // namespace

void ReadTopology(const v1::Fabric& fabric, FigureReader& reader, FabricSpec& spec) {
  const v1::Topology& proto = fabric.topology();
  const Kinds kinds = {fabric, reader};
  switch (proto.shape_case()) {
    case v1::Topology::kClos:
      return ReadClos(proto.clos(), kinds, spec);
    case v1::Topology::kTorus:
      return ReadTorus(proto.torus(), kinds, spec);
    case v1::Topology::kFullMesh:
      return ReadFullMesh(proto.full_mesh(), reader, spec);
    case v1::Topology::kDragonfly:
      return ReadDragonfly(proto.dragonfly(), kinds, spec);
    case v1::Topology::kTree:
      return ReadTree(proto.tree(), kinds, spec);
    case v1::Topology::kPlanes:
    case v1::Topology::SHAPE_NOT_SET:  // CheckComplete has refused it
      return ReadPlanes(proto.planes(), reader, spec);
  }
}

}  // namespace upfabric::fabric
