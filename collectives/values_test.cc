#include "collectives/values.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include "collectives/half.h"

namespace upfabric::collectives {
namespace {

constexpr DataType kTypes[] = {DataType::kFloat32, DataType::kFloat16, DataType::kBfloat16,
                               DataType::kInt32};

double Decode(DataType type, uint32_t bits) {
  switch (type) {
    case DataType::kFloat32:
      return static_cast<double>(std::bit_cast<float>(bits));
    case DataType::kFloat16:
      return static_cast<double>(FloatFromFloat16(static_cast<uint16_t>(bits)));
    case DataType::kBfloat16:
      return static_cast<double>(FloatFromBfloat16(static_cast<uint16_t>(bits)));
    case DataType::kInt32:
      return static_cast<double>(static_cast<int32_t>(bits));
  }
  return 0;
}

double ExactMax(DataType type) {
  return std::map<DataType, double>{{DataType::kFloat32, 0x1p24},
                                    {DataType::kFloat16, 0x1p11},
                                    {DataType::kBfloat16, 0x1p8},
                                    {DataType::kInt32, 0x1p31 - 1}}[type];
}

std::vector<int64_t> FirstElements(size_t count) {
  std::vector<int64_t> elements(count);
  std::iota(elements.begin(), elements.end(), 0);
  return elements;
}

// inputs[rank][element]
std::vector<std::vector<double>> Inputs(const CollectiveRequest& request, size_t count) {
  const Values values(request, 5);
  const std::vector<int64_t> elements = FirstElements(count);
  std::vector<std::vector<double>> inputs;
  for (int rank = 0; rank < request.ranks; ++rank) {
    std::vector<uint32_t> bits(count);
    values.Inputs(rank, elements, bits);
    auto& decoded = inputs.emplace_back();
    for (const uint32_t value : bits) {
      decoded.push_back(Decode(request.type, value));
    }
  }
  return inputs;
}

// The absolute values add up to an exact number, so every subset in every order is exact.
TEST(ValuesTest, PartialSumsInAnyOrderAreExactForAThousandRanks) {
  for (const DataType type : kTypes) {
    for (const int ranks : {1, 2, 72, 128, 129, 255, 257, 1024}) {
      const auto inputs = Inputs({.type = type, .ranks = ranks, .count = 64}, 64);
      for (size_t element = 0; element < 64; ++element) {
        double sum = 0;
        for (const auto& rank : inputs) {
          EXPECT_EQ(rank[element], std::floor(rank[element]));
          EXPECT_GE(rank[element], 0);
          sum += rank[element];
        }
        EXPECT_LE(sum, ExactMax(type)) << static_cast<int>(type) << " ranks " << ranks;
        EXPECT_GE(sum, 1);
      }
    }
  }
}

// Exponents up and exponents down each add up to what the type can hold.
TEST(ValuesTest, PartialProductsInAnyOrderAreExactForAThousandRanks) {
  const std::map<DataType, double> most = {
      {DataType::kFloat32, 126}, {DataType::kFloat16, 14}, {DataType::kBfloat16, 126}};
  for (const auto& [type, exponent_max] : most) {
    for (const int ranks : {1, 2, 14, 15, 72, 127, 1024}) {
      const auto inputs =
          Inputs({.type = type, .op = ReduceOp::kProd, .ranks = ranks, .count = 64}, 64);
      for (size_t element = 0; element < 64; ++element) {
        double up = 0;
        double down = 0;
        for (const auto& rank : inputs) {
          const double exponent = std::log2(std::fabs(rank[element]));
          EXPECT_EQ(exponent, std::floor(exponent));
          (exponent > 0 ? up : down) += std::fabs(exponent);
        }
        EXPECT_LE(up, exponent_max);
        EXPECT_LE(down, exponent_max);
        EXPECT_GE(up + down, 1);
      }
    }
  }
}

TEST(ValuesTest, ResultsEqualAReductionInDoublePrecision) {
  for (const DataType type : kTypes) {
    for (const ReduceOp op : {ReduceOp::kSum, ReduceOp::kProd, ReduceOp::kMin, ReduceOp::kMax}) {
      if (type == DataType::kInt32 && op == ReduceOp::kProd) {
        continue;  // wraps; the next test
      }
      const CollectiveRequest request{.type = type, .op = op, .ranks = 9, .count = 1000};
      const auto inputs = Inputs(request, 1000);
      std::vector<uint32_t> results(1000);
      Values(request, 5).Results(0, FirstElements(1000), results);
      for (size_t element = 0; element < 1000; ++element) {
        double expected = inputs[0][element];
        for (size_t rank = 1; rank < inputs.size(); ++rank) {
          const double value = inputs[rank][element];
          switch (op) {
            case ReduceOp::kSum:
              expected += value;
              break;
            case ReduceOp::kProd:
              expected *= value;
              break;
            case ReduceOp::kMin:
              expected = std::min(expected, value);
              break;
            case ReduceOp::kMax:
              expected = std::max(expected, value);
              break;
          }
        }
        ASSERT_EQ(Decode(type, results[element]), expected)
            << static_cast<int>(type) << " " << static_cast<int>(op);
      }
    }
  }
}

TEST(ValuesTest, WholeProductsAreOfOddFactorsAndWrap) {
  const CollectiveRequest request{
      .type = DataType::kInt32, .op = ReduceOp::kProd, .ranks = 40, .count = 100};
  const Values values(request, 5);
  const std::vector<int64_t> elements = FirstElements(100);
  std::vector<uint32_t> product(100, 1);
  for (int rank = 0; rank < 40; ++rank) {
    std::vector<uint32_t> factors(100);
    values.Inputs(rank, elements, factors);
    for (size_t i = 0; i < 100; ++i) {
      EXPECT_EQ(factors[i] % 2, 1u);
      product[i] *= factors[i];
    }
  }
  std::vector<uint32_t> results(100);
  values.Results(0, elements, results);
  EXPECT_EQ(results, product);
}

TEST(ValuesTest, NeighboringResultsSeldomCoincide) {
  for (const DataType type : kTypes) {
    for (const ReduceOp op : {ReduceOp::kSum, ReduceOp::kProd, ReduceOp::kMin, ReduceOp::kMax}) {
      for (const int ranks : {2, 72, 1024}) {
        const CollectiveRequest request{.type = type, .op = op, .ranks = ranks, .count = 1000};
        std::vector<uint32_t> results(1000);
        Values(request, 5).Results(0, FirstElements(1000), results);
        int same = 0;
        for (size_t element = 1; element < 1000; ++element) {
          same += results[element] == results[element - 1] ? 1 : 0;
        }
        EXPECT_LT(same, 150) << static_cast<int>(type) << " " << static_cast<int>(op) << " "
                             << ranks;
      }
    }
  }
}

TEST(ValuesTest, NoBitsAreInfiniteOrNotANumber) {
  for (const DataType type : kTypes) {
    const auto inputs = Inputs(
        {.collective = Collective::kAllToAll, .type = type, .ranks = 2, .count = 5000}, 10'000);
    for (const double value : inputs[1]) {
      ASSERT_TRUE(std::isfinite(value));
    }
  }
}

TEST(ValuesTest, SeedRankAndElementEachChangeTheValues) {
  const CollectiveRequest request{.collective = Collective::kAllGather, .ranks = 3, .count = 100};
  const auto inputs = [&](uint64_t seed, int rank, int64_t first) {
    std::vector<int64_t> elements(50);
    std::iota(elements.begin(), elements.end(), first);
    std::vector<uint32_t> bits(50);
    Values(request, seed).Inputs(rank, elements, bits);
    return bits;
  };
  EXPECT_EQ(inputs(1, 0, 0), inputs(1, 0, 0));
  EXPECT_NE(inputs(1, 0, 0), inputs(2, 0, 0));
  EXPECT_NE(inputs(1, 0, 0), inputs(1, 1, 0));
  EXPECT_NE(inputs(1, 0, 0), inputs(1, 0, 50));
}

}  // namespace
}  // namespace upfabric::collectives
