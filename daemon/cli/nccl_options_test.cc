#include "daemon/cli/nccl_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace upfabric::daemon::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

absl::StatusOr<NcclOptions> Parse(const std::string& line) {
  return ParseNcclOptions(absl::StrSplit(line, ' ', absl::SkipEmpty()));
}

std::string ErrorOf(const std::string& line) {
  const absl::StatusOr<NcclOptions> options = Parse(line);
  EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument) << line;
  EXPECT_THAT(std::string(options.status().message()), Not(HasSubstr("\n")));
  return std::string(options.status().message());
}

TEST(NcclProgramTest, AllElevenNamesExist) {
  for (const char* name : {"all_reduce_perf", "all_gather_perf", "reduce_scatter_perf",
                           "alltoall_perf", "alltoallv_perf", "broadcast_perf", "reduce_perf",
                           "sendrecv_perf", "gather_perf", "scatter_perf", "hypercube_perf"}) {
    EXPECT_TRUE(NcclProgramNamed(name).has_value()) << name;
  }
  EXPECT_EQ(NcclProgramNamed("alltoall_perf")->collective, v1::COLLECTIVE_ALL_TO_ALL);
  EXPECT_EQ(NcclProgramNamed("gather_perf")->collective, v1::COLLECTIVE_GATHER);
  EXPECT_EQ(NcclProgramNamed("hypercube_perf")->collective, v1::COLLECTIVE_UNSPECIFIED);
  EXPECT_FALSE(NcclProgramNamed("upfabric").has_value());
}

TEST(NcclOptionsTest, DefaultsAreThoseOfNcclTests) {
  const auto options = Parse("");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->threads, 1);
  EXPECT_EQ(options->gpus, 1);
  EXPECT_EQ(options->sizes.min, Bytes(32 << 20));
  EXPECT_EQ(options->sizes.max, Bytes(32 << 20));
  EXPECT_EQ(options->sizes.step, Bytes(1 << 20));
  EXPECT_EQ(options->sizes.factor, 1);
  EXPECT_EQ(options->iterations, 20);
  EXPECT_EQ(options->warmup, 1);
  EXPECT_EQ(options->aggregated, 1);
  EXPECT_EQ(options->check, 1);
  EXPECT_THAT(options->types, ElementsAre(v1::DATA_TYPE_FLOAT32));
  EXPECT_THAT(options->remarks, IsEmpty());
}

TEST(NcclOptionsTest, ShortAndLongFlagsAreTheSame) {
  const auto a = Parse("-t 2 -g 4 -b 8 -e 1.5G -f 2 -n 5 -m 3 -w 0 -c 0 -o max -d half -r -1 -z 1");
  const auto b = Parse(
      "--nthreads 2 --ngpus=4 --minbytes 8 --maxbytes 1.5G --stepfactor 2 --iters 5 --agg_iters 3 "
      "--warmup_iters 0 --check 0 --op max --datatype half --root -1 --blocking 1");
  ASSERT_TRUE(a.ok()) << a.status();
  ASSERT_TRUE(b.ok()) << b.status();
  for (const NcclOptions& options : {*a, *b}) {
    EXPECT_EQ(options.threads, 2);
    EXPECT_EQ(options.gpus, 4);
    EXPECT_EQ(options.sizes.min, Bytes(8));
    EXPECT_EQ(options.sizes.max, Bytes(int64_t{3} << 29));
    EXPECT_EQ(options.sizes.factor, 2);
    EXPECT_EQ(options.iterations, 5);
    EXPECT_EQ(options.aggregated, 3);
    EXPECT_EQ(options.warmup, 0);
    EXPECT_EQ(options.check, 0);
    EXPECT_THAT(options.ops, ElementsAre(v1::REDUCE_OP_MAX));
    EXPECT_THAT(options.types, ElementsAre(v1::DATA_TYPE_FLOAT16));
    EXPECT_EQ(options.root, -1);
    EXPECT_EQ(options.blocking, 1);
  }
}

TEST(NcclOptionsTest, OurOwnOptionsAreLong) {
  const auto options =
      Parse("--fabric hgx-h100 --algorithm ring --seed 5 --software ideal --payload none");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->fabric, "hgx-h100");
  EXPECT_EQ(options->algorithm, "ring");
  EXPECT_EQ(options->seed, 5);
  EXPECT_EQ(options->payload, v1::PAYLOAD_MODE_NONE);
}

TEST(NcclOptionsTest, EveryIdleFlagIsAcceptedWithOneRemark) {
  for (const char* flag : {"-N 2", "-N 0", "-p 1", "-y 1", "-T 60", "-G 1", "-C 1", "-a 3", "-R 1",
                           "-x 1", "-D 1", "-V 16", "-M 1", "-u 1", "-I 1", "-K 2"}) {
    const auto options = Parse(flag);
    ASSERT_TRUE(options.ok()) << options.status();
    ASSERT_THAT(options->remarks, SizeIs(1)) << flag;
    EXPECT_THAT(options->remarks[0], HasSubstr(absl::StrCat(flag, " has no effect: ")));
  }
}

TEST(NcclOptionsTest, AnIdleFlagAtItsDefaultNeedsNoRemark) {
  const auto options = Parse("-N 1 -p 0 -y 0 -T 0 -G 0 -C 0 -a 1 -R 0 -D 0 -M 0 -u 0 -I 0 -K 0");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->remarks, IsEmpty());
}

TEST(NcclOptionsTest, UnknownTypeFallsBackToFloatWithAComplaint) {
  const auto options = Parse("-d quad -o xor");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->types, ElementsAre(v1::DATA_TYPE_FLOAT32));
  EXPECT_THAT(options->ops, ElementsAre(v1::REDUCE_OP_SUM));
  EXPECT_THAT(options->complaints, ElementsAre("invalid type quad, defaulting to float",
                                               "invalid op xor, defaulting to sum"));
}

TEST(NcclOptionsTest, WhatNcclTestsKnowsAndNothingEmulatesIsRefused) {
  EXPECT_THAT(ErrorOf("-o mulsum"), HasSubstr("allowed: sum, prod, min, max, avg, all"));
  EXPECT_THAT(ErrorOf("-o mulsum"), HasSubstr("not emulated yet"));
}

TEST(NcclOptionsTest, AllSweepsWhatExists) {
  const auto options = Parse("-d all -o all");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->types, SizeIs(12));
  EXPECT_THAT(options->ops, SizeIs(5));
}

TEST(NcclOptionsTest, BadInputNamesTheFlag) {
  EXPECT_THAT(ErrorOf("-b 1X"), HasSubstr("-b: \"1X\" is not a size; allowed:"));
  EXPECT_THAT(ErrorOf("-n 0"), HasSubstr("-n: \"0\" is out of range; allowed:"));
  EXPECT_THAT(ErrorOf("-b"), HasSubstr("-b: its value is missing"));
  EXPECT_THAT(ErrorOf("--warp 9"), HasSubstr("--warp: no such flag"));
  EXPECT_THAT(ErrorOf("-Q 1"), HasSubstr("-Q: no such flag"));
  EXPECT_THAT(ErrorOf("-b 8 extra"), HasSubstr("\"extra\": not a flag"));
}

TEST(NcclOptionsTest, HelpListsOurOwnOptions) {
  EXPECT_TRUE(Parse("-h")->help);
  EXPECT_THAT(NcclHelp("all_reduce_perf"), HasSubstr("--fabric"));
}

}  // namespace
}  // namespace upfabric::daemon::cli
