#include "fabric/model/flit_errors.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace upfabric::fabric {
namespace {

TEST(FlitErrorsTest, GapsAreThoseOfTheExactDistribution) {
  // With probability 1/2 a draw in the upper half fails at once, in the next quarter after one.
  const FlitErrors half(Ratio(1, 2), Ratio(1));
  constexpr uint64_t kTop = uint64_t{1} << 63;
  EXPECT_EQ(half.Gap(std::numeric_limits<uint64_t>::max()), 0);
  EXPECT_EQ(half.Gap(kTop), 0);
  EXPECT_EQ(half.Gap(kTop - 1), 1);
  EXPECT_EQ(half.Gap(kTop / 2), 1);
  EXPECT_EQ(half.Gap(kTop / 2 - 1), 2);
  EXPECT_EQ(half.Gap(1), 63);
  EXPECT_LE(FlitErrors(Ratio(1, 1'000'000'000'000), Ratio(1)).Gap(0), FlitErrors::kGapMax);
}

TEST(FlitErrorsTest, AFlitThatFailsMakesAllItsUnitsUseless) {
  // Flits of 2.5 units begin in units 0, 2, 5, 7, 10.
  const FlitErrors errors(Ratio(1, 2), Ratio(5, 2));
  constexpr uint64_t kTop = uint64_t{1} << 63;
  EXPECT_EQ(errors.NextFailing(0, kTop), 0);          // the flit at hand fails
  EXPECT_EQ(errors.NextFailing(1, kTop), 1);          // in the middle of it
  EXPECT_EQ(errors.NextFailing(1, kTop - 1), 2);      // the next one
  EXPECT_EQ(errors.NextFailing(0, kTop / 2 - 1), 5);  // two pass
}

TEST(FlitErrorTablesTest, ARateHasOneTable) {
  FlitErrorTables tables(Ratio(1));
  EXPECT_EQ(tables.For(Ratio(0)), nullptr);
  const FlitErrors* first = tables.For(Ratio(1, 100));
  tables.For(Ratio(1, 1'000));
  EXPECT_EQ(tables.For(Ratio(1, 100)), first);
}

}  // namespace
}  // namespace upfabric::fabric
