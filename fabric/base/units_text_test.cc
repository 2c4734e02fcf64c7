#include "fabric/base/units_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace upfabric {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// The message of an error of the right kind, on one line.
template <typename T>
std::string ErrorOf(const absl::StatusOr<T>& result) {
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(result.status().message()), Not(HasSubstr("\n")));
  return {result.status().message().data(), result.status().message().size()};
}

TEST(UnitsTextTest, ProbabilitiesMayHaveAPowerOfTen) {
  EXPECT_EQ(ParseProbability("6.2e-11").value(), Ratio(62, 1'000'000'000'000));
  EXPECT_EQ(ParseProbability("1e-18").value(), Ratio(1, 1'000'000'000'000'000'000));
  EXPECT_EQ(ParseProbability("1/16129032258").value(), Ratio(1, 16'129'032'258));
  EXPECT_EQ(ParseProbability("0").value(), Ratio(0));
  for (const char* text : {"1e-19", "1.5", "1e-", "1e-2x", "1e3", "e-3", "-1e-3", "0.01e-17"}) {
    EXPECT_EQ(ParseProbability(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(ParseEnergyPerBitTest, KnowsEveryUnit) {
  EXPECT_EQ(ParseEnergyPerBit("3.3pJ/bit").value(), Ratio(33, 10));
  EXPECT_EQ(ParseEnergyPerBit("420fJ/bit").value(), Ratio(42, 100));
  EXPECT_THAT(ErrorOf(ParseEnergyPerBit("3W")), HasSubstr("fJ/bit, pJ/bit"));
}

TEST(ParseTimeTest, KnowsEveryUnit) {
  EXPECT_EQ(ParseTime("1ps").value(), Picoseconds(1));
  EXPECT_EQ(ParseTime("35ns").value(), Picoseconds(35'000));
  EXPECT_EQ(ParseTime("2us").value(), Picoseconds(2'000'000));
  EXPECT_EQ(ParseTime("3ms").value(), Picoseconds(3'000'000'000));
  EXPECT_EQ(ParseTime("4s").value(), Picoseconds(4'000'000'000'000));
}

TEST(ParseTimeTest, TakesDecimalsFractionsAndASpace) {
  EXPECT_EQ(ParseTime("209.4ns").value(), Picoseconds(209'400));
  EXPECT_EQ(ParseTime("4.6 ns").value(), Picoseconds(4'600));
  EXPECT_EQ(ParseTime("1/8ns").value(), Picoseconds(125));
  EXPECT_EQ(ParseTime("0ps").value(), Picoseconds(0));
}

TEST(ParseTimeTest, RefusesWhatIsFinerThanAPicosecond) {
  EXPECT_THAT(ErrorOf(ParseTime("0.5ps")), HasSubstr("not a whole number of picoseconds"));
  EXPECT_THAT(ErrorOf(ParseTime("1/3ns")), HasSubstr("not a whole number of picoseconds"));
}

TEST(ParseTimeTest, RefusesANumberWithoutAUnitAndSaysWhichThereAre) {
  EXPECT_THAT(ErrorOf(ParseTime("35")),
              AllOf(HasSubstr("has no unit"), HasSubstr("ps, ns, us, ms, s")));
}

TEST(ParseTimeTest, RefusesAForeignUnit) {
  EXPECT_THAT(ErrorOf(ParseTime("35KiB")), HasSubstr("unknown unit \"KiB\""));
  EXPECT_THAT(ErrorOf(ParseTime("35NS")), HasSubstr("unknown unit \"NS\""));
  EXPECT_THAT(ErrorOf(ParseTime("35ns/m")), HasSubstr("unknown unit"));
}

TEST(ParseTimeTest, RefusesANegativeNumberAndSaysWhatIsAllowed) {
  EXPECT_THAT(ErrorOf(ParseTime("-5ns")),
              AllOf(HasSubstr("is negative"), HasSubstr("least allowed is 0")));
}

TEST(ParseTimeTest, RefusesMalformedNumbers) {
  for (const char* text : {"", "ns", ".5ns", "5.ns", "1e3ns", "+5ns", "1,000ns", "5/ns", "5/0ns",
                           "1.5/2ns", " 5ns", "0x10ns", "nan", "inf"}) {
    EXPECT_FALSE(ParseTime(text).ok()) << text;
  }
}

TEST(ParseTimeTest, RefusesWhatDoesNotFit) {
  EXPECT_THAT(ErrorOf(ParseTime("9223372036854775808ps")), HasSubstr("held exactly"));
  EXPECT_THAT(ErrorOf(ParseTime("9223372037s")), HasSubstr("too large or too fine"));
  EXPECT_THAT(ErrorOf(ParseTime("1.00000000000000000000ns")), HasSubstr("held exactly"));
}

TEST(ParseTimeTest, ErrorsStayOnOneShortLineWhateverTheText) {
  EXPECT_LT(ErrorOf(ParseTime(std::string(100'000, '9'))).size(), 300u);
  EXPECT_THAT(ErrorOf(ParseTime("5\nns\x01")), HasSubstr("\\n"));
}

TEST(ParseSizeTest, KnowsEveryUnit) {
  EXPECT_EQ(ParseSize("5440b").value(), Bytes(680));
  EXPECT_EQ(ParseSize("16B").value(), Bytes(16));
  EXPECT_EQ(ParseSize("64KB").value(), Bytes(64'000));
  EXPECT_EQ(ParseSize("64KiB").value(), Bytes(65'536));
  EXPECT_EQ(ParseSize("1MB").value(), Bytes(1'000'000));
  EXPECT_EQ(ParseSize("1MiB").value(), Bytes(1'048'576));
  EXPECT_EQ(ParseSize("1GB").value(), Bytes(1'000'000'000));
  EXPECT_EQ(ParseSize("1GiB").value(), Bytes(1'073'741'824));
}

TEST(ParseSizeTest, RefusesAPartOfAByteUnlessAskedForOne) {
  EXPECT_THAT(ErrorOf(ParseSize("0.8B")), HasSubstr("not a whole number of bytes"));
  EXPECT_EQ(ParseFractionalSize("0.8B").value(), Ratio(4, 5));
  EXPECT_EQ(ParseFractionalSize("4b").value(), Ratio(1, 2));
}

TEST(ParseRateTest, KnowsEveryUnit) {
  EXPECT_EQ(ParseRate("5bps").value(), Bandwidth(Ratio(5)));
  EXPECT_EQ(ParseRate("5Mbps").value(), Bandwidth(Ratio(5'000'000)));
  EXPECT_EQ(ParseRate("212.5Gbps").value(), Bandwidth(Ratio(212'500'000'000)));
  EXPECT_EQ(ParseRate("1.6Tbps").value(), Bandwidth(Ratio(1'600'000'000'000)));
  EXPECT_EQ(ParseRate("1MB/s").value(), Bandwidth(Ratio(8'000'000)));
  EXPECT_EQ(ParseRate("50GB/s").value(), Bandwidth(Ratio(400'000'000'000)));
  EXPECT_EQ(ParseRate("3.35TB/s").value(), Bandwidth(Ratio(26'800'000'000'000)));
}

TEST(ParseRateTest, KeepsBitsAndBytesApart) {
  EXPECT_THAT(ErrorOf(ParseRate("50GBps")), HasSubstr("unknown unit \"GBps\""));
  EXPECT_THAT(ErrorOf(ParseRate("50Gb/s")), HasSubstr("unknown unit \"Gb/s\""));
}

TEST(ParseLengthTest, LengthAndDelayAreExact) {
  EXPECT_EQ(ParseLength("1.5m").value(), Length(Ratio(3, 2)));
  EXPECT_EQ(ParseLength("50cm").value(), Length(Ratio(1, 2)));
  EXPECT_EQ(ParseTimePerLength("4.6ns/m").value(), TimePerLength(Ratio(4'600)));
  EXPECT_EQ(ParseTimePerLength("4600ps/m").value(), TimePerLength(Ratio(4'600)));
  EXPECT_THAT(ErrorOf(ParseTimePerLength("4.6ns")), HasSubstr("unknown unit \"ns\""));
}

TEST(ParseRatioTest, TakesWholeNumbersDecimalsAndFractions) {
  EXPECT_EQ(ParseRatio("18").value(), Ratio(18));
  EXPECT_EQ(ParseRatio("16/17").value(), Ratio(16, 17));
  EXPECT_EQ(ParseRatio("1/1024").value(), Ratio(1, 1024));
  EXPECT_EQ(ParseRatio("0.8").value(), Ratio(4, 5));
}

TEST(ParseRatioTest, RefusesAUnit) {
  EXPECT_THAT(ErrorOf(ParseRatio("18ns")), HasSubstr("more than a number"));
}

TEST(ParseCountTest, RefusesAPartOfOne) {
  EXPECT_EQ(ParseCount("18").value(), 18);
  EXPECT_EQ(ParseCount("36/2").value(), 18);
  EXPECT_THAT(ErrorOf(ParseCount("18.5")), HasSubstr("not a whole number"));
}

TEST(FormatTest, PrintsTheLargestFittingUnit) {
  EXPECT_EQ(FormatTime(Picoseconds(0)), "0ps");
  EXPECT_EQ(FormatTime(Picoseconds(209'400)), "209.4ns");
  EXPECT_EQ(FormatTime(Picoseconds(12'345'678)), "12.345678us");
  EXPECT_EQ(FormatSize(Bytes(0)), "0B");
  EXPECT_EQ(FormatSize(Bytes(257)), "257B");
  EXPECT_EQ(FormatSize(Bytes(65'536)), "64KiB");
  EXPECT_EQ(FormatRate(Bandwidth(Ratio(212'500'000'000))), "212.5Gbps");
  EXPECT_EQ(FormatRate(Bandwidth(Ratio(1'600'000'000'000))), "1.6Tbps");
  EXPECT_EQ(FormatLength(Length(Ratio(3, 2))), "1.5m");
  EXPECT_EQ(FormatTimePerLength(TimePerLength(Ratio(4'600))), "4.6ns/m");
  EXPECT_EQ(FormatRatio(Ratio(4, 5)), "0.8");
  EXPECT_EQ(FormatRatio(Ratio(16, 17)), "16/17");
}

TEST(FormatTest, WhatWasPrintedParsesToTheSame) {
  for (const int64_t count :
       {int64_t{0}, int64_t{1}, int64_t{999}, int64_t{1'000}, int64_t{1'001},
        int64_t{123'456'789'012'345'678}, int64_t{1} << 62, std::numeric_limits<int64_t>::max()}) {
    EXPECT_EQ(ParseTime(FormatTime(Picoseconds(count))).value(), Picoseconds(count));
    EXPECT_EQ(ParseSize(FormatSize(Bytes(count))).value(), Bytes(count));
    for (const int64_t denominator : {int64_t{1}, int64_t{3}, int64_t{1'024}, int64_t{1} << 60}) {
      const Ratio ratio(count, denominator);
      EXPECT_EQ(ParseRatio(FormatRatio(ratio)).value(), ratio);
      EXPECT_EQ(ParseRate(FormatRate(Bandwidth(ratio))).value(), Bandwidth(ratio));
    }
  }
}

}  // namespace
}  // namespace upfabric
