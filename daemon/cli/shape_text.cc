#include "daemon/cli/shape_text.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace upfabric::daemon::cli {
namespace {

// "1 link", "2 links"; "switch", "switches".
std::string Count(int count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

// "7 planes of ", nothing for one.
std::string PlanesText(int planes) {
  return planes == 1 ? "" : absl::StrCat(planes, " planes of ");
}

struct Describer {
  const fabric::FabricSpec& spec;

  std::string operator()(std::monostate) const {
    return absl::StrJoin(spec.groups, " + ",
                         [](std::string* out, const fabric::PlaneGroupSpec& group) {
                           absl::StrAppend(out, Count(group.planes, "plane", "planes"), " x ",
                                           Count(group.links, "link", "links"));
                         });
  }
  std::string operator()(const fabric::ClosSpec& clos) const {
    const int leaves = spec.endpoints / clos.endpoints_per_leaf;
    std::string text =
        absl::StrCat(PlanesText(clos.planes), "Clos of ", leaves, " leaves x ",
                     clos.endpoints_per_leaf, ", ", clos.spines * clos.pods, " spines");
    if (clos.cores > 0) {
      absl::StrAppend(&text, ", ", Count(clos.cores, "core", "cores"), " (", clos.pods, " pods)");
    }
    return text;
  }
  // "4 x 4 torus"; a mesh has no ring, a ring only one axis.
  std::string operator()(const fabric::TorusSpec& torus) const {
    const bool rings = std::any_of(torus.axes.begin(), torus.axes.end(),
                                   [](const auto& axis) { return axis.wraps; });
    const bool lines = std::any_of(torus.axes.begin(), torus.axes.end(),
                                   [](const auto& axis) { return !axis.wraps; });
    const std::string sizes =
        absl::StrJoin(torus.axes, " x ", [&](std::string* out, const auto& axis) {
          absl::StrAppend(out, axis.size, rings && lines && !axis.wraps ? " (line)" : "");
        });
    const absl::string_view one = rings ? "ring" : "line";
    return absl::StrCat(sizes, " ", torus.axes.size() == 1 ? one : rings ? "torus" : "mesh");
  }
  std::string operator()(const fabric::FullMeshSpec& mesh) const {
    return absl::StrCat("full mesh x ", Count(mesh.links, "link", "links"));
  }
  std::string operator()(const fabric::DragonflySpec& dragonfly) const {
    if (dragonfly.groups == 1) {
      return absl::StrCat(PlanesText(dragonfly.planes),
                          Count(dragonfly.routers, "switch", "switches"), " x ",
                          dragonfly.endpoints_per_router, ", all joined");
    }
    return absl::StrCat(PlanesText(dragonfly.planes), "dragonfly of ", dragonfly.groups,
                        " groups x ", Count(dragonfly.routers, "router", "routers"), " x ",
                        dragonfly.endpoints_per_router);
  }
  std::string operator()(const fabric::TreeSpec& tree) const {
    return absl::StrCat("tree of ",
                        absl::StrJoin(tree.levels, " x ", [](std::string* out, const auto& level) {
                          absl::StrAppend(out, level.fan_out);
                        }));
  }
};

}  // namespace

std::string TopologyText(const fabric::FabricSpec& spec) {
  const std::string own = std::visit(Describer{spec}, spec.shape);
  return spec.scale_out.has_value() ? absl::StrCat(spec.scale_out->pods, " x (", own, ") on ",
                                                   TopologyText(*spec.scale_out->network))
                                    : own;
}

ShapeCounts CountsOf(const fabric::Layout& layout) {
  ShapeCounts counts;
  counts.switches = static_cast<int>(layout.chips().size());
  counts.switch_links = static_cast<int>(layout.trunks().size());
  // In a full mesh a link has an endpoint at either end.
  counts.endpoint_links =
      layout.endpoints() * layout.links_per_endpoint() / (layout.direct().has_value() ? 2 : 1);
  return counts;
}

}  // namespace upfabric::daemon::cli
