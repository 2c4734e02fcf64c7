#include "daemon/cli/sizes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace upfabric::daemon::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Bytes kKibibyte{1024};

TEST(ParseSizeTest, LettersArePowersOf1024) {
  EXPECT_EQ(*ParseSize("8"), Bytes(8));
  EXPECT_EQ(*ParseSize("0"), Bytes(0));
  EXPECT_EQ(*ParseSize("64K"), 64 * kKibibyte);
  EXPECT_EQ(*ParseSize("64k"), 64 * kKibibyte);
  EXPECT_EQ(*ParseSize("32M"), 32 * 1024 * kKibibyte);
  EXPECT_EQ(*ParseSize("1.5G"), 1536 * 1024 * kKibibyte);
  EXPECT_EQ(*ParseSize("0.5K"), Bytes(512));
}

TEST(ParseSizeTest, RefusesWhatIsNoSizeAndSaysWhatIsAllowed) {
  for (const char* text :
       {"1X", "", "K", "-8", "1KB", "1.K", ".5K", "1 K", "0x10", "1.2.3", "8\n"}) {
    const absl::StatusOr<Bytes> size = ParseSize(text);
    ASSERT_EQ(size.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(size.status().message()), HasSubstr("is not a size; allowed: "));
  }
}

TEST(ParseSizeTest, RefusesFractionsOfAByte) {
  EXPECT_FALSE(ParseSize("1.5").ok());
  EXPECT_FALSE(ParseSize("0.3K").ok());
}

TEST(ParseSizeTest, RefusesWhatWouldOverflow) {
  EXPECT_TRUE(ParseSize("1048576G").ok());
  EXPECT_FALSE(ParseSize("1048577G").ok());
  EXPECT_FALSE(ParseSize("999999999999999999").ok());
  EXPECT_FALSE(ParseSize("9999999999999999999999").ok());
}

TEST(SizeTextTest, UsesALetterWhereTheNumberIsWhole) {
  EXPECT_EQ(SizeText(Bytes(0)), "0");
  EXPECT_EQ(SizeText(Bytes(8)), "8");
  EXPECT_EQ(SizeText(Bytes(1024)), "1K");
  EXPECT_EQ(SizeText(Bytes(1536)), "1536");
  EXPECT_EQ(SizeText(Bytes(64 << 20)), "64M");
}

TEST(ParseEndpointListTest, KeepsTheOrderOfNumbersAndRanges) {
  EXPECT_THAT(*ParseEndpointList("0-3,64,9"), ElementsAre(0, 1, 2, 3, 64, 9));
}

TEST(ParseEndpointListTest, RefusesDuplicatesAndNonsense) {
  for (const char* text : {"0-3,2", "3-1", "a", "", "1,", "1-2-3", "-1", "99999999999"}) {
    EXPECT_EQ(ParseEndpointList(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(SweepSizesTest, FactorAboveOneWinsOverStep) {
  const SizeSweep sweep{.min = Bytes(8), .max = Bytes(100), .step = Bytes(10), .factor = 2};
  EXPECT_THAT(*SweepSizes(sweep), ElementsAre(8, 16, 32, 64));
}

TEST(SweepSizesTest, StepsByAddition) {
  const SizeSweep sweep{.min = Bytes(0), .max = Bytes(20), .step = Bytes(10), .factor = 1};
  EXPECT_THAT(*SweepSizes(sweep), ElementsAre(0, 10, 20));
}

TEST(SweepSizesTest, OneSizeNeedsNoGrowth) {
  EXPECT_THAT(*SweepSizes({.min = Bytes(0), .max = Bytes(0), .factor = 2}), ElementsAre(0));
  EXPECT_THAT(*SweepSizes({.min = Bytes(8), .max = Bytes(8), .step = Bytes(0)}), ElementsAre(8));
}

TEST(SweepSizesTest, RefusesASweepThatNeverEnds) {
  EXPECT_FALSE(SweepSizes({.min = Bytes(0), .max = Bytes(8), .factor = 2}).ok());
  EXPECT_FALSE(SweepSizes({.min = Bytes(4), .max = Bytes(8), .step = Bytes(0)}).ok());
}

TEST(SweepSizesTest, RefusesMinAboveMaxAndTooManyRows) {
  const auto reversed = SweepSizes({.min = Bytes(16), .max = Bytes(8)});
  EXPECT_THAT(std::string(reversed.status().message()), HasSubstr("-b 16: above -e 8"));
  EXPECT_FALSE(SweepSizes({.min = Bytes(0), .max = Bytes(1 << 30), .step = Bytes(1)}).ok());
}

TEST(ParseWholeNumberTest, NamesTheLimits) {
  EXPECT_EQ(*ParseWholeNumber("7", {.min = 1, .max = 7}), 7);
  const auto bad = ParseWholeNumber("8", {.min = 1, .max = 7});
  EXPECT_THAT(std::string(bad.status().message()), HasSubstr("a whole number from 1 to 7"));
  EXPECT_FALSE(ParseWholeNumber("2x", {.min = 1, .max = 7}).ok());
}

}  // namespace
}  // namespace upfabric::daemon::cli
