// Tori, rings and meshes: a router at every endpoint. Ports of a router: its endpoint's links, then
// for each axis those to the next router and those to the one before.

#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "fabric/base/status.h"
#include "fabric/topo/shapes.h"

namespace upfabric::fabric {
namespace {

// Rings longer than this hold routes of several hops, which close a cycle of buffers.
constexpr int kShortRing = 3;

// One axis after another, the shorter way around; half way around, routers in turn go either way.
// On each ring a packet starts in class 0 and is in class 1 from the link that closes the ring on,
// so no buffer waits for itself all the way around.
class TorusRouter final : public Router {
 public:
  TorusRouter(const TorusSpec& shape, int routers) : shape_(shape), routers_(routers) {
    for (const TorusSpec::Axis& axis : shape.axes) {
      classes_ = shape.datelines && axis.wraps && axis.size > kShortRing ? 2 : classes_;
    }
  }

  int classes() const { return classes_; }
  // Of the links along an axis, in one direction or the other.
  int FirstPort(size_t axis, bool up) const {
    int port = shape_.links;
    for (size_t i = 0; i < axis; ++i) {
      port += 2 * shape_.axes[i].links;
    }
    return port + (up ? 0 : shape_.axes[axis].links);
  }
  int Coordinate(int router, size_t axis) const {
    for (size_t i = 0; i < axis; ++i) {
      router /= shape_.axes[i].size;
    }
    return router % shape_.axes[axis].size;
  }

  void Route(int chip, int input, sim::Record& packet, Hops& hops) const override {
    const int self = chip % routers_;
    const uint8_t vc = packet.virtual_channel();
    const auto base = static_cast<uint8_t>(vc - vc % classes_);
    size_t i = 0;
    while (i < shape_.axes.size() && Coordinate(self, i) == Coordinate(packet.destination, i)) {
      ++i;
    }
    if (i == shape_.axes.size()) {
      hops.push_back({packet.link % shape_.links, base});
      return;
    }
    const TorusSpec::Axis& axis = shape_.axes[i];
    const int at = Coordinate(self, i);
    const int ahead = (Coordinate(packet.destination, i) - at + axis.size) % axis.size;
    bool up = Coordinate(packet.destination, i) > at;
    if (axis.wraps) {
      up = 2 * ahead < axis.size || (2 * ahead == axis.size && at % 2 == 0);
    }
    const bool closes = at == (up ? axis.size - 1 : 0);
    const bool stays = input >= FirstPort(i, true) && input < FirstPort(i, true) + 2 * axis.links;
    const bool second = classes_ > 1 && (closes || (stays && vc % classes_ == 1));
    for (int link = 0; link < axis.links; ++link) {
      hops.push_back({FirstPort(i, up) + link, static_cast<uint8_t>(base + (second ? 1 : 0))});
    }
  }

 private:
  TorusSpec shape_;
  int routers_;
  int classes_ = 1;
};

int64_t RoutersOf(const TorusSpec& shape) {
  int64_t routers = 1;
  for (const TorusSpec::Axis& axis : shape.axes) {
    routers *= axis.size;
  }
  return routers;
}

}  // namespace

absl::Status BuildTorus(const TorusSpec& shape, Layout& layout) {
  if (RoutersOf(shape) != layout.endpoints()) {
    return absl::InvalidArgumentError(absl::StrCat("topology.torus: the axes make ",
                                                   RoutersOf(shape), " endpoints; it says ",
                                                   layout.endpoints()));
  }
  const int routers = layout.endpoints();
  int64_t trunks = 0;  // ends of lines counted too, which have ports
  for (const TorusSpec::Axis& axis : shape.axes) {
    trunks += int64_t{routers} * axis.links;
  }
  UPF_RETURN_IF_ERROR(layout.CheckSize(shape.links, trunks));
  const auto router = std::make_shared<TorusRouter>(shape, routers);
  const int ports = router->FirstPort(shape.axes.size(), true);
  layout.AddPlane(shape.links);
  for (int r = 0; r < routers; ++r) {
    layout.AddChip(0, absl::StrCat("router", r), ports);
  }
  for (int r = 0; r < routers; ++r) {
    for (int l = 0; l < shape.links; ++l) {
      layout.Attach(r, l, {r, l});
    }
    int stride = 1;
    for (size_t i = 0; i < shape.axes.size(); ++i) {
      const TorusSpec::Axis& axis = shape.axes[i];
      const int at = router->Coordinate(r, i);
      const bool last = at == axis.size - 1;
      const int next = last ? r - at * stride : r + stride;
      for (int l = 0; l < axis.links && axis.size > 1 && (!last || axis.wraps); ++l) {
        layout.AddTrunk({{r, router->FirstPort(i, true) + l},
                         {next, router->FirstPort(i, false) + l},
                         axis.link_kind});
      }
      stride *= axis.size;
    }
  }
  layout.SetRouter(router, router->classes());
  return absl::OkStatus();
}

}  // namespace upfabric::fabric
