#include "collectives/reduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "collectives/float8.h"
#include "collectives/half.h"

namespace upfabric::collectives {
namespace {

// The value of a float16 from its definition.
double Float16Value(uint16_t bits) {
  const int exponent = bits >> 10 & 0x1f;
  const int fraction = bits & 0x3ff;
  double value =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  if (exponent == 0x1f) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

TEST(HalfTest, EveryFloat16ConvertsToItsValueAndBack) {
  for (uint32_t i = 0; i <= 0xffff; ++i) {
    const auto bits = static_cast<uint16_t>(i);
    const float value = FloatFromFloat16(bits);
    if (std::isnan(Float16Value(bits))) {
      ASSERT_TRUE(std::isnan(value)) << i;
      ASSERT_TRUE(std::isnan(FloatFromFloat16(Float16FromFloat(value)))) << i;
    } else {
      ASSERT_EQ(static_cast<double>(value), Float16Value(bits)) << i;
      ASSERT_EQ(Float16FromFloat(value), bits) << i;
    }
  }
}

// Halfway between two neighbors the even one wins; a hair beside it, the nearer.
TEST(HalfTest, Float16RoundsToNearestEven) {
  for (uint16_t bits = 0; bits < 0x7bff; ++bits) {
    const float low = FloatFromFloat16(bits);
    const float middle = (low + FloatFromFloat16(static_cast<uint16_t>(bits + 1))) / 2;
    const auto above = static_cast<uint16_t>(bits + 1);
    ASSERT_EQ(Float16FromFloat(middle), bits % 2 == 0 ? bits : above);
    ASSERT_EQ(Float16FromFloat(std::nextafter(middle, 1e9f)), above);
    ASSERT_EQ(Float16FromFloat(std::nextafter(middle, 0.0f)), bits);
  }
  EXPECT_EQ(Float16FromFloat(65519.0f), 0x7bff);
  EXPECT_EQ(Float16FromFloat(65520.0f), 0x7c00);
  EXPECT_EQ(Float16FromFloat(-1e30f), 0xfc00);
}

TEST(HalfTest, Bfloat16RoundsToNearestEven) {
  for (uint32_t i = 0; i < 0x7f7f; ++i) {
    const auto bits = static_cast<uint16_t>(i);
    const auto above = static_cast<uint16_t>(i + 1);
    const float middle = std::bit_cast<float>(i << 16 | 0x8000);
    ASSERT_EQ(Bfloat16FromFloat(FloatFromBfloat16(bits)), bits);
    ASSERT_EQ(Bfloat16FromFloat(middle), bits % 2 == 0 ? bits : above);
    ASSERT_EQ(Bfloat16FromFloat(std::bit_cast<float>(i << 16 | 0x8001)), above);
    ASSERT_EQ(Bfloat16FromFloat(std::bit_cast<float>(i << 16 | 0x7fff)), bits);
  }
  EXPECT_TRUE(std::isnan(FloatFromBfloat16(Bfloat16FromFloat(std::bit_cast<float>(0x7f800001)))));
}

// Reduces (a, b) element by element with `op`, over lengths with and without a vector remainder.
template <typename Storage>
std::vector<Storage> Reduced(DataType type, ReduceOp op, std::vector<Storage> a,
                             const std::vector<Storage>& b) {
  ReduceInto(type, op, reinterpret_cast<std::byte*>(a.data()),
             reinterpret_cast<const std::byte*>(b.data()), static_cast<int64_t>(a.size()));
  return a;
}

TEST(ReduceTest, Float32) {
  const std::vector<float> a = {1, -2, 3.5f, 1e30f, 0, 7, 8};
  const std::vector<float> b = {2, 2, -1.5f, 1e30f, 5, -7, 0.5f};
  const auto reduced = [&](ReduceOp op) { return Reduced(DataType::kFloat32, op, a, b); };
  EXPECT_EQ(reduced(ReduceOp::kSum), (std::vector<float>{3, 0, 2, 2e30f, 5, 0, 8.5f}));
  EXPECT_EQ(reduced(ReduceOp::kMin), (std::vector<float>{1, -2, -1.5f, 1e30f, 0, -7, 0.5f}));
  EXPECT_EQ(reduced(ReduceOp::kMax), (std::vector<float>{2, 2, 3.5f, 1e30f, 5, 7, 8}));
  EXPECT_EQ(reduced(ReduceOp::kProd)[2], -5.25f);
  EXPECT_TRUE(std::isinf(reduced(ReduceOp::kProd)[3]));
}

TEST(ReduceTest, Int32Wraps) {
  const std::vector<int32_t> a = {1, std::numeric_limits<int32_t>::max(), -5};
  const std::vector<int32_t> b = {2, 1, 7};
  const auto reduced = [&](ReduceOp op) { return Reduced(DataType::kInt32, op, a, b); };
  EXPECT_EQ(reduced(ReduceOp::kSum),
            (std::vector<int32_t>{3, std::numeric_limits<int32_t>::min(), 2}));
  EXPECT_EQ(reduced(ReduceOp::kProd),
            (std::vector<int32_t>{2, std::numeric_limits<int32_t>::max(), -35}));
  EXPECT_EQ(reduced(ReduceOp::kMin), (std::vector<int32_t>{1, 1, -5}));
  EXPECT_EQ(reduced(ReduceOp::kMax),
            (std::vector<int32_t>{2, std::numeric_limits<int32_t>::max(), 7}));
}

TEST(ReduceTest, HalvesAreRoundedAfterEachOperation) {
  // 2048 + 1 in float16 and 256 + 1 in bfloat16 lie halfway between two numbers.
  const std::vector<uint16_t> wide(37, Float16FromFloat(2048));
  const std::vector<uint16_t> one(37, Float16FromFloat(1));
  EXPECT_EQ(Reduced(DataType::kFloat16, ReduceOp::kSum, wide, one), wide);
  const std::vector<uint16_t> brain_wide(37, Bfloat16FromFloat(256));
  const std::vector<uint16_t> brain_one(37, Bfloat16FromFloat(1));
  EXPECT_EQ(Reduced(DataType::kBfloat16, ReduceOp::kSum, brain_wide, brain_one), brain_wide);
  EXPECT_EQ(Reduced(DataType::kFloat16, ReduceOp::kMin, wide, one), one);
  EXPECT_EQ(Reduced(DataType::kBfloat16, ReduceOp::kProd, brain_wide, brain_one), brain_wide);
}

// All 256 codes: a number goes there and back, and what lies between two rounds to the nearer one,
// to the even one at half the way.
TEST(Float8Test, EveryCodeIsExactAndNeighborsRoundToNearestEven) {
  const auto check = [](auto decode, auto encode, int finite) {
    for (int code = 0; code <= finite; ++code) {
      const float value = decode(static_cast<uint8_t>(code));
      EXPECT_EQ(encode(value), code);
      EXPECT_EQ(encode(-value), code | 0x80);
      EXPECT_EQ(decode(static_cast<uint8_t>(code | 0x80)), -value);
      if (code < finite) {
        const float next = decode(static_cast<uint8_t>(code + 1));
        ASSERT_GT(next, value);
        const float middle = (value + next) / 2;
        EXPECT_EQ(encode(middle), code % 2 == 0 ? code : code + 1) << code;
        EXPECT_EQ(encode(std::nextafter(middle, value)), code);
        EXPECT_EQ(encode(std::nextafter(middle, next)), code + 1);
      }
    }
  };
  check(FloatFromFloat8E4M3, Float8E4M3FromFloat, 0x7e);
  check(FloatFromFloat8E5M2, Float8E5M2FromFloat, 0x7b);
}

// OFP8, table 1: largest, smallest normal and smallest subnormal numbers, and what lies outside.
TEST(Float8Test, LimitsAreThoseOfTheSpecification) {
  EXPECT_EQ(FloatFromFloat8E4M3(0x7e), 448);
  EXPECT_EQ(FloatFromFloat8E4M3(0x08), 0x1p-6f);
  EXPECT_EQ(FloatFromFloat8E4M3(0x01), 0x1p-9f);
  EXPECT_TRUE(std::isnan(FloatFromFloat8E4M3(0x7f)) && std::isnan(FloatFromFloat8E4M3(0xff)));
  EXPECT_EQ(Float8E4M3FromFloat(464), 0x7e);  // half the way to what would be next, to even
  EXPECT_EQ(Float8E4M3FromFloat(465), 0x7f);
  EXPECT_EQ(Float8E4M3FromFloat(-INFINITY), 0xff);
  EXPECT_EQ(FloatFromFloat8E5M2(0x7b), 57344);
  EXPECT_EQ(FloatFromFloat8E5M2(0x04), 0x1p-14f);
  EXPECT_EQ(FloatFromFloat8E5M2(0x01), 0x1p-16f);
  EXPECT_TRUE(std::isinf(FloatFromFloat8E5M2(0x7c)));
  EXPECT_TRUE(std::isnan(FloatFromFloat8E5M2(0x7d)));
  EXPECT_EQ(Float8E5M2FromFloat(61439), 0x7b);
  EXPECT_EQ(Float8E5M2FromFloat(61440), 0x7c);
  EXPECT_EQ(Float8E5M2FromFloat(NAN) & 0x7f, 0x7e);
  EXPECT_EQ(Float8E4M3FromFloat(NAN) & 0x7f, 0x7f);
}

TEST(ReduceTest, AverageDividesOnceAndWholeNumbersTowardsZero) {
  int8_t bytes[] = {-7, 7, 127, -128};
  Divide(DataType::kInt8, reinterpret_cast<std::byte*>(bytes), 4, 3);
  EXPECT_EQ(std::vector<int8_t>(bytes, bytes + 4), (std::vector<int8_t>{-2, 2, 42, -42}));
  uint64_t wide[] = {uint64_t{1} << 63, 7};
  Divide(DataType::kUint64, reinterpret_cast<std::byte*>(wide), 2, 2);
  EXPECT_EQ(wide[0], uint64_t{1} << 62);
  EXPECT_EQ(wide[1], 3u);
  double numbers[] = {1, 2};
  Divide(DataType::kFloat64, reinterpret_cast<std::byte*>(numbers), 2, 3);
  EXPECT_EQ(numbers[0], 1.0 / 3);
}

}  // namespace
}  // namespace upfabric::collectives
