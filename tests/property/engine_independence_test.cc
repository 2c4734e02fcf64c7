// Goal: a result depends on the fabric and the traffic alone. Method: random small fabrics and
// random traffic (incast, chained sends, several virtual channels, tight buffers), each run as it
// is, with window lengths drawn at random in [1, W] for every window, on 2 to 4 partitions, with
// components made in reverse order, and with switches that merge their outputs. Fingerprint,
// arrival times and every counter must be the same.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/testing/fabric_specs.h"
#include "tests/testing/reference_fabric.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric {
namespace {

using testing::Draws;
using testing::RandomFabric;
using testing::RandomFaults;
using testing::RandomSends;
using testing::RunTraffic;
using testing::Send;
using testing::Traffic;

void ExpectSame(const Traffic& expected, const Traffic& actual, const char* how) {
  EXPECT_EQ(expected.Fingerprint(), actual.Fingerprint()) << how;
  EXPECT_EQ(expected.deliveries, actual.deliveries) << how;
  EXPECT_EQ(expected.sent, actual.sent) << how;
  EXPECT_EQ(expected.totals.hops, actual.totals.hops) << how;
  EXPECT_EQ(expected.totals.packets_replicated, actual.totals.packets_replicated) << how;
  EXPECT_EQ(expected.totals.packets_reduced, actual.totals.packets_reduced) << how;
  ASSERT_EQ(expected.counters.size(), actual.counters.size()) << how;
  for (size_t i = 0; i < expected.counters.size(); ++i) {
    const ChannelCounters& a = expected.counters[i];
    const ChannelCounters& b = actual.counters[i];
    EXPECT_EQ(a.name, b.name) << how;
    EXPECT_EQ(a.packets, b.packets) << how << " " << a.name;
    EXPECT_EQ(a.payload_bytes, b.payload_bytes) << how << " " << a.name;
    EXPECT_EQ(a.busy, b.busy) << how << " " << a.name;
    EXPECT_EQ(a.credit_stall, b.credit_stall) << how << " " << a.name;
    EXPECT_EQ(a.queue_packets_max, b.queue_packets_max) << how << " " << a.name;
    EXPECT_EQ(a.replays, b.replays) << how << " " << a.name;
    EXPECT_EQ(a.discarded_wire_bytes, b.discarded_wire_bytes) << how << " " << a.name;
    EXPECT_EQ(a.shares_returned, b.shares_returned) << how << " " << a.name;
    EXPECT_EQ(a.leaked_wire_bytes, b.leaked_wire_bytes) << how << " " << a.name;
  }
  EXPECT_EQ(expected.blocked, actual.blocked) << how;
}

// Half of the seeds have faults; where switches copy and reduce, links do not go down.
FaultSchedule FaultsOf(uint64_t seed, const FabricSpec& spec, Draws& draws) {
  FaultSchedule faults = seed % 2 == 0 ? FaultSchedule() : RandomFaults(spec, draws);
  if (spec.switch_chip.in_switch.has_value()) {
    std::erase_if(faults, [](const Fault& fault) {
      return std::holds_alternative<LinkStateFault>(fault.what) ||
             std::holds_alternative<PlaneStateFault>(fault.what);
    });
  }
  return faults;
}

class EngineIndependenceTest : public ::testing::TestWithParam<int> {};

TEST_P(EngineIndependenceTest, ResultDoesNotDependOnHowItIsComputed) {
  constexpr int kSeedsPerCase = 40;
  for (int i = 0; i < kSeedsPerCase; ++i) {
    const uint64_t seed = static_cast<uint64_t>(GetParam() * kSeedsPerCase + i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draws draws(seed);
    const FabricSpec spec = RandomFabric(draws);
    const std::vector<Send> sends = RandomSends(spec, draws);
    FabricOptions options;
    options.seed = seed;
    const FaultSchedule faults = FaultsOf(seed, spec, draws);
    const auto run = [&](const FabricOptions& how, int partitions = 1) {
      return RunTraffic(spec, sends, how, partitions, faults);
    };
    const Traffic expected = run(options);
    for (const SimTime arrival : expected.arrival) {
      ASSERT_TRUE(arrival >= SimTime() || !faults.empty());
    }
    FabricOptions packets = options;
    packets.trains = false;
    ExpectSame(expected, run(packets), "single packets");
    FabricOptions windows = options;
    windows.random_window_seed = seed + 1;
    ExpectSame(expected, run(windows), "random windows");
    FabricOptions merged = options;
    merged.merge_outputs = true;
    ExpectSame(expected, run(merged), "merged outputs");
    FabricOptions reversed = options;
    reversed.reverse_construction = true;
    ExpectSame(expected, run(reversed), "reverse construction");
    FabricOptions all = windows;
    all.reverse_construction = true;
    all.merge_outputs = true;
    ExpectSame(expected, run(all, 2 + static_cast<int>(seed % 3)), "partitions");
    if (HasFailure()) {
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, EngineIndependenceTest, ::testing::Range(0, 25));

// The engine against a plain simulator with one global event queue: every arrival to the
// picosecond.
TEST_P(EngineIndependenceTest, ArrivalsAreThoseOfAGlobalEventQueue) {
  constexpr int kSeedsPerCase = 40;
  for (int i = 0; i < kSeedsPerCase; ++i) {
    const uint64_t seed = 500'000 + static_cast<uint64_t>(GetParam() * kSeedsPerCase + i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draws draws(seed);
    const FabricSpec spec = RandomFabric(draws);
    const std::vector<Send> sends = RandomSends(spec, draws);
    FabricOptions options;
    options.seed = seed;
    const FaultSchedule faults = FaultsOf(seed, spec, draws);
    testing::ReferenceFabric reference(spec, seed, faults);
    const Traffic traffic = RunTraffic(spec, sends, options, 1, faults);
    ASSERT_EQ(traffic.deliveries, reference.Run(sends));
    int64_t replays = 0;
    int64_t returned = 0;
    for (const ChannelCounters& counters : traffic.counters) {
      replays += counters.replays;
      returned += counters.shares_returned;
    }
    ASSERT_EQ(replays, reference.replays());
    ASSERT_EQ(returned, reference.shares_returned());
  }
}

// What one link carries cannot exceed its rate, nor arrive before the bound of its bits.
TEST(EngineBoundTest, NoMessageBeatsItsPayloadBitsAndItsPath) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draws draws(seed + 1'000'000);
    const FabricSpec spec = RandomFabric(draws);
    const std::vector<Send> sends = RandomSends(spec, draws);
    const Traffic traffic = RunTraffic(spec, sends);
    int links = 0;
    for (const PlaneGroupSpec& group : spec.groups) {
      links += group.planes * group.links;
    }
    // 20 ps a byte on one link; the path by its figures.
    const int64_t fec = spec.link.has_fec ? 25'600 + 40'000 : 0;
    const int64_t wire =
        spec.link.phy_tx.count() + spec.link.phy_rx.count() + fec + spec.link.propagation.count();
    const int64_t path = spec.endpoint.injection.count() + spec.endpoint.delivery.count() +
                         spec.switch_chip.pipeline.count() + 2 * wire;
    for (size_t i = 0; i < sends.size(); ++i) {
      const int64_t bits = sends[i].size.count() * 20 / links;
      EXPECT_GE(traffic.arrival[i].since_start().count(), sends[i].delay.count() + path + bits);
    }
    const SimTime last = *std::max_element(traffic.arrival.begin(), traffic.arrival.end());
    for (const ChannelCounters& counters : traffic.counters) {
      EXPECT_LE(counters.busy, last.since_start());
      EXPECT_LE(counters.wire_bytes * 20, last.since_start().count());
    }
    EXPECT_EQ(traffic.totals.messages_posted, traffic.totals.messages_delivered);
  }
}

}  // namespace
}  // namespace upfabric::fabric
