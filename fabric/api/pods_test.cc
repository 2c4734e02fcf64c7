// Goal: in a fabric of pods every message takes the network that it should, as it would take there
// by itself, and nothing depends on how it is computed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fabric/api/fabric.h"
#include "tests/testing/ethernet_specs.h"
#include "tests/testing/fabric_shapes.h"
#include "tests/testing/fabric_specs.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric {
namespace {

using testing::Draws;
using ::testing::HasSubstr;
using testing::RunTraffic;
using testing::Send;
using testing::SmallFabric;
using testing::Traffic;

FabricSpec Pods(FabricSpec pod, int pods, FabricSpec network) {
  network.endpoints = pods * pod.endpoints;
  pod.scale_out = ScaleOutSpec{pods, std::make_shared<const FabricSpec>(std::move(network))};
  return pod;
}

// One link of 25 GB/s to one switch, slow to reach.
FabricSpec Network() {
  FabricSpec network = SmallFabric();
  network.protocol = testing::Ethernet();
  network.endpoint.injection = Picoseconds(600'000);
  network.endpoint.delivery = Picoseconds(700'000);
  network.link.lanes = 1;
  return network;
}

TEST(PodsTest, AMessageTakesAsLongAsOnItsNetworkAlone) {
  FabricSpec alone = Network();
  alone.endpoints = 12;
  const FabricSpec pods = Pods(SmallFabric(), 3, Network());
  const auto arrival = [](const FabricSpec& spec, int source, int destination) {
    return RunTraffic(spec, {{.source = source, .destination = destination, .size = Bytes(9'000)}})
        .arrival[0];
  };
  EXPECT_EQ(arrival(pods, 0, 3), arrival(SmallFabric(), 0, 3));
  EXPECT_EQ(arrival(pods, 9, 10), arrival(SmallFabric(), 1, 2));
  EXPECT_EQ(arrival(pods, 3, 4), arrival(alone, 3, 4));
  EXPECT_EQ(arrival(pods, 11, 0), arrival(alone, 11, 0));
}

TEST(PodsTest, TheNetworksDoNotShareLinks) {
  const FabricSpec pods = Pods(SmallFabric(), 2, Network());
  const Send inside = {.source = 0, .destination = 1, .size = Bytes(100'000)};
  const Send outside = {.source = 0, .destination = 5, .size = Bytes(100'000)};
  const Traffic both = RunTraffic(pods, {inside, outside});
  EXPECT_EQ(both.arrival[0], RunTraffic(pods, {inside}).arrival[0]);
  EXPECT_EQ(both.arrival[1], RunTraffic(pods, {outside}).arrival[0]);
  int64_t payload_inside = 0;
  int64_t payload_outside = 0;
  for (const ChannelCounters& channel : both.counters) {
    (channel.plane < 2 ? payload_inside : payload_outside) += channel.payload_bytes;
  }
  EXPECT_EQ(payload_inside, 2 * 100'000);
  EXPECT_EQ(payload_outside, 2 * 100'000);
}

TEST(PodsTest, ChannelsSayWhereTheyAre) {
  const FabricSpec pods = Pods(SmallFabric(), 2, Network());
  std::vector<std::string> names;
  for (const ChannelCounters& channel : (*Fabric::Create(pods, {}))->Counters()) {
    names.push_back(channel.name);
  }
  EXPECT_THAT(names, ::testing::IsSupersetOf(
                         {"gpu0:0>pod0.sw0:0", "pod1.sw0:0>gpu7:0", "gpu7:1>out.sw0:0"}));
}

TEST(PodsTest, TheViewKnowsBothNetworks) {
  const FabricSpec pods = Pods(SmallFabric(), 3, Network());
  const auto fabric = *Fabric::Create(pods, {});
  const FabricView& view = fabric->view();
  EXPECT_EQ(view.endpoints(), 12);
  EXPECT_EQ(view.pods(), 3);
  EXPECT_EQ(view.links_per_endpoint(), 2);
  const auto sum = [](const std::vector<PathElement>& path) {
    Picoseconds total;
    for (const PathElement& element : path) {
      total += element.latency;
    }
    return total;
  };
  EXPECT_EQ(sum(view.PathBetween(EndpointId(4), EndpointId(7))), sum(view.ShortestPath()));
  EXPECT_EQ(sum(view.PathBetween(EndpointId(3), EndpointId(4))), sum(view.UnloadedPath()));
  EXPECT_GT(sum(view.UnloadedPath()), sum(view.ShortestPath()));
  EXPECT_EQ(&fabric->ViewOf({EndpointId(3), EndpointId(4)}), &view);
  EXPECT_EQ(fabric->ViewOf({EndpointId(6), EndpointId(4)}).endpoints(), 4);
}

TEST(PodsTest, FaultsFindTheirNetwork) {
  const FabricSpec pods = Pods(SmallFabric(), 2, Network());
  const std::vector<Send> sends = {{.source = 0, .destination = 1, .size = Bytes(100)},
                                   {.source = 0, .destination = 5, .size = Bytes(100)}};
  const LinkRef interface = {EndpointId(5), 1};
  const Traffic down = RunTraffic(pods, sends, {}, 1, {{SimTime(), LinkStateFault{interface}}});
  EXPECT_GE(down.arrival[0], SimTime());
  EXPECT_LT(down.arrival[1], SimTime());
  ASSERT_EQ(down.failures.size(), 1u);
  EXPECT_THAT(down.failures[0],
              HasSubstr("no link is left from gpu0 to gpu5 at 0ps, and none comes up: down are "
                        "out.sw0:0>gpu5:1 since 0ps"));
  const Traffic pod_down = RunTraffic(pods, sends, {}, 1, {{SimTime(), PlaneStateFault{0, false}}});
  EXPECT_LT(pod_down.arrival[0], SimTime());
  EXPECT_GE(pod_down.arrival[1], SimTime());
  const auto fabric = *Fabric::Create(pods, {});
  EXPECT_THAT(fabric->SetFaults({{SimTime(), PlaneStateFault{3, false}}}).message(),
              HasSubstr("faults[0]: no network of the fabric has such"));
}

TEST(PodsTest, SwitchesDoNotReduceAcrossPods) {
  FabricSpec pod = SmallFabric();
  pod.switch_chip.in_switch = testing::InSwitch();
  const auto fabric = *Fabric::Create(Pods(pod, 2, Network()), {});
  EXPECT_FALSE(fabric->view().in_switch().has_value());
  EXPECT_EQ(fabric->SetGroups({{EndpointId(0)}}).code(), absl::StatusCode::kUnimplemented);
}

// Pods of any shape on a Clos with credits, or on Ethernet that drops.
FabricSpec RandomPods(Draws& draws) {
  FabricSpec pod = testing::RandomFabric(draws);
  pod.switch_chip.in_switch.reset();
  testing::DrawShape(draws, pod);
  FabricSpec network = Network();
  if (draws.Between(0, 1) == 0) {
    network = testing::SmallEthernet();
    network.endpoint.transport->retransmit_timeout = Picoseconds(20'000'000);
  } else if (draws.Between(0, 1) == 0) {
    ClosSpec clos;
    clos.endpoints_per_leaf = pod.endpoints;
    clos.spines = testing::Small(draws, 3);
    network.shape = clos;
    network.groups.clear();
    network.switch_chip.routing = static_cast<Routing>(draws.Between(0, 3));
  }
  return Pods(pod, static_cast<int>(draws.Between(1, 3)), network);
}

TEST(PodsTest, ResultDoesNotDependOnHowItIsComputed) {
  for (uint64_t seed = 0; seed < 150 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draws draws(seed);
    const FabricSpec spec = RandomPods(draws);
    const std::vector<Send> sends = testing::RandomSends(spec, draws);
    FabricOptions options;
    options.seed = seed;
    const Traffic expected = RunTraffic(spec, sends, options);
    EXPECT_FALSE(expected.hung);
    EXPECT_EQ(expected.totals.messages_delivered, static_cast<int64_t>(sends.size()));
    const auto expect_same = [&](const Traffic& actual, const char* how) {
      SCOPED_TRACE(how);
      EXPECT_EQ(expected.Fingerprint(), actual.Fingerprint());
      EXPECT_EQ(expected.deliveries, actual.deliveries);
      EXPECT_EQ(expected.sent, actual.sent);
      ASSERT_EQ(expected.counters.size(), actual.counters.size());
      for (size_t i = 0; i < expected.counters.size(); ++i) {
        EXPECT_EQ(expected.counters[i].name, actual.counters[i].name);
        EXPECT_EQ(expected.counters[i].wire_bytes, actual.counters[i].wire_bytes);
        EXPECT_EQ(expected.counters[i].busy, actual.counters[i].busy);
      }
    };
    options.trains = false;
    expect_same(RunTraffic(spec, sends, options), "single packets");
    options.reverse_construction = true;
    options.random_window_seed = seed + 1;
    expect_same(RunTraffic(spec, sends, options, 2), "2 partitions");
    options.min_window = Picoseconds(1'000'000);
    expect_same(RunTraffic(spec, sends, options, 3), "3 partitions, clusters");
  }
}

}  // namespace
}  // namespace upfabric::fabric
