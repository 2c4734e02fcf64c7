#include "fabric/base/scaled_number.h"

#include <gtest/gtest.h>

namespace upfabric {
namespace {

std::string Text(ScaledNumber number) { return number.Text(12); }
ScaledNumber Of(int64_t numerator, int64_t denominator) {
  return ScaledNumber::From(Ratio(numerator, denominator));
}

TEST(ScaledNumberTest, Computes) {
  EXPECT_EQ(Text(Multiply(Of(3, 7), Of(7, 8))), "0.375");
  EXPECT_EQ(Text(Divide(Of(1, 3), Of(2, 1))), "0.166666666667");
  EXPECT_EQ(Text(Add(Of(1, 3), Of(1, 6))), "0.5");
  EXPECT_EQ(Text(Add(Of(0, 1), Of(0, 1))), "0");
  EXPECT_EQ(Text(Add(Of(0, 1), Of(1, 6))), "0.166666666667");
  EXPECT_EQ(Text(Add(Of(1, 6), Of(0, 1))), "0.166666666667");
  EXPECT_EQ(Text(Add(Of(1, 1), Power(Of(1, 2), 100))), "1");
  EXPECT_EQ(Text(OneMinus(Of(1, 1'000'000'000))), "0.999999999");
  EXPECT_EQ(Text(OneMinus(Of(0, 1))), "1");
  EXPECT_EQ(Text(OneMinus(Of(1, 1))), "0");
  EXPECT_EQ(Text(Power(Of(1, 10), 200)), "1e-200");
  EXPECT_EQ(Text(Power(Of(1, 10), 0)), "1");
}

TEST(ScaledNumberTest, BecomesARatioThatIsCloseOrZero) {
  for (const Ratio exact : {Ratio(0), Ratio(1), Ratio(1, 3), Ratio(62, 1'000'000'000'000),
                            Ratio(1, int64_t{1} << 31), Ratio(1, int64_t{1} << 61)}) {
    const Ratio back = ScaledNumber::From(exact).ToRatio();
    EXPECT_NEAR(back.ToDouble(), exact.ToDouble(), exact.ToDouble() * 1e-9);
  }
  EXPECT_EQ(Power(ScaledNumber::From(Ratio(1, 2)), 63).ToRatio(), Ratio(0));
}

}  // namespace
}  // namespace upfabric
