#include "collectives/sampled_layout.h"

#include <gtest/gtest.h>

#include <vector>

#include "collectives/patterns/ring.h"
#include "collectives/patterns/split.h"

namespace upfabric::collectives {
namespace {

std::vector<int64_t> AllElements(const SampledLayout& layout) {
  std::vector<int64_t> elements(static_cast<size_t>(layout.kept_count()));
  layout.Elements(0, elements);
  return elements;
}

TEST(BalancedSplitTest, PartsCoverTheWholeAndDifferByAtMostOne) {
  for (int64_t count = 0; count < 40; ++count) {
    for (int64_t parts = 1; parts < 12; ++parts) {
      const BalancedSplit split(count, parts);
      int64_t next = 0;
      for (int64_t part = 0; part < parts; ++part) {
        ASSERT_EQ(split.offset(part), next);
        ASSERT_EQ(split.count(part), count / parts + (part < count % parts ? 1 : 0));
        next += split.count(part);
      }
      ASSERT_EQ(next, count);
    }
  }
}

TEST(RingShiftTest, GoesAroundBothWays) {
  EXPECT_EQ(RingShift(4, 1, 5), 0);
  EXPECT_EQ(RingShift(0, -1, 5), 4);
  EXPECT_EQ(RingShift(3, -13, 5), 0);
  EXPECT_EQ(RingShift(0, 7, 1), 0);
}

TEST(SampledLayoutTest, StepOneKeepsEverything) {
  const SampledLayout layout({.block_count = 7}, 1);
  EXPECT_EQ(AllElements(layout), (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(layout.Locate(2, 3).first, 2);
  EXPECT_EQ(layout.Locate(2, 3).count, 3);
}

TEST(SampledLayoutTest, KeepsFirstAndLastOfEachGranule) {
  // Two blocks of 9 elements, each in parts of 5 and 4.
  const SampledLayout layout({.blocks = 2, .block_count = 9, .outer = 2}, 3);
  EXPECT_EQ(AllElements(layout), (std::vector<int64_t>{0, 3, 4, 5, 8, 9, 12, 13, 14, 17}));
  EXPECT_EQ(layout.Locate(5, 4).first, 3);
  EXPECT_EQ(layout.Locate(5, 4).count, 2);
  EXPECT_EQ(layout.Locate(9, 9).first, 5);
  EXPECT_EQ(layout.Locate(9, 9).count, 5);
}

TEST(SampledLayoutTest, EmptyGranulesAndBuffersKeepNothing) {
  const SampledLayout layout({.block_count = 2, .inner = 5}, 4);
  EXPECT_EQ(AllElements(layout), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(layout.Locate(2, 0).count, 0);
  EXPECT_EQ(SampledLayout({}, 4).kept_count(), 0);
}

TEST(SampledLayoutTest, GranulesOfOneSizeKeepTheSamePositions) {
  for (int64_t step = 1; step < 9; ++step) {
    const Partition partition{.blocks = 3, .block_count = 101, .outer = 3, .inner = 4};
    const SampledLayout layout(partition, step);
    const BalancedSplit outer(101, 3);
    for (int64_t block = 0; block < 3; ++block) {
      for (int64_t part = 0; part < 3; ++part) {
        const BalancedSplit inner(outer.count(part), 4);
        for (int64_t granule = 0; granule < 4; ++granule) {
          const int64_t start = block * 101 + outer.offset(part) + inner.offset(granule);
          const auto run = layout.Locate(start, inner.count(granule));
          std::vector<int64_t> kept(static_cast<size_t>(run.count));
          layout.Elements(run.first, kept);
          const SampledLayout alone({.block_count = inner.count(granule)}, step);
          std::vector<int64_t> expected = AllElements(alone);
          for (int64_t& element : expected) {
            element += start;
          }
          ASSERT_EQ(kept, expected);
        }
      }
    }
  }
}

TEST(SampledLayoutDeathTest, RangeThatCutsAGranuleIsABrokenInvariant) {
  const SampledLayout layout({.block_count = 10, .outer = 2}, 2);
  EXPECT_DEATH(layout.Locate(0, 4), "broken invariant");
}

}  // namespace
}  // namespace upfabric::collectives
