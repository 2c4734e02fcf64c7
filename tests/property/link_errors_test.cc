// Goal: links fail as often as their rate says, from 1e-2 to 1e-12, and what they carry is right
// all the same. Method: long streams over one link; the replays must lie within 4 standard
// deviations of what independent flits give. And collectives with payload at high rates.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "fabric/model/flit_errors.h"
#include "tests/testing/fabric_specs.h"
#include "tests/testing/job_on_fabric.h"
#include "tests/testing/job_on_fake.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric {
namespace {

using testing::RunTraffic;
using testing::Send;
using testing::Traffic;

constexpr Picoseconds kNow(0);
// From one start of a failed packet (18 flits of 16 B at 20 ps a byte) to the next: itself, both
// ways of the wire (25 + 25.6 + 40 + 6.9 + 20 ns) and the turnaround of 50 ns.
constexpr int64_t kGap = 18 * 16 * 20 + 2 * 117'500 + 50'000;

FabricSpec WithErrors(Ratio rate) {
  FabricSpec spec = testing::SmallFabric();
  spec.link.has_errors = true;
  spec.link.errors.flit_error_rate = rate;
  spec.link.errors.flit = Bytes(16);
  spec.link.errors.retry = {Bytes(1 << 16), Bytes(1024), Picoseconds(50'000)};
  return spec;
}

template <typename Member>
int64_t Sum(const Traffic& traffic, Member member) {
  int64_t sum = 0;
  for (const ChannelCounters& counters : traffic.counters) {
    sum += counters.*member;
  }
  return sum;
}

// Goal: the mean gap is (1 - p) / p over all rates. Method: 40,000 keyed draws a rate; the standard
// error of the mean is 1 / p / sqrt(draws), so 4 of them are 2 % of it.
TEST(FlitErrorsTest, MeanGapIsTheInverseOfTheRate) {
  for (const int64_t inverse : {100, 1'000, 1'000'000, 1'000'000'000}) {
    const FlitErrors errors(Ratio(1, inverse), Ratio(1));
    constexpr int kDraws = 40'000;
    double sum = 0;
    for (int i = 0; i < kDraws; ++i) {
      sum += static_cast<double>(errors.Gap(Chain(7, static_cast<uint64_t>(i))));
    }
    const double expected = static_cast<double>(inverse - 1);
    EXPECT_NEAR(sum / kDraws, expected, 4 * static_cast<double>(inverse) / std::sqrt(kDraws));
  }
  // At 1e-12 the mean of 400 draws is known to 20 %.
  const FlitErrors rare(Ratio(1, 1'000'000'000'000), Ratio(1));
  double sum = 0;
  for (uint64_t i = 0; i < 400; ++i) {
    sum += static_cast<double>(rare.Gap(Chain(8, i)));
  }
  EXPECT_NEAR(sum / 400, 1e12, 0.2e12);
}

// A packet fails with q = 1 - (1 - p)^18, again and again: q / (1 - q) replays a packet are
// expected, with a variance of q / (1 - q)^2.
TEST(LinkErrorsTest, ReplaysAgreeWithTheBinomialExpectation) {
  const std::pair<Ratio, int64_t> cases[] = {{Ratio(1, 100), 20'000},
                                             {Ratio(1, 1'000), 50'000},
                                             {Ratio(1, 10'000), 200'000},
                                             {Ratio(1, 1'000'000), 4'000'000},
                                             {Ratio(1, 100'000'000), 40'000'000},
                                             {Ratio(1, 1'000'000'000'000), 4'000'000}};
  for (const auto& [rate, packets] : cases) {
    const Traffic traffic =
        RunTraffic(WithErrors(rate), {{0, 1, Bytes(256 * packets), 0, kNow, 0}});
    const double hops = 2.0 * static_cast<double>(packets);
    const double q = -std::expm1(18 * std::log1p(-rate.ToDouble()));
    const double expected = hops * q / (1 - q);
    const double sigma = std::sqrt(hops * q) / (1 - q);
    const int64_t replays = Sum(traffic, &ChannelCounters::replays);
    EXPECT_NEAR(static_cast<double>(replays), expected, 4 * sigma + 1e-3) << rate.ToDouble();
    // All of the wire between a failed start and the next is in vain, whole flits of it.
    EXPECT_EQ(Sum(traffic, &ChannelCounters::discarded_wire_bytes), replays * (kGap / 320 * 16));
    EXPECT_EQ(Sum(traffic, &ChannelCounters::payload_bytes), 2 * 256 * packets);
    EXPECT_EQ(Sum(traffic, &ChannelCounters::packets), 2 * packets);
  }
}

FabricSpec UalinkWithErrors(Ratio rate) {
  FabricSpec spec = WithErrors(rate);
  spec.protocol = testing::Ualink();
  spec.link.errors.flit = Bytes(640);
  return spec;
}

// Flits of 640 B over two links, 14 million on each: F p / (1 - p) replays are expected of F flits,
// with a variance of as much. A stream ends later by the gaps of its replays, those of both links
// at most: from a failed packet (5.47898 ns) to its copy are both ways of the wire and the
// turnaround.
TEST(LinkErrorsTest, ASweepOfUalinkRatesGivesTheBinomialExpectationAndItsDelay) {
  constexpr int64_t kUalinkGap = 5'478 + 2 * 117'500 + 50'000;
  const std::vector<Send> sends = {{0, 1, Bytes(int64_t{256} << 25), 0, kNow, 0}};
  const SimTime clean = RunTraffic(UalinkWithErrors(Ratio(0)), sends).arrival[0];
  for (const int64_t inverse : std::initializer_list<int64_t>{1'000'000, 10'000'000, 100'000'000,
                                                              10'000'000'000, 1'000'000'000'000}) {
    SCOPED_TRACE(inverse);
    const Traffic traffic = RunTraffic(UalinkWithErrors(Ratio(1, inverse)), sends);
    const double p = 1.0 / static_cast<double>(inverse);
    const double flits = static_cast<double>(Sum(traffic, &ChannelCounters::wire_bytes)) / 640;
    const double expected = flits * p / (1 - p);
    const int64_t replays = Sum(traffic, &ChannelCounters::replays);
    EXPECT_NEAR(static_cast<double>(replays), expected, 4 * std::sqrt(expected));
    int64_t most = 0;
    for (const ChannelCounters& counters : traffic.counters) {
      most = std::max(most, counters.replays);
    }
    const int64_t late = (traffic.arrival[0] - clean).count();
    EXPECT_GE(late, most * kUalinkGap);
    EXPECT_LE(late, replays * (kUalinkGap + 1));
  }
}

// The bytes of every replayed packet arrive once and whole, in every algorithm of an all-reduce;
// with more errors it takes longer.
TEST(LinkErrorsTest, AnAllReduceIsRightAtHighRates) {
  const collectives::AlgorithmRegistry registry = collectives::BuiltinAlgorithms();
  for (const collectives::Algorithm* algorithm :
       registry.List(collectives::Collective::kAllReduce)) {
    collectives::JobSpec job{.request = {.ranks = 4, .count = 1'000'003}, .algorithm = algorithm};
    for (int rank = 0; rank < 4; ++rank) {
      job.endpoints.emplace_back(rank);
    }
    SimTime before;
    for (const Ratio& rate : {Ratio(0), Ratio(1, 10'000), Ratio(1, 100)}) {
      SCOPED_TRACE(std::string(algorithm->info().name) + " at " + std::to_string(rate.ToDouble()));
      FabricSpec spec = UalinkWithErrors(rate);
      spec.switch_chip.in_switch = testing::InSwitch();
      const collectives::JobOutcome outcome = collectives::RunJobOnFabric(spec, job);
      ASSERT_TRUE(outcome.finished);
      EXPECT_EQ(outcome.wrong, 0);
      EXPECT_EQ(outcome.replays > 0, rate > Ratio(0));
      EXPECT_GT(outcome.last_end, before);
      before = outcome.last_end;
    }
  }
}

// UALink's flits hold parts of several packets; one that fails costs one replay.
TEST(LinkErrorsTest, AFailedFlitOfUalinkIsOneReplay) {
  const FabricSpec spec = UalinkWithErrors(Ratio(1, 100'000));
  const Traffic traffic = RunTraffic(spec, {{0, 1, Bytes(256 << 22), 0, kNow, 0}});
  const double flits = static_cast<double>(Sum(traffic, &ChannelCounters::wire_bytes)) / 640;
  const double expected = flits * 1e-5;
  EXPECT_NEAR(static_cast<double>(Sum(traffic, &ChannelCounters::replays)), expected,
              4 * std::sqrt(expected));
}

}  // namespace
}  // namespace upfabric::fabric
