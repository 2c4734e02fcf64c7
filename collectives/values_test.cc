#include "collectives/values.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include "collectives/float8.h"
#include "collectives/half.h"
#include "collectives/type_format.h"
#include "tests/testing/job_on_fake.h"

namespace upfabric::collectives {
namespace {

double Decode(DataType type, uint64_t bits) {
  switch (type) {
    case DataType::kFloat64:
      return std::bit_cast<double>(bits);
    case DataType::kFloat32:
      return static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(bits)));
    case DataType::kFloat16:
      return static_cast<double>(FloatFromFloat16(static_cast<uint16_t>(bits)));
    case DataType::kBfloat16:
      return static_cast<double>(FloatFromBfloat16(static_cast<uint16_t>(bits)));
    case DataType::kFloat8E4M3:
      return static_cast<double>(FloatFromFloat8E4M3(static_cast<uint8_t>(bits)));
    case DataType::kFloat8E5M2:
      return static_cast<double>(FloatFromFloat8E5M2(static_cast<uint8_t>(bits)));
    case DataType::kInt8:
      return static_cast<int8_t>(bits);
    case DataType::kUint8:
      return static_cast<uint8_t>(bits);
    case DataType::kInt32:
      return static_cast<int32_t>(bits);
    case DataType::kUint32:
      return static_cast<uint32_t>(bits);
    case DataType::kInt64:
      return static_cast<double>(static_cast<int64_t>(bits));
    case DataType::kUint64:
      return static_cast<double>(bits);
  }
  return 0;
}

// What the type makes of a number: rounded to nearest, or towards zero.
double RoundedTo(DataType type, double value) {
  const auto single = static_cast<float>(value);
  switch (type) {
    case DataType::kFloat64:
      return value;
    case DataType::kFloat32:
      return static_cast<double>(single);
    case DataType::kFloat16:
      return static_cast<double>(FloatFromFloat16(Float16FromFloat(single)));
    case DataType::kBfloat16:
      return static_cast<double>(FloatFromBfloat16(Bfloat16FromFloat(single)));
    case DataType::kFloat8E4M3:
      return static_cast<double>(FloatFromFloat8E4M3(Float8E4M3FromFloat(single)));
    case DataType::kFloat8E5M2:
      return static_cast<double>(FloatFromFloat8E5M2(Float8E5M2FromFloat(single)));
    default:
      return std::trunc(value);
  }
}

bool Wraps(DataType type, ReduceOp op) {
  const TypeFormat format = FormatOf(type);
  return !format.is_float && (op == ReduceOp::kProd ||
                              ((op == ReduceOp::kSum || op == ReduceOp::kAvg) && format.bits < 32));
}

double ExactMax(DataType type) {
  return std::map<DataType, double>{
      {DataType::kFloat64, 0x1p31},   {DataType::kFloat32, 0x1p24},
      {DataType::kFloat16, 0x1p11},   {DataType::kBfloat16, 0x1p8},
      {DataType::kFloat8E4M3, 0x1p4}, {DataType::kFloat8E5M2, 0x1p3},
      {DataType::kInt32, 0x1p31 - 1}, {DataType::kUint32, 0x1p31},
      {DataType::kInt64, 0x1p31},     {DataType::kUint64, 0x1p31}}[type];
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
    std::vector<uint64_t> bits(count);
    values.Inputs(rank, elements, bits);
    auto& decoded = inputs.emplace_back();
    for (const uint64_t value : bits) {
      decoded.push_back(Decode(request.type, value));
    }
  }
  return inputs;
}

// The absolute values add up to an exact number, so every subset in every order is exact.
TEST(ValuesTest, PartialSumsInAnyOrderAreExactForAThousandRanks) {
  for (const DataType type : kAllTypes) {
    for (const int ranks : {1, 2, 72, 128, 129, 255, 257, 1024}) {
      if (Wraps(type, ReduceOp::kSum)) {
        continue;
      }
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
  const std::map<DataType, double> most = {{DataType::kFloat64, 1022}, {DataType::kFloat32, 126},
                                           {DataType::kFloat16, 14},   {DataType::kBfloat16, 126},
                                           {DataType::kFloat8E4M3, 6}, {DataType::kFloat8E5M2, 14}};
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
  for (const DataType type : kAllTypes) {
    for (const ReduceOp op : kAllOps) {
      if (Wraps(type, op)) {
        continue;  // the next test
      }
      const CollectiveRequest request{.type = type, .op = op, .ranks = 9, .count = 1000};
      const auto inputs = Inputs(request, 1000);
      std::vector<uint64_t> results(1000);
      Values(request, 5).Results(0, FirstElements(1000), results);
      for (size_t element = 0; element < 1000; ++element) {
        double expected = inputs[0][element];
        for (size_t rank = 1; rank < inputs.size(); ++rank) {
          const double value = inputs[rank][element];
          switch (op) {
            case ReduceOp::kSum:
            case ReduceOp::kAvg:
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
        if (op == ReduceOp::kAvg) {
          expected = RoundedTo(type, expected / 9);
        }
        ASSERT_EQ(Decode(type, results[element]), expected)
            << static_cast<int>(type) << " " << static_cast<int>(op);
      }
    }
  }
}

TEST(ValuesTest, WholeNumbersWrap) {
  constexpr int kRanks = 40;
  const std::vector<int64_t> elements = FirstElements(100);
  for (const DataType type : kAllTypes) {
    for (const ReduceOp op : kAllOps) {
      if (!Wraps(type, op)) {
        continue;
      }
      const CollectiveRequest request{.type = type, .op = op, .ranks = kRanks, .count = 100};
      const Values values(request, 5);
      std::vector<uint64_t> expected(100, op == ReduceOp::kProd ? 1 : 0);
      for (int rank = 0; rank < kRanks; ++rank) {
        std::vector<uint64_t> inputs(100);
        values.Inputs(rank, elements, inputs);
        for (size_t i = 0; i < 100; ++i) {
          EXPECT_TRUE(op != ReduceOp::kProd || inputs[i] % 2 == 1);
          expected[i] = op == ReduceOp::kProd ? expected[i] * inputs[i] : expected[i] + inputs[i];
        }
      }
      std::vector<uint64_t> results(100);
      values.Results(0, elements, results);
      for (size_t i = 0; i < 100; ++i) {
        const double whole = Decode(type, expected[i]);
        EXPECT_EQ(Decode(type, results[i]),
                  op == ReduceOp::kAvg ? std::trunc(whole / kRanks) : whole)
            << static_cast<int>(type) << " " << static_cast<int>(op);
      }
    }
  }
}

TEST(ValuesTest, NeighboringResultsSeldomCoincide) {
  for (const DataType type : kAllTypes) {
    for (const ReduceOp op : kAllOps) {
      for (const int ranks : {2, 72, 1024}) {
        const CollectiveRequest request{.type = type, .op = op, .ranks = ranks, .count = 1000};
        if (op == ReduceOp::kAvg) {
          continue;  // fewer bits than the sum's
        }
        std::vector<uint64_t> results(1000);
        Values(request, 5).Results(0, FirstElements(1000), results);
        int same = 0;
        for (size_t element = 1; element < 1000; ++element) {
          same += results[element] == results[element - 1] ? 1 : 0;
        }
        EXPECT_LT(same, FormatOf(type).bits == 8 ? 800 : 150)
            << static_cast<int>(type) << " " << static_cast<int>(op) << " " << ranks;
      }
    }
  }
}

TEST(ValuesTest, NoBitsAreInfiniteOrNotANumber) {
  for (const DataType type : kAllTypes) {
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
    std::vector<uint64_t> bits(50);
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
