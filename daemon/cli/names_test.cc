#include "daemon/cli/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace upfabric::daemon::cli {
namespace {

using ::testing::HasSubstr;

TEST(NamesTest, EveryValueIsReadBackFromItsName) {
  for (const v1::Collective collective : AllCollectives()) {
    EXPECT_EQ(*ParseCollective(CollectiveName(collective)), collective);
  }
  for (const v1::DataType type : AllDataTypes()) {
    EXPECT_EQ(*ParseDataType(DataTypeName(type)), type);
  }
  for (const v1::ReduceOp op : AllReduceOps()) {
    EXPECT_EQ(*ParseReduceOp(ReduceOpName(op)), op);
  }
}

TEST(NamesTest, EveryValueOfTheSchemaHasAName) {
  EXPECT_EQ(AllCollectives().size() + 1, static_cast<size_t>(v1::Collective_ARRAYSIZE));
  EXPECT_EQ(AllDataTypes().size() + 1, static_cast<size_t>(v1::DataType_ARRAYSIZE));
  EXPECT_EQ(AllReduceOps().size() + 1, static_cast<size_t>(v1::ReduceOp_ARRAYSIZE));
}

TEST(NamesTest, TakesTheLongNamesOfFloats) {
  EXPECT_EQ(*ParseDataType("float32"), v1::DATA_TYPE_FLOAT32);
  EXPECT_EQ(*ParseDataType("float16"), v1::DATA_TYPE_FLOAT16);
}

TEST(NamesTest, AnUnknownWordListsTheKnownOnes) {
  const auto bad = ParseReduceOp("xor");
  EXPECT_EQ(bad.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(bad.status().message()),
              HasSubstr("\"xor\" is not an operation; allowed: sum, prod, max, min, avg"));
}

TEST(NamesTest, NothingReducedIsNone) {
  EXPECT_EQ(ReduceOpName(v1::REDUCE_OP_UNSPECIFIED), "none");
}

}  // namespace
}  // namespace upfabric::daemon::cli
