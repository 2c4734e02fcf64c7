#include "daemon/cli/numbers.h"

#include <gtest/gtest.h>

#include <limits>

namespace upfabric::daemon::cli {
namespace {

v1::Row RowOf(int64_t bytes, int64_t time_ps) {
  v1::Row row;
  row.set_bytes(bytes);
  row.set_time_ps(time_ps);
  return row;
}

TEST(DecimalTextTest, RoundsHalvesAwayFromZero) {
  EXPECT_EQ(DecimalText({1, 3}, 4), "0.3333");
  EXPECT_EQ(DecimalText({2, 3}, 4), "0.6667");
  EXPECT_EQ(DecimalText({1, 2}, 0), "1");
  EXPECT_EQ(DecimalText({1, 4}, 1), "0.3");
  EXPECT_EQ(DecimalText({-1, 4}, 1), "-0.3");
  EXPECT_EQ(DecimalText({999999, 1000000}, 2), "1.00");
}

TEST(DecimalTextTest, HasNoNegativeZero) {
  EXPECT_EQ(DecimalText({-1, 1000}, 2), "0.00");
  EXPECT_EQ(DecimalText({0, 7}, 3), "0.000");
}

TEST(DecimalTextTest, HoldsEveryPicosecond) {
  EXPECT_EQ(MicrosecondsText(Picoseconds(32'587'520)), "32.587520");
  EXPECT_EQ(MicrosecondsText(Picoseconds(1)), "0.000001");
  EXPECT_EQ(NanosecondsText(Picoseconds(-1'500)), "-1.500");
  EXPECT_EQ(SecondsText(Picoseconds(1'000'000'000'001)), "1.000000000001");
  EXPECT_EQ(MicrosecondsText(Picoseconds(std::numeric_limits<int64_t>::max())),
            "9223372036854.775807");
}

TEST(BandwidthTest, IsBytesOverTimeInDecimalGigabytes) {
  // 1 GB in 2 ms.
  EXPECT_EQ(DecimalText(AlgorithmBandwidth(RowOf(1'000'000'000, 2'000'000'000)), 3), "500.000");
}

TEST(BandwidthTest, BusFactorsAreThoseOfNcclTests) {
  const v1::Row row = RowOf(1'000'000'000, 1'000'000'000);  // 1000 GB/s
  const auto bus = [&row](v1::Collective c, int n) {
    return DecimalText(BusBandwidth(row, c, n), 2);
  };
  EXPECT_EQ(bus(v1::COLLECTIVE_ALL_REDUCE, 8), "1750.00");
  EXPECT_EQ(bus(v1::COLLECTIVE_ALL_GATHER, 8), "875.00");
  EXPECT_EQ(bus(v1::COLLECTIVE_REDUCE_SCATTER, 8), "875.00");
  EXPECT_EQ(bus(v1::COLLECTIVE_ALL_TO_ALL, 8), "875.00");
  EXPECT_EQ(bus(v1::COLLECTIVE_BROADCAST, 8), "1000.00");
  EXPECT_EQ(bus(v1::COLLECTIVE_SENDRECV, 8), "1000.00");
  EXPECT_EQ(bus(v1::COLLECTIVE_REDUCE, 8), "1000.00");
  EXPECT_EQ(bus(v1::COLLECTIVE_GATHER, 8), "875.00");
  EXPECT_EQ(bus(v1::COLLECTIVE_SCATTER, 8), "875.00");
}

TEST(BandwidthTest, OneRankGivesZeroAndNeverNan) {
  EXPECT_EQ(DecimalText(BusBandwidth(RowOf(8, 100), v1::COLLECTIVE_ALL_REDUCE, 1), 2), "0.00");
  EXPECT_EQ(DecimalText(BusBandwidth(RowOf(8, 0), v1::COLLECTIVE_BROADCAST, 1), 2), "0.00");
  EXPECT_EQ(DecimalText(AlgorithmBandwidth(RowOf(0, 0)), 2), "0.00");
}

TEST(NarrowNumberTest, TakesTheMostDecimalsThatFit) {
  EXPECT_EQ(NarrowNumber(32.5875, 7), "  32.59");
  EXPECT_EQ(NarrowNumber(4725.62, 7), "4725.62");
  EXPECT_EQ(NarrowNumber(47256.25, 7), "47256.2");
  EXPECT_EQ(NarrowNumber(472562.5, 7), " 472562");
  EXPECT_EQ(NarrowNumber(4725625.0, 7), "4725625");
  EXPECT_EQ(NarrowNumber(47256250.0, 7), "4.7e+07");
  EXPECT_EQ(NarrowNumber(999.994, 6), "999.99");
  EXPECT_EQ(NarrowNumber(999.999, 6), "1000.0");
  EXPECT_EQ(NarrowNumber(1234567.0, 6), " 1e+06");
  EXPECT_EQ(NarrowNumber(0.0, 6), "  0.00");
}

TEST(FingerprintTextTest, HasSixteenDigits) {
  EXPECT_EQ(FingerprintText(0xabc), "0000000000000abc");
  EXPECT_EQ(FingerprintText(~uint64_t{0}), "ffffffffffffffff");
}

}  // namespace
}  // namespace upfabric::daemon::cli
