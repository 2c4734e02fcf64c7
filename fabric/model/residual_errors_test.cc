// Expected values: exact sums of the binomial distribution with 60 decimal digits, of which 10 are
// kept here, by this program in Python:
//
//   from decimal import Decimal as D, getcontext; from math import comb; getcontext().prec = 60
//   def more(t, n, p): return sum(comb(n, i) * p**i * (1 - p)**(n - i) for i in range(t + 1, n +
//   1)) def word(ber, m, n, t): return more(t, n, 1 - (1 - D(ber))**m)

#include "fabric/model/residual_errors.h"

#include <gtest/gtest.h>

#include <string>

namespace upfabric::fabric {
namespace {

constexpr CodeSpec kKp4 = {.symbol_bits = 10, .symbols = 544, .data_symbols = 514, .flit_words = 1};
constexpr CodeSpec kKr4 = {.symbol_bits = 10, .symbols = 528, .data_symbols = 514, .flit_words = 1};
constexpr CodeSpec kHalf = {
    .symbol_bits = 10, .symbols = 272, .data_symbols = 258, .flit_words = 1};

constexpr int64_t kMillion = 1'000'000;

std::string Text(ScaledNumber number) { return number.Text(10); }

TEST(WordErrorRateTest, IsTheTailOfTheBinomialDistribution) {
  struct Case {
    CodeSpec code;
    Ratio bit_error_rate;
    const char* expected;
  };
  const Case cases[] = {
      {kKp4, Ratio(1, 1000), "0.0001530258593"},
      {kKp4, Ratio(240, kMillion), "8.151573399e-13"},
      {kKp4, Ratio(100, kMillion), "1.359811065e-18"},
      {kKp4, Ratio(10, kMillion), "2.139669774e-34"},
      {kKp4, Ratio(1, kMillion), "2.238979242e-50"},
      {kKr4, Ratio(1, 1000), "0.1604723062"},
      {kKr4, Ratio(240, kMillion), "5.153760102e-05"},
      {kKr4, Ratio(10, kMillion), "1.355768928e-15"},
      {kHalf, Ratio(1, 1000), "0.006431015387"},
      {kHalf, Ratio(100, kMillion), "5.279355599e-10"},
      {kHalf, Ratio(1, kMillion), "6.681477613e-26"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Text(WordErrorRate(c.bit_error_rate, c.code)), c.expected);
  }
}

TEST(WordErrorRateTest, OfCertainAndImpossibleErrors) {
  EXPECT_EQ(Text(WordErrorRate(Ratio(0), kKp4)), "0");
  EXPECT_EQ(Text(WordErrorRate(Ratio(1), kKp4)), "1");
  EXPECT_EQ(Text(ProbabilityOfMoreThan(3, 3, ScaledNumber::From(Ratio(1, 2)))), "0");
}

LinkSpec LinkWith(Ratio bit_error_rate) {
  LinkSpec link;
  link.coding = Ratio(16, 17);
  link.has_errors = true;
  link.errors.flit = Bytes(640);
  link.errors.bit_error_rate = bit_error_rate;
  return link;
}

TEST(FlitErrorRateTest, AFlitFailsWithAnyOfItsWords) {
  LinkSpec link = LinkWith(Ratio(1, 1000));
  link.has_fec = true;
  link.fec.code = kHalf;
  link.fec.code->flit_words = 4;
  EXPECT_EQ(Text(FlitErrorRate(link)), "0.02547697598");
}

// 640 B are 5,440 bits on the wire.
TEST(FlitErrorRateTest, WithoutACodeEveryWireBitCounts) {
  EXPECT_EQ(Text(FlitErrorRate(LinkWith(Ratio(1, 1'000'000'000'000)))), "5.439999985e-09");
}

TEST(FlitErrorRateTest, IsTheGivenOneIfThereIsNoBitErrorRate) {
  LinkSpec link = LinkWith(Ratio(0));
  link.errors.bit_error_rate.reset();
  link.errors.flit_error_rate = Ratio(1, 8);
  EXPECT_EQ(FlitErrorRate(link).ToRatio(), Ratio(1, 8));
}

// 2.2e-50 is below what a fraction of 64-bit terms holds.
TEST(FlitErrorRateTest, IsZeroInTheModelWhereNoRunWouldSeeIt) {
  EXPECT_EQ(WordErrorRate(Ratio(1, kMillion), kKp4).ToRatio(), Ratio(0));
}

}  // namespace
}  // namespace upfabric::fabric
