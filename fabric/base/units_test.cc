#include "fabric/base/units.h"

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <limits>

namespace upfabric {
namespace {

template <typename A, typename B>
concept CanAdd = requires(A a, B b) {
  a + b;
};
template <typename A, typename B>
concept CanSubtract = requires(A a, B b) {
  a - b;
};
template <typename A, typename B>
concept CanMultiply = requires(A a, B b) {
  a* b;
};
template <typename A, typename B>
concept CanCompare = requires(A a, B b) {
  a < b;
};

// What must not compile.
static_assert(!CanAdd<SimTime, SimTime>);
static_assert(!CanAdd<Picoseconds, SimTime>);
static_assert(!CanSubtract<Picoseconds, SimTime>);
static_assert(!CanAdd<Picoseconds, Bytes>);
static_assert(!CanAdd<Picoseconds, int64_t>);
static_assert(!CanMultiply<Picoseconds, Picoseconds>);
static_assert(!CanMultiply<Bytes, Bandwidth>);
static_assert(!CanCompare<SimTime, Picoseconds>);
static_assert(!CanCompare<Bytes, Picoseconds>);
static_assert(!std::convertible_to<int64_t, Picoseconds>);
static_assert(!std::convertible_to<int64_t, Bytes>);
static_assert(!std::convertible_to<Picoseconds, SimTime>);
static_assert(!std::convertible_to<int64_t, Ratio>);

// What must, with its type.
static_assert(std::same_as<decltype(SimTime() - SimTime()), Picoseconds>);
static_assert(std::same_as<decltype(SimTime() + Picoseconds()), SimTime>);
static_assert(std::same_as<decltype(Picoseconds() + Picoseconds()), Picoseconds>);
static_assert(std::same_as<decltype(3 * Bytes(4)), Bytes>);
static_assert(sizeof(Picoseconds) == 8 && sizeof(Bytes) == 8 && sizeof(SimTime) == 8);

TEST(QuantityTest, CountsAddSubtractScaleAndCompare) {
  Picoseconds t(5);
  t += Picoseconds(7);
  t -= Picoseconds(2);
  EXPECT_EQ(t, Picoseconds(10));
  EXPECT_EQ(2 * t, t * 2);
  EXPECT_LT(t, Picoseconds(11));
  EXPECT_EQ(SimTime(t) + Picoseconds(1) - SimTime(t), Picoseconds(1));
}

TEST(QuantityDeathTest, OverflowIsABrokenInvariant) {
  const Picoseconds most(std::numeric_limits<int64_t>::max());
  EXPECT_EXIT(static_cast<void>(most + Picoseconds(1)), testing::ExitedWithCode(70),
              "broken invariant");
  EXPECT_EXIT(static_cast<void>(most * 2), testing::ExitedWithCode(70), "broken invariant");
}

TEST(RatioTest, IsKeptInLowestTermsWithAPositiveDenominator) {
  EXPECT_EQ(Ratio(6, -4), Ratio(-3, 2));
  EXPECT_EQ(Ratio(6, -4).denominator(), 2);
  EXPECT_EQ(Ratio(0, 9), Ratio());
}

TEST(RatioTest, ArithmeticIsExact) {
  EXPECT_EQ(Ratio(1, 3) + Ratio(1, 6), Ratio(1, 2));
  EXPECT_EQ(Ratio(1, 2) - Ratio(2, 3), Ratio(-1, 6));
  EXPECT_EQ(Ratio(16, 17) * Ratio(17, 16), Ratio(1));
  EXPECT_EQ(Ratio(1) / Ratio(16, 17), Ratio(17, 16));
}

TEST(RatioTest, ComparesWithoutOverflow) {
  constexpr int64_t kBig = std::numeric_limits<int64_t>::max();
  EXPECT_LT(Ratio(kBig - 1, kBig), Ratio(1));
  EXPECT_LT(Ratio(kBig - 2, kBig - 1), Ratio(kBig - 1, kBig));
  EXPECT_LT(Ratio(-1, 2), Ratio(1, 3));
}

TEST(RatioTest, CeilRoundsUpOnBothSidesOfZero) {
  EXPECT_EQ(Ratio(7, 2).Ceil(), 4);
  EXPECT_EQ(Ratio(4).Ceil(), 4);
  EXPECT_EQ(Ratio(-7, 2).Ceil(), -3);
}

TEST(RatioTest, TryMultiplyRefusesAProductThatDoesNotFit) {
  constexpr int64_t kBig = int64_t{1} << 62;
  EXPECT_EQ(Ratio::TryMultiply(Ratio(kBig), Ratio(1, kBig)), Ratio(1));
  EXPECT_EQ(Ratio::TryMultiply(Ratio(kBig), Ratio(kBig)), std::nullopt);
  EXPECT_EQ(Ratio::TryMultiply(Ratio(1, kBig), Ratio(1, 3)), std::nullopt);
}

TEST(RatioDeathTest, DivisionByZeroAndOverflowAreBrokenInvariants) {
  EXPECT_EXIT(Ratio(1, 0), testing::ExitedWithCode(70), "denominator");
  EXPECT_EXIT(static_cast<void>(Ratio(int64_t{1} << 62) * Ratio(4)), testing::ExitedWithCode(70),
              "broken invariant");
}

TEST(BandwidthTest, TimeOfAByteIsExact) {
  // 8 bits at 400 Gb/s x 16/17: 20 ps x 17/16.
  const Bandwidth rate = Bandwidth(Ratio(400'000'000'000)) * Ratio(16, 17);
  EXPECT_EQ(rate.PicosecondsPerByte(), Ratio(20) * Ratio(17, 16));
  EXPECT_DOUBLE_EQ(Bandwidth(Ratio(800'000'000'000)).GigabytesPerSecond(), 100.0);
}

}  // namespace
}  // namespace upfabric
