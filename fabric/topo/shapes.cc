#include "fabric/topo/shapes.h"

#include <cstdint>
#include <variant>

#include "absl/strings/str_cat.h"
#include "fabric/base/status.h"

namespace upfabric::fabric {
namespace {

// Port endpoint x links + link of each switch.
absl::Status BuildPlanes(const std::vector<PlaneGroupSpec>& groups, Layout& layout) {
  int64_t links = 0;
  for (const PlaneGroupSpec& group : groups) {
    links += int64_t{group.planes} * group.links;
  }
  UPF_RETURN_IF_ERROR(layout.CheckSize(links, 0));
  for (const PlaneGroupSpec& group : groups) {
    for (int i = 0; i < group.planes; ++i) {
      layout.AddPlane(group.links);
      const int plane = static_cast<int>(layout.planes().size()) - 1;
      layout.AddChip(0, absl::StrCat("sw", plane), layout.endpoints() * group.links);
    }
  }
  for (const Layout::Plane& plane : layout.planes()) {
    for (int port = 0; port < layout.endpoints() * plane.links; ++port) {
      layout.Attach(port / plane.links, plane.first_link + port % plane.links,
                    {plane.first_chip, port});
    }
  }
  return absl::OkStatus();
}

absl::Status BuildFullMesh(const FullMeshSpec& shape, Layout& layout) {
  if (layout.endpoints() < 2) {
    return absl::InvalidArgumentError("topology.full_mesh: needs at least 2 endpoints");
  }
  UPF_RETURN_IF_ERROR(layout.CheckSize(int64_t{layout.endpoints() - 1} * shape.links, 0));
  layout.AddPlane((layout.endpoints() - 1) * shape.links);
  layout.SetDirect({layout.endpoints(), shape.links});
  return absl::OkStatus();
}

struct Builder {
  const FabricSpec& spec;
  Layout& layout;

  absl::Status operator()(std::monostate) const { return BuildPlanes(spec.groups, layout); }
  absl::Status operator()(const ClosSpec& shape) const { return BuildClos(shape, layout); }
  absl::Status operator()(const TorusSpec& shape) const { return BuildTorus(shape, layout); }
  absl::Status operator()(const FullMeshSpec& shape) const { return BuildFullMesh(shape, layout); }
  absl::Status operator()(const DragonflySpec& shape) const {
    return BuildDragonfly(shape, layout);
  }
  absl::Status operator()(const TreeSpec& shape) const { return BuildTree(shape, layout); }
};

}  // namespace

absl::Status BuildShape(const FabricSpec& spec, Layout& layout) {
  return std::visit(Builder{spec, layout}, spec.shape);
}

}  // namespace upfabric::fabric
