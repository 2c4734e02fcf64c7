// Goal: what is known about kinds of switches and routes comes out of the engine: head-of-line
// blocking limits input queues, hashing loads some links with several messages. Method: saturated
// random traffic on one switch; a permutation between the leaves of a Clos, against balls thrown
// into bins.

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/testing/fabric_specs.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric {
namespace {

using testing::Draws;
using testing::RunTraffic;
using testing::Send;
using testing::SmallFabric;

// Share of the time in which the outputs of a switch are busy, every endpoint having packets for
// random other ports all the time.
double Throughput(int endpoints, Queueing queueing, uint64_t seed) {
  FabricSpec spec = SmallFabric();
  spec.endpoints = endpoints;
  spec.switch_chip.virtual_channels = 1;
  spec.switch_chip.queueing = queueing;
  spec.switch_chip.buffer_per_vc = spec.endpoint.buffer_per_vc = Bytes(1 << 18);
  Draws draws(seed);
  constexpr int kPackets = 3'000;
  std::vector<Send> sends;
  for (int i = 0; i < kPackets; ++i) {
    for (int source = 0; source < endpoints; ++source) {
      const auto other = static_cast<int>(draws.Between(1, endpoints - 1));
      sends.push_back(
          {.source = source, .destination = (source + other) % endpoints, .size = Bytes(256)});
    }
  }
  const testing::Traffic traffic = RunTraffic(spec, sends);
  const SimTime end = *std::max_element(traffic.arrival.begin(), traffic.arrival.end());
  Picoseconds busy;
  for (const ChannelCounters& channel : traffic.counters) {
    busy += channel.to_switch ? Picoseconds(0) : channel.busy;
  }
  return static_cast<double>(busy.count()) /
         (static_cast<double>(end.since_start().count()) * endpoints);
}

// Karol, Hluchyj and Morgan 1987 give 0.7500 for 2 ports, 0.6184 for 8, and 2 - sqrt(2) = 0.5858
// for many; an endpoint does not send to itself here, which at 16 ports costs less than 0.01.
TEST(InputQueuesTest, HeadOfLineBlockingLimitsThroughputAsKnown) {
  EXPECT_NEAR(Throughput(16, Queueing::kInputs, 1), 0.60, 0.03);
  EXPECT_NEAR(Throughput(32, Queueing::kInputs, 2), 0.59, 0.03);
  EXPECT_GT(Throughput(16, Queueing::kOutputs, 1), 0.93);
}

constexpr int kLeaves = 8;
constexpr int kEndpointsPerLeaf = 8;

// Every endpoint sends to one of the next leaf, all to different ones; how long the links take,
// without the way of the first bit.
Picoseconds PermutationTime(Routing routing, uint64_t seed) {
  FabricSpec spec = SmallFabric();
  spec.endpoints = kLeaves * kEndpointsPerLeaf;
  ClosSpec clos;
  clos.endpoints_per_leaf = kEndpointsPerLeaf;
  clos.spines = kEndpointsPerLeaf;
  spec.shape = clos;
  spec.switch_chip.virtual_channels = 1;
  spec.switch_chip.routing = routing;
  spec.switch_chip.buffer_per_vc = spec.endpoint.buffer_per_vc = Bytes(1 << 19);
  std::vector<Send> sends;
  Draws draws(seed);
  std::vector<int> order(static_cast<size_t>(spec.endpoints));
  for (int e = 0; e < spec.endpoints; ++e) {
    order[static_cast<size_t>(e)] = e;
  }
  // Places of a leaf in random order, leaf after leaf.
  for (int leaf = 0; leaf < kLeaves; ++leaf) {
    for (int i = kEndpointsPerLeaf - 1; i > 0; --i) {
      std::swap(order[static_cast<size_t>(leaf * kEndpointsPerLeaf + i)],
                order[static_cast<size_t>(leaf * kEndpointsPerLeaf + draws.Between(0, i))]);
    }
  }
  for (int e = 0; e < spec.endpoints; ++e) {
    const int far = (e + kEndpointsPerLeaf) % spec.endpoints;
    sends.push_back(
        {.source = e, .destination = order[static_cast<size_t>(far)], .size = Bytes(128 * 1024)});
  }
  FabricOptions options;
  options.seed = seed;
  const testing::Traffic traffic = RunTraffic(spec, sends, options);
  Picoseconds time =
      std::max_element(traffic.arrival.begin(), traffic.arrival.end())->since_start();
  const auto fabric = *Fabric::Create(spec, {});
  for (const PathElement& element : fabric->view().UnloadedPath()) {
    time -= element.latency;
  }
  return time;
}

// Messages of the fullest link, up or down: each leaf's take one of its spines at random, and so
// meet others on the way down to the next leaf.
double FullestBin(int trials) {
  Draws draws(7);
  int64_t sum = 0;
  for (int trial = 0; trial < trials; ++trial) {
    int64_t fullest = 0;
    for (int leaf = 0; leaf < kLeaves; ++leaf) {
      std::vector<int64_t> bins(kEndpointsPerLeaf);
      for (int ball = 0; ball < kEndpointsPerLeaf; ++ball) {
        const auto bin = static_cast<size_t>(draws.Between(0, kEndpointsPerLeaf - 1));
        fullest = std::max(fullest, ++bins[bin]);
      }
    }
    sum += fullest;
  }
  return static_cast<double>(sum) / trials;
}

TEST(RoutingTest, HashingLosesAPermutationAsBallsIntoBinsPredict) {
  constexpr int kRuns = 24;
  Picoseconds hashed;
  Picoseconds sprayed;
  Picoseconds adaptive;
  for (uint64_t seed = 1; seed <= kRuns; ++seed) {
    hashed += PermutationTime(Routing::kHashed, seed);
    sprayed += PermutationTime(Routing::kSprayed, seed);
    adaptive += PermutationTime(Routing::kAdaptive, seed);
  }
  const double predicted = FullestBin(10'000);
  const auto ratio = [&](Picoseconds better) {
    return static_cast<double>(hashed.count()) / static_cast<double>(better.count());
  };
  EXPECT_NEAR(ratio(sprayed) / predicted, 1.0, 0.1) << ratio(sprayed) << " " << predicted;
  EXPECT_NEAR(ratio(adaptive) / predicted, 1.0, 0.1) << ratio(adaptive) << " " << predicted;
}

}  // namespace
}  // namespace upfabric::fabric
