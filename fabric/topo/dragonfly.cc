// Dragonfly: groups of routers. Ports of a router: its endpoints, then the other routers of its
// group (the next one first), then its global links.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "fabric/base/fingerprint.h"
#include "fabric/base/status.h"
#include "fabric/topo/shapes.h"

namespace upfabric::fabric {
namespace {

// At most one global link, or two by way of another group. Each global link taken raises the
// packet's class, so classes order all channels.
class DragonflyRouter final : public Router {
 public:
  explicit DragonflyRouter(const DragonflySpec& shape) : shape_(shape) {}

  int classes() const {
    if (shape_.groups == 1) {
      return 1;
    }
    return shape_.paths == DragonflySpec::Paths::kMinimal || shape_.groups < 3 ? 2 : 3;
  }
  int routers() const { return shape_.groups * shape_.routers; }
  int LocalPort(int from, int to) const {
    const int offset = (to - from + shape_.routers) % shape_.routers - 1;
    return shape_.endpoints_per_router * shape_.links + offset * shape_.local_links;
  }
  int FirstGlobalPort() const {
    return shape_.endpoints_per_router * shape_.links + (shape_.routers - 1) * shape_.local_links;
  }
  // Global link `link` from group `from` to group `to`: its number among those of `from`, which are
  // dealt out to the routers in turn.
  int GlobalLink(int from, int to, int link) const {
    const int offset = (to - from + shape_.groups) % shape_.groups - 1;
    return offset * shape_.global_links + link;
  }
  int RouterOf(int global) const { return global % shape_.routers; }
  int PortOf(int global) const { return FirstGlobalPort() + global / shape_.routers; }
  int ports() const {
    const int globals = (shape_.groups - 1) * shape_.global_links;
    return FirstGlobalPort() + (globals + shape_.routers - 1) / shape_.routers;
  }

  void Route(int chip, int input, sim::Record& packet, Hops& hops) const override {
    const int self = chip % routers();
    const int group = self / shape_.routers;
    const int target = packet.destination / shape_.endpoints_per_router;
    const int goal = target / shape_.routers;
    const bool entered = input >= FirstGlobalPort();
    uint8_t vc = packet.virtual_channel();
    vc = static_cast<uint8_t>(vc + (entered ? 1 : 0));
    if (packet.via == group + 1) {
      packet.via = 0;
    }
    if (self == target) {
      const int place = packet.destination % shape_.endpoints_per_router;
      hops.push_back({place * shape_.links + packet.link % shape_.links,
                      static_cast<uint8_t>(vc - vc % classes())});
    } else if (group == goal && packet.via == 0) {
      AddLocal(self % shape_.routers, target % shape_.routers, vc, hops);
    } else {
      AddWays(self % shape_.routers, group, packet.via != 0 ? packet.via - 1 : goal, vc, hops);
      const bool at_first = input < shape_.endpoints_per_router * shape_.links;
      if (shape_.paths == DragonflySpec::Paths::kUgal && at_first) {
        AddDetour(self % shape_.routers, group, packet, vc, hops);
      }
    }
  }

  // A group by way of which the packet goes, plus 1.
  uint16_t Detour(const sim::Record& share) const override {
    const int endpoints = shape_.routers * shape_.endpoints_per_router;
    const int group = share.source / endpoints;
    const int goal = share.destination / endpoints;
    if (group == goal || detours() == 0) {
      return 0;
    }
    const auto via = static_cast<int>(Draw(share) % static_cast<uint64_t>(shape_.groups));
    return static_cast<uint16_t>(via == group || via == goal ? 0 : via + 1);
  }
  int detours() const override {
    return shape_.paths == DragonflySpec::Paths::kValiant && classes() == 3 ? shape_.groups : 0;
  }

 private:
  // By the message's name.
  static uint64_t Draw(const sim::Record& share) {
    const uint64_t name =
        uint64_t{share.source} << 48 | uint64_t{share.destination} << 32 | share.tag;
    return Mix(name + share.link);
  }

  // The ways by a third group, which the message's name picks. They have twice the global links.
  void AddDetour(int self, int group, const sim::Record& packet, uint8_t vc, Hops& hops) const {
    constexpr uint8_t kLength = 2;
    if (shape_.groups < 3) {
      return;
    }
    const int goal = packet.destination / shape_.endpoints_per_router / shape_.routers;
    auto third = static_cast<int>(Draw(packet) % static_cast<uint64_t>(shape_.groups - 2));
    third += third >= std::min(group, goal) ? 1 : 0;
    third += third >= std::max(group, goal) ? 1 : 0;
    Hops detour;
    AddWays(self, group, third, vc, detour);
    for (Hop& hop : detour) {
      hop.length = kLength;
      hop.via = static_cast<uint16_t>(third + 1);
      hops.push_back(hop);
    }
  }

  void AddLocal(int from, int to, uint8_t vc, Hops& hops) const {
    for (int link = 0; link < shape_.local_links; ++link) {
      hops.push_back({LocalPort(from, to) + link, vc});
    }
  }

  // The global links of this router to the group; without any, the way to routers that have one.
  void AddWays(int self, int group, int goal, uint8_t vc, Hops& hops) const {
    for (int link = 0; link < shape_.global_links; ++link) {
      const int global = GlobalLink(group, goal, link);
      if (RouterOf(global) == self) {
        hops.push_back({PortOf(global), vc});
      }
    }
    const int gateways = hops.empty() ? std::min(shape_.global_links, shape_.routers) : 0;
    for (int link = 0; link < gateways; ++link) {
      AddLocal(self, RouterOf(GlobalLink(group, goal, link)), vc, hops);
    }
  }

  DragonflySpec shape_;
};

void AddLinks(const DragonflySpec& shape, const DragonflyRouter& router, const Layout::Plane& plane,
              Layout& layout) {
  for (int e = 0; e < layout.endpoints(); ++e) {
    for (int l = 0; l < shape.links; ++l) {
      layout.Attach(e, plane.first_link + l,
                    {plane.first_chip + e / shape.endpoints_per_router,
                     e % shape.endpoints_per_router * shape.links + l});
    }
  }
  for (int group = 0; group < shape.groups; ++group) {
    const int first = plane.first_chip + group * shape.routers;
    for (int a = 0; a < shape.routers; ++a) {
      for (int b = a + 1; b < shape.routers; ++b) {
        for (int l = 0; l < shape.local_links; ++l) {
          layout.AddTrunk({{first + a, router.LocalPort(a, b) + l},
                           {first + b, router.LocalPort(b, a) + l},
                           shape.local_link_kind});
        }
      }
    }
    for (int other = group + 1; other < shape.groups; ++other) {
      const int far = plane.first_chip + other * shape.routers;
      for (int l = 0; l < shape.global_links; ++l) {
        const int there = router.GlobalLink(group, other, l);
        const int back = router.GlobalLink(other, group, l);
        layout.AddTrunk({{first + router.RouterOf(there), router.PortOf(there)},
                         {far + router.RouterOf(back), router.PortOf(back)},
                         shape.global_link_kind});
      }
    }
  }
}

}  // namespace

absl::Status BuildDragonfly(const DragonflySpec& shape, Layout& layout) {
  const int64_t endpoints = int64_t{shape.groups} * shape.routers * shape.endpoints_per_router;
  if (endpoints != layout.endpoints()) {
    return absl::InvalidArgumentError(
        absl::StrCat("topology.dragonfly: groups x routers x endpoints_per_router make ", endpoints,
                     " endpoints; it says ", layout.endpoints()));
  }
  const int64_t locals = int64_t{shape.routers} * (shape.routers - 1) / 2 * shape.local_links;
  const int64_t globals = int64_t{shape.groups} * (shape.groups - 1) / 2 * shape.global_links;
  UPF_RETURN_IF_ERROR(layout.CheckSize(int64_t{shape.planes} * shape.links,
                                       shape.groups * locals + globals, shape.planes));
  const auto router = std::make_shared<DragonflyRouter>(shape);
  for (int plane = 0; plane < shape.planes; ++plane) {
    layout.AddPlane(shape.links);
    const std::string prefix = shape.planes > 1 ? absl::StrCat("p", plane, ".") : "";
    for (int r = 0; r < router->routers(); ++r) {
      layout.AddChip(0, absl::StrCat(prefix, "router", r), router->ports());
    }
  }
  for (const Layout::Plane& plane : layout.planes()) {
    AddLinks(shape, *router, plane, layout);
  }
  layout.SetRouter(router, router->classes());
  return absl::OkStatus();
}

}  // namespace upfabric::fabric
