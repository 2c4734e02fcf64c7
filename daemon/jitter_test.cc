#include "daemon/jitter.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

TEST(SkewedStartsTest, AreBelowTheLimitAndReachBothEnds) {
  constexpr Picoseconds kLimit(4);
  const std::vector<Picoseconds> starts = SkewedStarts(1, 1, 400, kLimit);
  ASSERT_EQ(starts.size(), 400u);
  for (int64_t value = 0; value < kLimit.count(); ++value) {
    // 100 expected; 60 is more than four standard deviations below.
    EXPECT_GT(std::count(starts.begin(), starts.end(), Picoseconds(value)), 60) << value;
  }
  EXPECT_LT(*std::max_element(starts.begin(), starts.end()), kLimit);
}

TEST(SkewedStartsTest, DependOnSeedRepetitionAndRankAlone) {
  constexpr Picoseconds kLimit(1'000'000);
  const std::vector<Picoseconds> starts = SkewedStarts(7, 3, 8, kLimit);
  EXPECT_EQ(SkewedStarts(7, 3, 8, kLimit), starts);
  EXPECT_NE(SkewedStarts(8, 3, 8, kLimit), starts);
  EXPECT_NE(SkewedStarts(7, 4, 8, kLimit), starts);
  EXPECT_NE(starts[0], starts[1]);
  const std::vector<Picoseconds> fewer = SkewedStarts(7, 3, 5, kLimit);
  EXPECT_TRUE(std::equal(fewer.begin(), fewer.end(), starts.begin()));
}

TEST(SpreadOfTest, TakesTheLowerMedian) {
  const v1::Jitter odd = SpreadOf({30, 10, 20});
  EXPECT_EQ(odd.repetitions(), 3);
  EXPECT_EQ(odd.min_ps(), 10);
  EXPECT_EQ(odd.median_ps(), 20);
  EXPECT_EQ(odd.max_ps(), 30);
  EXPECT_EQ(SpreadOf({4, 1, 3, 2}).median_ps(), 2);
  EXPECT_EQ(SpreadOf({9}).median_ps(), 9);
}

}  // namespace
}  // namespace upfabric::daemon
