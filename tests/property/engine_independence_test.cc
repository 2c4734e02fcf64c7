// Goal: a result depends on the fabric and the traffic alone, and is the right one. Method: random
// small fabrics and random traffic (incast, chained sends, several virtual channels, tight buffers,
// copies and reductions by switches), half of them with faults, each run as it is, packet by
// packet, with window lengths drawn at random in [1, W] for every window, with components made in
// reverse order, with switches that merge their outputs, and on 2 and 3 partitions. Fingerprint,
// arrival times and every counter must be the same, and those of a plain simulator with one global
// event queue (reference_fabric.h).
//
// UPFABRIC_SEEDS=FIRST:COUNT runs other seeds.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/testing/fabric_specs.h"
#include "tests/testing/reference_fabric.h"
#include "tests/testing/seed_range.h"
#include "tests/testing/traffic.h"
#include "tests/testing/traffic_case.h"

namespace upfabric::fabric {
namespace {

using testing::Draws;
using testing::RandomFabric;
using testing::RandomSends;
using testing::RunTraffic;
using testing::SeedBlock;
using testing::Send;
using testing::Traffic;
using testing::TrafficCase;

void ExpectSameCounters(const std::vector<ChannelCounters>& expected,
                        const std::vector<ChannelCounters>& actual) {
  ASSERT_EQ(expected.size(), actual.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const ChannelCounters& a = expected[i];
    const ChannelCounters& b = actual[i];
    SCOPED_TRACE(a.name);
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.packets, b.packets);
    EXPECT_EQ(a.payload_bytes, b.payload_bytes);
    EXPECT_EQ(a.wire_bytes, b.wire_bytes);
    EXPECT_EQ(a.busy, b.busy);
    EXPECT_EQ(a.credit_stall, b.credit_stall);
    EXPECT_EQ(a.queue_packets_max, b.queue_packets_max);
    EXPECT_EQ(a.replays, b.replays);
    EXPECT_EQ(a.discarded_wire_bytes, b.discarded_wire_bytes);
    EXPECT_EQ(a.shares_returned, b.shares_returned);
    EXPECT_EQ(a.leaked_wire_bytes, b.leaked_wire_bytes);
  }
}

void ExpectSame(const Traffic& expected, const Traffic& actual, const char* how) {
  SCOPED_TRACE(how);
  EXPECT_FALSE(actual.hung);
  EXPECT_EQ(expected.Fingerprint(), actual.Fingerprint());
  EXPECT_EQ(expected.deliveries, actual.deliveries);
  EXPECT_EQ(expected.sent, actual.sent);
  EXPECT_EQ(expected.totals.hops, actual.totals.hops);
  EXPECT_EQ(expected.totals.packets_replicated, actual.totals.packets_replicated);
  EXPECT_EQ(expected.totals.packets_reduced, actual.totals.packets_reduced);
  EXPECT_EQ(expected.blocked, actual.blocked);
  EXPECT_EQ(expected.failures.empty(), actual.failures.empty());
  ExpectSameCounters(expected.counters, actual.counters);
}

void ExpectReference(const TrafficCase& made, const Traffic& actual) {
  SCOPED_TRACE("the plain simulator");
  testing::ReferenceFabric reference(made.spec, made.options.seed, made.faults);
  EXPECT_EQ(reference.Run(made.sends), actual.deliveries);
  EXPECT_EQ(reference.Sent(), actual.sent);
  ExpectSameCounters(reference.Counters(), actual.counters);
}

// A way to run it that must not show.
struct Way {
  const char* name;
  int partitions = 1;
  bool trains = true;
  bool random_windows = false;
  bool merge_outputs = false;
  bool reverse_construction = false;
  Picoseconds min_window = Picoseconds(50'000);
};

constexpr Way kWays[] = {
    {.name = "single packets", .trains = false},
    {.name = "random windows", .random_windows = true},
    {.name = "no clusters", .min_window = Picoseconds(0)},
    {.name = "clusters wherever links are shorter than injection",
     .random_windows = true,
     .min_window = Picoseconds(1'000'000)},
    {.name = "merged outputs", .merge_outputs = true},
    {.name = "reverse construction", .reverse_construction = true},
    {.name = "2 partitions",
     .partitions = 2,
     .random_windows = true,
     .merge_outputs = true,
     .reverse_construction = true},
    {.name = "3 partitions, single packets",
     .partitions = 3,
     .trains = false,
     .random_windows = true},
};

void ExpectOneResult(uint64_t seed) {
  const TrafficCase made = testing::RandomTrafficCase(seed);
  const Traffic expected = RunTraffic(made.spec, made.sends, made.options, 1, made.faults);
  EXPECT_FALSE(expected.hung);
  for (const SimTime arrival : expected.arrival) {
    EXPECT_TRUE(arrival >= SimTime() || !made.faults.empty());
  }
  ExpectReference(made, expected);
  for (const Way& way : kWays) {
    FabricOptions options = made.options;
    options.trains = way.trains;
    options.random_window_seed = way.random_windows ? seed + 1 : 0;
    options.merge_outputs = way.merge_outputs;
    options.min_window = way.min_window;
    options.reverse_construction = way.reverse_construction;
    ExpectSame(expected, RunTraffic(made.spec, made.sends, options, way.partitions, made.faults),
               way.name);
  }
}

class EngineIndependenceTest : public ::testing::TestWithParam<SeedBlock> {};

TEST_P(EngineIndependenceTest, ResultDoesNotDependOnHowItIsComputed) {
  for (int64_t i = 0; i < GetParam().count && !HasFailure(); ++i) {
    const int64_t seed = GetParam().first + i;
    SCOPED_TRACE("seed " + std::to_string(seed));
    ExpectOneResult(static_cast<uint64_t>(seed));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, EngineIndependenceTest,
                         ::testing::ValuesIn(testing::SeedBlocks(2'000, 50)),
                         [](const auto& block) { return testing::SeedBlockName(block.param); });

// Sets its timer again and again.
class EndlessClient final : public MessagePortClient {
 public:
  void OnStart(MessagePort& port) override {
    port_ = &port;
    OnTimer(SimTime(), 0);
  }
  void OnReceived(SimTime, uint32_t) override {}
  void OnLocalDone(SimTime, uint32_t) override {}
  void OnTimer(SimTime, uint32_t) override { port_->PostTimer(Picoseconds(1'000'000), 0); }

 private:
  MessagePort* port_ = nullptr;
};

// A hang fails a test instead of stopping it.
TEST(BoundedExchangeTest, ARowThatDoesNotEndIsStoppedInAllPartitions) {
  for (const int partitions : {1, 3}) {
    std::vector<absl::Status> statuses(static_cast<size_t>(partitions));
    testing::RunInLockstep(partitions, [&](int p, sim::WindowExchange& exchange) {
      const auto fabric =
          *Fabric::Create(testing::SmallFabric(), {.partition = p, .partitions = partitions});
      EndlessClient client;
      if (fabric->Owns(EndpointId(1))) {
        fabric->Attach(EndpointId(1), &client);
      }
      testing::BoundedExchange bounded(exchange, 1'000);
      statuses[static_cast<size_t>(p)] = fabric->RunRow(bounded);
    });
    for (const absl::Status& status : statuses) {
      EXPECT_EQ(status, absl::DeadlineExceededError("no end after 1000 windows"));
    }
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
