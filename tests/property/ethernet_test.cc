// Goal: Ethernet without credits behaves as such: an incast is marked, and trimmed, dropped or
// paused as the switch is told; what is lost is sent again, and everything arrives once; congestion
// control keeps queues short; and none of it depends on windows, partitions or the order of
// construction. Method: incasts on one switch, permutations on a leaf-spine, and random small
// fabrics with random traffic. That what was sent is received, dropped or held is checked after
// every row.
//
// UPFABRIC_SEEDS=FIRST:COUNT runs other seeds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "fabric/api/fabric.h"
#include "tests/testing/ethernet_specs.h"
#include "tests/testing/seed_range.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric {
namespace {

using testing::Draws;
using ::testing::HasSubstr;
using testing::RandomEthernet;
using testing::RunTraffic;
using testing::SeedBlock;
using testing::Send;
using testing::SmallEthernet;
using testing::Traffic;

CongestionCounters Sum(const Traffic& traffic) {
  CongestionCounters sum;
  for (const ChannelCounters& channel : traffic.counters) {
    sum += channel.congestion;
  }
  return sum;
}

SimTime LastArrival(const Traffic& traffic) {
  return *std::max_element(traffic.arrival.begin(), traffic.arrival.end());
}

// Endpoints 1 to 8 send to endpoint 0.
std::vector<Send> Incast(int64_t bytes) {
  std::vector<Send> sends;
  for (int source = 1; source <= 8; ++source) {
    sends.push_back({.source = source, .destination = 0, .size = Bytes(bytes)});
  }
  return sends;
}

class IncastTest : public ::testing::Test {
 protected:
  // All arrive, in not much more time than the receiver's link needs: 20 ps a byte.
  CongestionCounters Run(double slack) {
    constexpr int64_t kBytes = 1'000'000;
    const Traffic traffic = RunTraffic(spec_, Incast(kBytes));
    EXPECT_FALSE(traffic.hung);
    EXPECT_EQ(traffic.totals.messages_delivered, 8);
    const double needed = 8.0 * kBytes * 20;
    EXPECT_GT(LastArrival(traffic).since_start().count(), needed);
    EXPECT_LT(LastArrival(traffic).since_start().count(), needed * slack);
    return Sum(traffic);
  }
  SharedBufferSpec& buffer() { return *spec_.switch_chip.shared_buffer; }
  TransportSpec& transport() { return *spec_.endpoint.transport; }

  FabricSpec spec_ = SmallEthernet();
};

TEST_F(IncastTest, IsTrimmedWhereSwitchesTrim) {
  buffer().trim_above = Bytes(60'000);
  const CongestionCounters counts = Run(1.1);
  EXPECT_GT(counts.trimmed_packets, 0);
  EXPECT_EQ(counts.retransmitted_packets, counts.trimmed_packets);
  EXPECT_EQ(counts.dropped_packets, 0);
  EXPECT_EQ(counts.paused, Picoseconds(0));
}

TEST_F(IncastTest, IsDroppedWhereNothingElseIsLeft) {
  const CongestionCounters counts = Run(2);
  EXPECT_GT(counts.dropped_packets, 0);
  EXPECT_GE(counts.retransmitted_packets, counts.dropped_packets);
  EXPECT_EQ(counts.trimmed_packets, 0);
}

TEST_F(IncastTest, IsPausedWithPriorityFlowControl) {
  buffer().pause = PauseSpec{Bytes(12'000), Bytes(6'000)};
  buffer().size = Bytes(400'000);  // what 8 senders send before they stop
  transport().recovery = Recovery::kGoBackN;
  transport().entropies = 1;
  transport().congestion_control = std::monostate();
  const CongestionCounters counts = Run(1.1);
  EXPECT_GT(counts.paused, Picoseconds(0));
  EXPECT_EQ(counts.dropped_packets + counts.trimmed_packets, 0);
  EXPECT_EQ(counts.retransmitted_packets, 0);
}

TEST_F(IncastTest, RatesAreCutBeforeSendersAreStoppedForLong) {
  buffer().pause = PauseSpec{Bytes(12'000), Bytes(6'000)};
  buffer().size = Bytes(400'000);  // what 8 senders send before they stop
  transport().recovery = Recovery::kGoBackN;
  transport().entropies = 1;
  transport().congestion_control = std::monostate();
  const CongestionCounters without = Run(1.1);
  transport().congestion_control = testing::Dcqcn();
  const CongestionCounters with = Run(1.6);
  EXPECT_LT(with.paused * 2, without.paused);
  EXPECT_GT(with.marked_packets, 0);
}

TEST_F(IncastTest, GoBackNSendsMoreAgainThanItLost) {
  transport().recovery = Recovery::kGoBackN;
  transport().entropies = 1;
  const CongestionCounters counts = Run(4);
  EXPECT_GT(counts.dropped_packets, 0);
  EXPECT_GT(counts.retransmitted_packets, counts.dropped_packets);
}

// Windows settle where queues stay below the threshold at which the switch trims.
TEST_F(IncastTest, WindowsSettle) {
  buffer().trim_above = Bytes(60'000);
  const Traffic once = RunTraffic(spec_, Incast(1'000'000));
  const Traffic longer = RunTraffic(spec_, Incast(10'000'000));
  const int64_t later = Sum(longer).trimmed_packets - Sum(once).trimmed_packets;
  EXPECT_LT(later / 9, Sum(once).trimmed_packets / 5);
}

// Sixteen endpoints of one leaf send to as many of another one over eight spines.
TEST(SprayTest, EntropyValuesSpreadAFlowOverAllWays) {
  ClosSpec clos;
  clos.endpoints_per_leaf = 8;
  clos.spines = 8;
  FabricSpec spec = SmallEthernet();
  spec.shape = clos;
  spec.groups.clear();
  spec.endpoints = 16;
  spec.switch_chip.shared_buffer->size = Bytes(10'000'000);
  spec.switch_chip.shared_buffer->alpha = Ratio(8);
  std::vector<Send> sends;
  for (int e = 0; e < 8; ++e) {
    sends.push_back({.source = e, .destination = 8 + e, .size = Bytes(2'000'000)});
  }
  spec.endpoint.transport->entropies = 64;
  const SimTime sprayed = LastArrival(RunTraffic(spec, sends));
  spec.endpoint.transport->entropies = 1;
  const SimTime hashed = LastArrival(RunTraffic(spec, sends));
  const double alone = 2e6 * 20;
  EXPECT_LT(sprayed.since_start().count(), alone * 1.4);
  EXPECT_GT(hashed.since_start().count(), alone * 1.9);  // two flows on one link, at least
}

TEST(EthernetCheckTest, RefusesWhatIsNotModelled) {
  const auto message = [](const FabricSpec& spec) {
    return std::string(Fabric::Create(spec, {}).status().message());
  };
  FabricSpec spec = SmallEthernet();
  spec.endpoint.transport.reset();
  EXPECT_THAT(message(spec), HasSubstr("switch.shared_buffer: drops packets, but endpoints"));
  spec = SmallEthernet();
  spec.switch_chip.shared_buffer.reset();
  EXPECT_THAT(message(spec), HasSubstr("endpoint.transport: is given, but some switches"));
  spec = SmallEthernet();
  spec.protocol = testing::Nvlink();
  EXPECT_THAT(message(spec), HasSubstr("over protocol.ethernet"));
  spec = SmallEthernet();
  spec.endpoint.transport->recovery = Recovery::kGoBackN;
  EXPECT_THAT(message(spec), HasSubstr("with go-back-n needs packets in order"));
  spec = SmallEthernet();
  spec.switch_chip.shared_buffer->size = Bytes(8'000);
  EXPECT_THAT(message(spec), HasSubstr("an output may hold 4000 B of it, at most (size x alpha)"));
  spec = SmallEthernet();
  const auto fabric = *Fabric::Create(spec, {});
  EXPECT_THAT(fabric->SetFaults({{SimTime(), PlaneStateFault{0, false}}}).message(),
              HasSubstr("route adaptively or drop"));
}

void ExpectSame(const Traffic& expected, const Traffic& actual, const char* how) {
  SCOPED_TRACE(how);
  EXPECT_FALSE(actual.hung);
  EXPECT_EQ(expected.Fingerprint(), actual.Fingerprint());
  EXPECT_EQ(expected.deliveries, actual.deliveries);
  EXPECT_EQ(expected.sent, actual.sent);
  EXPECT_EQ(expected.totals.hops, actual.totals.hops);
  ASSERT_EQ(expected.counters.size(), actual.counters.size());
  for (size_t i = 0; i < expected.counters.size(); ++i) {
    const ChannelCounters& a = expected.counters[i];
    const ChannelCounters& b = actual.counters[i];
    SCOPED_TRACE(a.name);
    EXPECT_EQ(a.packets, b.packets);
    EXPECT_EQ(a.wire_bytes, b.wire_bytes);
    EXPECT_EQ(a.queue_packets_max, b.queue_packets_max);
    EXPECT_EQ(a.replays, b.replays);
    EXPECT_EQ(a.congestion.marked_packets, b.congestion.marked_packets);
    EXPECT_EQ(a.congestion.trimmed_packets, b.congestion.trimmed_packets);
    EXPECT_EQ(a.congestion.dropped_packets, b.congestion.dropped_packets);
    EXPECT_EQ(a.congestion.retransmitted_packets, b.congestion.retransmitted_packets);
    EXPECT_EQ(a.congestion.paused, b.congestion.paused);
  }
}

class EthernetIndependenceTest : public ::testing::TestWithParam<SeedBlock> {};

TEST_P(EthernetIndependenceTest, AllArrivesOnceWhateverWayItIsComputed) {
  for (int64_t i = 0; i < GetParam().count && !HasFailure(); ++i) {
    const auto seed = static_cast<uint64_t>(GetParam().first + i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draws draws(seed);
    const FabricSpec spec = RandomEthernet(draws);
    const std::vector<Send> sends = testing::RandomSends(spec, draws);
    FabricOptions options;
    options.seed = seed;
    const Traffic expected = RunTraffic(spec, sends, options);
    EXPECT_FALSE(expected.hung);
    EXPECT_EQ(expected.totals.messages_delivered, static_cast<int64_t>(sends.size()));
    options.reverse_construction = true;
    ExpectSame(expected, RunTraffic(spec, sends, options), "reverse construction");
    options.random_window_seed = seed + 1;
    ExpectSame(expected, RunTraffic(spec, sends, options), "random windows");
    options.min_window = Picoseconds(1'000'000);
    ExpectSame(expected, RunTraffic(spec, sends, options, 3), "clusters, 3 partitions");
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, EthernetIndependenceTest,
                         ::testing::ValuesIn(testing::SeedBlocks(1'000, 50)),
                         [](const auto& block) { return testing::SeedBlockName(block.param); });

}  // namespace
}  // namespace upfabric::fabric
