// Goal: every shape is the graph that it should be, its routes arrive by the shortest way, the
// closed form of its unloaded time is what the engine takes, and no ring of full buffers can form
// unless a shape is told to let it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "fabric/api/fabric.h"
#include "fabric/topo/deadlock_check.h"
#include "fabric/topo/layout.h"
#include "fabric/topo/trunk_loads.h"
#include "tests/testing/fabric_shapes.h"
#include "tests/testing/fabric_specs.h"
#include "tests/testing/traffic.h"
#include "tests/testing/traffic_case.h"

namespace upfabric::fabric {
namespace {

using testing::Draws;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RunTraffic;
using testing::Send;
using testing::SmallFabric;

FabricSpec FabricOf(int endpoints, ShapeSpec shape) {
  FabricSpec spec = SmallFabric();
  spec.endpoints = endpoints;
  spec.groups.clear();
  spec.shape = std::move(shape);
  spec.switch_chip.virtual_channels = 6;
  return spec;
}

TorusSpec Ring(int size, bool datelines = true) {
  TorusSpec ring;
  ring.axes = {{.size = size}};
  ring.datelines = datelines;
  return ring;
}

// Links that a packet passes from one endpoint to another.
int HopsBetween(const FabricSpec& spec, int source, int destination) {
  const auto fabric = *Fabric::Create(spec, {});
  int hops = 0;
  for (const PathElement& element :
       fabric->view().PathBetween(EndpointId(source), EndpointId(destination))) {
    hops += element.name.find("phy tx") != std::string::npos ? 1 : 0;
  }
  return hops;
}

TEST(ShapesTest, ClosHasLeavesSpinesAndCores) {
  ClosSpec clos;
  clos.endpoints_per_leaf = 4;
  clos.spines = 2;
  clos.uplinks = 2;
  clos.pods = 2;
  clos.cores = 3;
  const FabricSpec spec = FabricOf(16, clos);
  const Layout layout = *Layout::Create(spec, 1);
  EXPECT_EQ(layout.chips().size(), 4u + 4u + 3u);
  EXPECT_EQ(layout.trunks().size(), 4u * 2 * 2 + 4u * 3);
  EXPECT_EQ(HopsBetween(spec, 0, 1), 2);   // one leaf
  EXPECT_EQ(HopsBetween(spec, 0, 4), 4);   // one pod
  EXPECT_EQ(HopsBetween(spec, 0, 15), 6);  // by a core
}

TEST(ShapesTest, RailsJoinEqualPlacesOfServers) {
  ClosSpec clos;
  clos.endpoints_per_leaf = 4;
  clos.spines = 1;
  clos.placement = Placement::kRails;
  const FabricSpec spec = FabricOf(8, clos);  // two rails
  EXPECT_EQ(HopsBetween(spec, 0, 2), 2);
  EXPECT_EQ(HopsBetween(spec, 0, 1), 4);
}

TEST(ShapesTest, ToriAndMeshesGoTheShorterWayAlongEachAxis) {
  TorusSpec torus;
  torus.axes = {{.size = 5}, {.size = 4, .wraps = false}};
  const FabricSpec spec = FabricOf(20, torus);
  for (int e = 1; e < 20; ++e) {
    const int x = e % 5;
    const int y = e / 5;
    EXPECT_EQ(HopsBetween(spec, 0, e), 2 + std::min(x, 5 - x) + y) << e;
  }
}

// Every group sends to the next one, so the direct ways share one global link; alone, or among
// others, a message goes directly.
TEST(ShapesTest, UgalLeavesCrowdedLinksAndElseGoesDirectly) {
  DragonflySpec dragonfly;
  dragonfly.groups = 5;
  dragonfly.routers = 2;
  dragonfly.endpoints_per_router = 2;
  dragonfly.global_links = 2;
  const auto last_arrival = [&](DragonflySpec::Paths paths, int groups_that_send) {
    dragonfly.paths = paths;
    FabricSpec spec = FabricOf(20, dragonfly);
    spec.switch_chip.routing = Routing::kAdaptive;
    std::vector<Send> sends;
    for (int e = 0; e < groups_that_send * 4; ++e) {
      sends.push_back({.source = e, .destination = (e + 4) % 20, .size = Bytes(200'000)});
    }
    sends.resize(groups_that_send == 0 ? 1 : sends.size(),
                 {.source = 0, .destination = 4, .size = Bytes(200)});
    const std::vector<SimTime> arrival = RunTraffic(spec, sends).arrival;
    return std::max_element(arrival.begin(), arrival.end())->since_start().count();
  };
  using Paths = DragonflySpec::Paths;
  EXPECT_EQ(last_arrival(Paths::kUgal, 0), last_arrival(Paths::kMinimal, 0));
  EXPECT_LT(last_arrival(Paths::kUgal, 0), last_arrival(Paths::kValiant, 0));
  EXPECT_LT(last_arrival(Paths::kUgal, 5) * 10, last_arrival(Paths::kMinimal, 5) * 9);
  EXPECT_LT(last_arrival(Paths::kUgal, 5), last_arrival(Paths::kValiant, 5));
}

TEST(ShapesTest, DragonflyTakesAtMostOneGlobalLinkOrTwoByAnotherGroup) {
  DragonflySpec dragonfly;
  dragonfly.groups = 5;
  dragonfly.routers = 2;
  dragonfly.endpoints_per_router = 2;
  for (const auto paths : {DragonflySpec::Paths::kMinimal, DragonflySpec::Paths::kValiant}) {
    dragonfly.paths = paths;
    const bool minimal = paths == DragonflySpec::Paths::kMinimal;
    const FabricSpec spec = FabricOf(20, dragonfly);
    EXPECT_EQ(HopsBetween(spec, 0, 1), 2);
    EXPECT_EQ(HopsBetween(spec, 0, 2), 3);
    std::vector<Send> sends;
    for (int e = 4; e < 20; ++e) {
      EXPECT_LE(HopsBetween(spec, 0, e), 5);
      sends.push_back({.source = 0, .destination = e, .size = Bytes(1)});
    }
    int64_t globals = 0;
    const Layout layout = *Layout::Create(spec, 1);
    for (const ChannelCounters& channel : RunTraffic(spec, sends).counters) {
      if (channel.endpoint < 0) {
        const Layout::Trunk& trunk = layout.trunks()[static_cast<size_t>(channel.link)];
        globals += trunk.from.chip / 2 != trunk.to.chip / 2 ? channel.packets : 0;
      }
    }
    if (minimal) {
      EXPECT_EQ(globals, 16);
    } else {
      EXPECT_GT(globals, 16);
      EXPECT_LE(globals, 32);
    }
  }
}

TEST(ShapesTest, TreesGoUpNoFurtherThanTheyMust) {
  TreeSpec tree;
  tree.levels = {{.fan_out = 2}, {.fan_out = 2}, {.fan_out = 3}};
  const FabricSpec spec = FabricOf(12, tree);
  EXPECT_EQ(Layout::Create(spec, 1)->chips().size(), 7u);
  EXPECT_EQ(HopsBetween(spec, 0, 2), 2);
  EXPECT_EQ(HopsBetween(spec, 0, 3), 4);
  EXPECT_EQ(HopsBetween(spec, 0, 11), 6);
}

TEST(ShapesTest, FullMeshJoinsEveryPairWithLinksOfItsOwn) {
  const FabricSpec spec = FabricOf(4, FullMeshSpec{2});
  EXPECT_EQ(HopsBetween(spec, 3, 1), 1);
  std::vector<Send> sends = {{.source = 3, .destination = 1, .size = Bytes(512)}};
  std::vector<std::string> used;
  for (const ChannelCounters& channel : RunTraffic(spec, sends).counters) {
    if (channel.packets > 0) {
      used.push_back(channel.name);
    }
  }
  EXPECT_THAT(used, ElementsAre("gpu3:2>gpu1:2", "gpu3:3>gpu1:3"));
}

TEST(ShapesTest, CountsThatMakeNoShapeAreRefused) {
  ClosSpec clos;
  clos.endpoints_per_leaf = 4;
  EXPECT_THAT(Layout::Create(FabricOf(6, clos), 1).status().message(),
              HasSubstr("a multiple of 4 (pods x endpoints_per_leaf) is needed"));
  clos.pods = 2;
  EXPECT_THAT(Layout::Create(FabricOf(8, clos), 1).status().message(), HasSubstr("without cores"));
  EXPECT_THAT(Layout::Create(FabricOf(7, Ring(6)), 1).status().message(),
              HasSubstr("the axes make 6 endpoints; it says 7"));
  EXPECT_THAT(Layout::Create(FabricOf(1, FullMeshSpec{1}), 1).status().message(),
              HasSubstr("at least 2"));
}

// None of them is built before it is refused.
TEST(ShapesTest, ShapesThatNobodyCanBuildAreRefused) {
  const auto refused = [](int endpoints, const ShapeSpec& shape) {
    return std::string(Layout::Create(FabricOf(endpoints, shape), 1).status().message());
  };
  DragonflySpec dragonfly;
  dragonfly.routers = 60'000;
  EXPECT_THAT(refused(60'000, dragonfly), HasSubstr("1799970000 links between the switches"));
  ClosSpec clos;
  clos.planes = 1'024;
  clos.spines = clos.cores = 65'536;
  clos.corelinks = 1'024;
  EXPECT_THAT(refused(1, clos), HasSubstr("links for each endpoint; 1 to 255"));
  clos.planes = 255;
  EXPECT_THAT(refused(1, clos), HasSubstr("of a plane; at most 16448 are supported"));
  TorusSpec torus;
  torus.axes = {{.size = 65'535, .links = 1'024}};
  EXPECT_THAT(refused(65'535, torus), HasSubstr("links between the switches"));
  TreeSpec tree;
  tree.levels = {{.fan_out = 60'000, .links = 1'024}, {.fan_out = 1}};
  EXPECT_THAT(refused(60'000, tree), HasSubstr("links between the switches"));
  EXPECT_THAT(refused(60'000, FullMeshSpec{1'024}), HasSubstr("61438976 links for each endpoint"));
  FabricSpec planes = SmallFabric();
  planes.endpoints = 65'535;
  planes.groups = {{1'024, 1}};
  EXPECT_THAT(Layout::Create(planes, 1).status().message(),
              HasSubstr("1024 links for each endpoint"));
}

TEST(ShapesTest, TooFewVirtualChannelsForTheClassesAreRefused) {
  FabricSpec spec = FabricOf(8, Ring(8));
  spec.switch_chip.virtual_channels = 1;
  EXPECT_THAT(Fabric::Create(spec, {}).status().message(),
              HasSubstr("switch.virtual_channels: 1; at least 2 are needed in this topology"));
  spec.switch_chip.virtual_channels = 2;
  EXPECT_TRUE(Fabric::Create(spec, {}).ok());
}

// A message alone, of one packet and of many, from endpoint 0 to the farthest.
TEST(ShapesTest, UnloadedTimeIsWhatTheEngineTakes) {
  int shapes = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Draws draws(seed);
    FabricSpec spec = SmallFabric();
    spec.switch_chip.virtual_channels = 4;
    spec.endpoint.buffer_per_vc = spec.switch_chip.buffer_per_vc = Bytes(1 << 20);
    testing::DrawShape(draws, spec);
    for (SwitchSpec& chip : spec.more_switches) {
      chip.buffer_per_vc = Bytes(1 << 20);
    }
    if (const auto* dragonfly = std::get_if<DragonflySpec>(&spec.shape)) {
      spec.endpoints = dragonfly->paths == DragonflySpec::Paths::kMinimal ? spec.endpoints : 0;
    }
    if (spec.endpoints == 0 || spec.shape.index() == 0) {
      continue;
    }
    ++shapes;
    SCOPED_TRACE(seed);
    const auto fabric = *Fabric::Create(spec, {});
    const FabricView& view = fabric->view();
    const auto latency = [](const std::vector<PathElement>& path) {
      Picoseconds sum;
      for (const PathElement& element : path) {
        sum += element.latency;
      }
      return sum;
    };
    // Shares of links of one plane may meet on the way, which the closed form leaves out.
    const bool apart = view.links_per_endpoint() == view.planes() ||
                       std::holds_alternative<FullMeshSpec>(spec.shape);
    for (const int64_t size : {int64_t{1}, int64_t{256}, int64_t{100'000}, int64_t{100'001}}) {
      if (size > 256 && !apart) {
        continue;
      }
      Picoseconds longest;
      for (int e = 1; e < spec.endpoints; ++e) {
        if (latency(view.PathBetween(EndpointId(0), EndpointId(e))) ==
            latency(view.UnloadedPath())) {
          const std::vector<Send> sends = {{.destination = e, .size = Bytes(size)}};
          longest = std::max(longest, RunTraffic(spec, sends).arrival[0].since_start());
        }
      }
      EXPECT_EQ(longest, view.UnloadedTime(Bytes(size))) << size;
    }
  }
  EXPECT_GT(shapes, 50);
}

TEST(DeadlockCheckTest, EveryShapeHasNoRing) {
  std::set<size_t> kinds;
  for (uint64_t seed = 0; seed < 2'000; ++seed) {
    Draws draws(seed);
    FabricSpec spec = testing::RandomFabricOfAnyRate(draws);
    const auto layout = Layout::Create(spec, 1);
    ASSERT_TRUE(layout.ok()) << seed << ": " << layout.status();
    EXPECT_TRUE(CheckDeadlockFree(*layout).ok()) << seed << ": " << CheckDeadlockFree(*layout);
    kinds.insert(spec.shape.index());
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<ShapeSpec>);
}

// With each evenness, with lines and rings, without and with datelines, on one axis and on two.
TEST(DeadlockCheckTest, ATorusWithShortAxesStandsForALongOne) {
  int refused = 0;
  for (int first = 1; first <= 9; ++first) {
    for (int second = 1; second <= 9; ++second) {
      for (int bits = 0; bits < 8; ++bits) {
        TorusSpec torus;
        torus.axes = {{.size = first, .wraps = (bits & 1) != 0},
                      {.size = second, .wraps = (bits & 2) != 0}};
        torus.datelines = (bits & 4) != 0;
        const FabricSpec spec = FabricOf(first * second, torus);
        const auto layout = Layout::Create(spec, 1);
        ASSERT_TRUE(layout.ok()) << layout.status();
        const absl::Status whole = CheckDeadlockFree(*layout);
        EXPECT_EQ(CheckDeadlockFree(spec, *layout), whole)
            << first << " x " << second << " " << bits;
        refused += whole.ok() ? 0 : 1;
      }
    }
  }
  EXPECT_GT(refused, 50);
}

// Everyone sends two hops on, all at once, through buffers of one packet.
TEST(DeadlockCheckTest, ARingWithoutDatelinesIsRefusedAndDeadlocksIfItMustRun) {
  FabricSpec spec = FabricOf(8, Ring(8, false));
  spec.switch_chip.virtual_channels = 1;
  spec.switch_chip.buffer_per_vc = Bytes(288);
  EXPECT_THAT(Fabric::Create(spec, {}).status().message(),
              HasSubstr("in a ring of 8 channels, each for the next: router0:1>router1:2"));
  std::vector<Send> sends;
  for (int e = 0; e < 8; ++e) {
    sends.push_back({.source = e, .destination = (e + 3) % 8, .size = Bytes(16'384)});
  }
  FabricOptions options;
  options.check_deadlock = false;
  const testing::Traffic stuck = RunTraffic(spec, sends, options);
  EXPECT_EQ(stuck.blocked.size(), 16u);  // a port and a router's output at every endpoint
  EXPECT_THAT(stuck.blocked[0], HasSubstr("waits for credits"));

  spec.shape = Ring(8);
  spec.switch_chip.virtual_channels = 2;
  const testing::Traffic free = RunTraffic(spec, sends);
  EXPECT_TRUE(free.blocked.empty());
  EXPECT_EQ(free.totals.messages_delivered, 8);
}

// Everyone sends to everyone, all at once, through buffers of three packets.
TEST(DeadlockCheckTest, SaturatedToriMeshesAndDragonfliesFinish) {
  TorusSpec torus;
  torus.axes = {{.size = 4}, {.size = 4}, {.size = 4}};
  TorusSpec mesh;
  mesh.axes = {{.size = 8, .wraps = false}, {.size = 8, .wraps = false}};
  DragonflySpec dragonfly;
  dragonfly.groups = 8;
  dragonfly.routers = 4;
  dragonfly.endpoints_per_router = 2;
  dragonfly.paths = DragonflySpec::Paths::kValiant;
  for (const ShapeSpec& shape : {ShapeSpec(torus), ShapeSpec(mesh), ShapeSpec(dragonfly)}) {
    for (const Routing routing : {Routing::kHashed, Routing::kAdaptive}) {
      FabricSpec spec = FabricOf(64, shape);
      spec.switch_chip.routing = routing;
      spec.switch_chip.virtual_channels = Layout::Create(spec, 1)->channel_classes();
      spec.switch_chip.buffer_per_vc = spec.endpoint.buffer_per_vc = Bytes(900);
      std::vector<Send> sends;
      for (int source = 0; source < 64; ++source) {
        for (int offset = 1; offset < 64; ++offset) {
          sends.push_back(
              {.source = source, .destination = (source + offset) % 64, .size = Bytes(2'000)});
        }
      }
      const testing::Traffic traffic = RunTraffic(spec, sends);
      EXPECT_TRUE(traffic.blocked.empty()) << shape.index();
      EXPECT_EQ(traffic.totals.messages_delivered, 64 * 63) << shape.index();
    }
  }
}

std::vector<EndpointPair> AllPairs(int endpoints) {
  std::vector<EndpointPair> pairs;
  for (int source = 0; source < endpoints; ++source) {
    for (int offset = 1; offset < endpoints; ++offset) {
      pairs.push_back({EndpointId(source), EndpointId((source + offset) % endpoints)});
    }
  }
  return pairs;
}

TEST(TrunkLoadsTest, AreWhatTheRoutesOfAPatternBring) {
  const auto busiest = [](const FabricSpec& spec, const std::vector<EndpointPair>& pairs) {
    return BusiestTrunks(spec, *Layout::Create(spec, 1), pairs)[0];
  };
  // On a ring of 12 the pairs at distance d < 6 put d messages on each link and direction, those at
  // distance 6 half of 6: 1 + 2 + 3 + 4 + 5 + 3.
  TorusSpec ring = Ring(12);
  EXPECT_EQ(busiest(FabricOf(12, ring), AllPairs(12)), 18 * kWholeMessage);
  EXPECT_EQ(busiest(FabricOf(12, ring), {{EndpointId(11), EndpointId(0)}}), kWholeMessage);
  ring.axes[0].links = 2;
  FabricSpec sprayed = FabricOf(12, ring);
  sprayed.switch_chip.routing = Routing::kSprayed;
  EXPECT_EQ(busiest(sprayed, AllPairs(12)), 9 * kWholeMessage);
  // The middle link of a line of 4: 2 x 2 pairs each way.
  TorusSpec line;
  line.axes = {{.size = 4, .wraps = false}};
  EXPECT_EQ(busiest(FabricOf(4, line), AllPairs(4)), 4 * kWholeMessage);
  // A leaf of 4 sends to the 12 endpoints of others over as many uplinks: 48 messages on 4.
  ClosSpec clos;
  clos.endpoints_per_leaf = 4;
  clos.spines = 4;
  FabricSpec leaves = FabricOf(16, clos);
  leaves.switch_chip.routing = Routing::kSprayed;
  EXPECT_EQ(busiest(leaves, AllPairs(16)), 12 * kWholeMessage);
}

TEST(TrunkLoadsTest, TheViewTurnsThemIntoTheTimeOfTheBusiestLink) {
  const FabricSpec spec = FabricOf(12, Ring(12));
  const auto fabric = *Fabric::Create(spec, {});
  const Bytes message(100'000);
  const Picoseconds one = fabric->view().TrunkTime(message, AllPairs(2));
  EXPECT_GT(one, Picoseconds(0));
  const Picoseconds all = fabric->view().TrunkTime(message, AllPairs(12));
  EXPECT_LE(all, one * 18);
  EXPECT_GT(all, one * 18 - Picoseconds(18));  // rounded up once, not 18 times
  EXPECT_LT(fabric->view().UnloadedTimeOf(message, AllPairs(2)),
            fabric->view().UnloadedTime(message));
  const auto switches = *Fabric::Create(SmallFabric(), {});
  EXPECT_FALSE(switches->view().ways_meet());
  EXPECT_EQ(switches->view().TrunkTime(message, AllPairs(2)), Picoseconds(0));
}

}  // namespace
}  // namespace upfabric::fabric
