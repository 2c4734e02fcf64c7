#include "collectives/lower_bound.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/testing/job_on_fake.h"

namespace upfabric::collectives {
namespace {

using ::upfabric::testing::FakeFigures;

BoundFigures FiguresOf(const FakeFigures& fake) {
  return {.links = 1,
          .link_bits_per_second = Ratio(8'000'000'000'000, fake.link_ps_per_byte),
          .path_latency = Picoseconds(fake.latency_ps),
          .local_latency = Picoseconds(fake.local_latency_ps)};
}

TEST(LowerBoundTest, NoExecutionOfAnyAlgorithmBeatsIt) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Algorithm* algorithm : registry.All()) {
    for (const int ranks : {1, 2, 3, 8, 17}) {
      if (!Serves(*algorithm, ranks)) {
        continue;
      }
      for (const int64_t count : {0, 1, 1'000, 300'007}) {
        const CollectiveRequest request{.collective = algorithm->info().collective,
                                        .ranks = ranks,
                                        .count = count,
                                        .root = ranks / 2};
        SCOPED_TRACE(RequestText(request, *algorithm));
        const FakeFigures figures;
        LocalPayloadTransport transport;
        JobOnFake run({.request = request,
                       .algorithm = algorithm,
                       .payload = PayloadMode::kNone,
                       .iterations = 2,
                       .warmup = 1},
                      {.rated = true, .figures = figures}, transport);
        const LowerBound bound = ComputeLowerBound(FiguresOf(figures), *algorithm, request, 3);
        ASSERT_EQ(bound.rank_end.size(), static_cast<size_t>(ranks));
        Picoseconds last;
        for (const RankTimes& times : run.job->Times()) {
          EXPECT_LE(bound.rank_end[static_cast<size_t>(times.rank)], times.end.since_start());
          last = std::max(last, times.end.since_start());
        }
        EXPECT_LE(bound.last_end, last);
      }
    }
  }
}

// Where nothing contends the bound is the truth.
TEST(LowerBoundTest, IsExactForOneMessageAndItsReduction) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const CollectiveRequest request{.ranks = 2, .count = 1000};
  const LowerBound bound =
      ComputeLowerBound({.links = 4,
                         .link_bits_per_second = Ratio(100'000'000'000),
                         .path_latency = Picoseconds(700),
                         .local_latency = Picoseconds(50)},
                        **registry.Find(Collective::kAllReduce, "one_shot"), request, 1);
  // 4,000 B over 4 x 100 Gb/s take 80 ns, then one reduction.
  EXPECT_EQ(bound.last_end, Picoseconds(700 + 80'000 + 50));
}

TEST(LowerBoundTest, BytesThroughTheRootsLinksBoundTheLastRank) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const LowerBound bound = ComputeLowerBound(
      {.links = 1,
       .link_bits_per_second = Ratio(8'000'000'000'000),  // 1 B in 1 ps
       .path_latency = Picoseconds(10),
       .local_latency = Picoseconds(1)},
      **registry.Find(Collective::kBroadcast, "flat"),
      {.collective = Collective::kBroadcast, .ranks = 5, .count = 100, .root = 0}, 1);
  EXPECT_EQ(bound.rank_end[1], Picoseconds(10 + 400));
  EXPECT_EQ(bound.last_end, Picoseconds(10 + 4 * 400));
}

TEST(LowerBoundTest, NeedsNoMoreThanSecondsForAThousandRanks) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const LowerBound bound =
      ComputeLowerBound(FiguresOf({}), **registry.Find(Collective::kAllToAll, "direct"),
                        {.collective = Collective::kAllToAll, .ranks = 1024, .count = 1}, 1);
  // 1,023 messages of 4 B into each rank.
  EXPECT_EQ(bound.last_end, Picoseconds(1'000'000 + 1023 * 4 * 2));
}

}  // namespace
}  // namespace upfabric::collectives
