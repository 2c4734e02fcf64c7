#include "daemon/workload_from_proto.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/workloads.h"

namespace upfabric::daemon {
namespace {

using collectives::Collective;
using collectives::DataType;
using ::testing::HasSubstr;

constexpr char kFabric[] = "gb200-nvl72";

v1::Workload AllReduce(int ranks) { return testing::AllReduce(ranks, {1024}); }

absl::StatusOr<CheckedWorkload> Check(const v1::Workload& workload) {
  collectives::AlgorithmRegistry registry;
  collectives::RegisterBuiltins(registry);
  return CheckWorkload(workload, {.id = kFabric, .endpoints = 72}, registry);
}

std::string ErrorOf(const v1::Workload& workload) {
  const auto checked = Check(workload);
  EXPECT_EQ(checked.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(checked.status().message());
}

TEST(CheckWorkloadTest, KeepsWhatItWasGiven) {
  v1::Workload workload = AllReduce(3);
  workload.set_endpoints(0, 71);
  workload.set_seed(7);
  const auto checked = Check(workload);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->request.ranks, 3);
  EXPECT_EQ(checked->request.root, -1);
  EXPECT_EQ(checked->endpoints[0], EndpointId(71));
  EXPECT_EQ(checked->sizes[0], Bytes(1024));
  EXPECT_EQ(checked->seed, 7u);
}

TEST(CheckWorkloadTest, MoreRanksThanEndpointsIsOneClearLine) {
  EXPECT_EQ(ErrorOf(AllReduce(73)), "-g: 73 ranks, but fabric gb200-nvl72 has 72 endpoints");
}

TEST(CheckWorkloadTest, NoRankIsRefused) {
  EXPECT_THAT(ErrorOf(AllReduce(0)), HasSubstr("-g: 0 ranks"));
}

TEST(CheckWorkloadTest, AnEndpointOutsideTheFabricIsRefused) {
  v1::Workload workload = AllReduce(2);
  workload.set_endpoints(1, 72);
  EXPECT_EQ(ErrorOf(workload), "--endpoints: 72, but fabric gb200-nvl72 has endpoints 0 to 71");
  workload.set_endpoints(1, -1);
  EXPECT_THAT(ErrorOf(workload), HasSubstr("--endpoints: -1"));
}

TEST(CheckWorkloadTest, AnEndpointGivenTwiceIsRefused) {
  v1::Workload workload = AllReduce(2);
  workload.set_endpoints(1, 0);
  EXPECT_EQ(ErrorOf(workload), "--endpoints: 0 is given twice");
}

TEST(CheckWorkloadTest, ANegativeSizeIsRefused) {
  v1::Workload workload = AllReduce(2);
  workload.set_sizes_bytes(0, -8);
  EXPECT_THAT(ErrorOf(workload), HasSubstr("-b: size -8 B"));
}

TEST(CheckWorkloadTest, ARootOutsideTheRanksIsRefusedWhereThereIsARoot) {
  v1::Workload workload = AllReduce(4);
  workload.set_root(9);
  EXPECT_TRUE(Check(workload).ok());
  workload.set_collective(v1::COLLECTIVE_BROADCAST);
  EXPECT_EQ(ErrorOf(workload), "--root: 9, allowed is 0 to 3");
}

TEST(CheckWorkloadTest, WhatIsNotSetIsRefused) {
  v1::Workload workload = AllReduce(2);
  workload.set_collective(v1::COLLECTIVE_UNSPECIFIED);
  EXPECT_THAT(ErrorOf(workload), HasSubstr("collective"));
  workload = AllReduce(2);
  workload.clear_type();
  EXPECT_THAT(ErrorOf(workload), HasSubstr("-d"));
  workload = AllReduce(2);
  workload.clear_op();
  EXPECT_THAT(ErrorOf(workload), HasSubstr("-o"));
  workload = AllReduce(2);
  workload.clear_sizes_bytes();
  EXPECT_THAT(ErrorOf(workload), HasSubstr("-b"));
  workload = AllReduce(2);
  workload.clear_granularity();
  EXPECT_THAT(ErrorOf(workload), HasSubstr("--granularity"));
  workload.set_granularity(v1::GRANULARITY_PACKET);
  workload.clear_payload();
  EXPECT_THAT(ErrorOf(workload), HasSubstr("--payload"));
  workload = AllReduce(2);
  workload.clear_timing();
  EXPECT_THAT(ErrorOf(workload), HasSubstr("timing"));
}

TEST(CheckWorkloadTest, TooManyOrNegativeRepetitionsAreRefused) {
  v1::Workload workload = AllReduce(2);
  workload.set_jitter(1000);
  EXPECT_EQ(Check(workload)->jitter, 1000);
  workload.set_jitter(1001);
  EXPECT_EQ(ErrorOf(workload), "--jitter: 1001 repetitions, allowed is 0 to 1000");
  workload.set_jitter(-1);
  EXPECT_THAT(ErrorOf(workload), HasSubstr("--jitter: -1"));
}

TEST(CheckWorkloadTest, AnUnknownAlgorithmListsTheKnownOnes) {
  v1::Workload workload = AllReduce(2);
  workload.set_algorithm("rinq");
  const absl::Status unknown = Check(workload).status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("ring"));
}

TEST(CheckWorkloadTest, AnUnknownSoftwareProfileIsRefused) {
  v1::Workload workload = AllReduce(2);
  workload.set_software("nosuch");
  EXPECT_EQ(ErrorOf(workload),
            "--software: no software profile \"nosuch\"; there are: ideal, kernel, nccl, rccl, "
            "trtllm, vllm, or a file");
  workload.set_software("nccl");
  workload.set_launch("by-hand");
  EXPECT_EQ(ErrorOf(workload),
            "--launch: \"by-hand\" is no way to launch; allowed: process_per_gpu, threads, "
            "single_process, graph, unknown");
}

TEST(CheckWorkloadTest, IsolatedTimingHasOneIterationAndNoWarmUp) {
  v1::Workload workload = AllReduce(2);
  workload.set_iterations(20);
  EXPECT_THAT(ErrorOf(workload), HasSubstr("-n: 20 iterations"));
  workload.set_timing(v1::TIMING_QUEUED);
  EXPECT_TRUE(Check(workload).ok());
  workload.set_iterations(0);
  EXPECT_THAT(ErrorOf(workload), HasSubstr("-n: 0 iterations"));
}

TEST(CheckWorkloadTest, AMalformedFaultIsNamed) {
  v1::Workload workload = AllReduce(2);
  workload.mutable_faults()->add_faults()->set_time("5");
  EXPECT_THAT(ErrorOf(workload), HasSubstr("--faults: faults[0].time: "));
}

TEST(CheckWorkloadTest, InPlaceIsDroppedWhereACollectiveHasNoSuchForm) {
  v1::Workload workload = AllReduce(2);
  workload.set_in_place(true);
  EXPECT_TRUE(Check(workload)->request.in_place);
  workload.set_collective(v1::COLLECTIVE_ALL_TO_ALL);
  EXPECT_FALSE(Check(workload)->request.in_place);
}

// The table of nccl-tests: c = size / element; b = c / n rounded down to a multiple of 16 /
// element.
TEST(CountOfSizeTest, FollowsNcclTests) {
  EXPECT_EQ(CountOfSize(Collective::kAllReduce, DataType::kFloat32, 8, Bytes(1030)), 257);
  EXPECT_EQ(CountOfSize(Collective::kAllGather, DataType::kFloat32, 8, Bytes(1024)), 32);
  // 1000 / 4 = 250 elements, 31 a rank, 28 is the multiple of 4 below.
  EXPECT_EQ(CountOfSize(Collective::kReduceScatter, DataType::kFloat32, 8, Bytes(1000)), 28);
  // 1000 / 2 = 500 elements, 62 a rank, 56 is the multiple of 8 below.
  EXPECT_EQ(CountOfSize(Collective::kAllToAll, DataType::kFloat16, 8, Bytes(1000)), 56);
  EXPECT_EQ(CountOfSize(Collective::kAllGather, DataType::kFloat32, 8, Bytes(64)), 0);
  EXPECT_EQ(CountOfSize(Collective::kBroadcast, DataType::kInt32, 8, Bytes(0)), 0);
  EXPECT_EQ(CountOfSize(Collective::kReduce, DataType::kFloat32, 8, Bytes(1030)), 257);
  EXPECT_EQ(CountOfSize(Collective::kGather, DataType::kFloat32, 8, Bytes(1000)), 28);
  EXPECT_EQ(CountOfSize(Collective::kScatter, DataType::kFloat32, 8, Bytes(1000)), 28);
  EXPECT_EQ(CountOfSize(Collective::kBarrier, DataType::kFloat32, 8, Bytes(1000)), 0);
}

TEST(SizeOfRequestTest, IsTheLargerOfTheBuffers) {
  collectives::CollectiveRequest request;
  request.ranks = 8;
  request.count = 28;
  request.collective = Collective::kAllReduce;
  EXPECT_EQ(SizeOfRequest(request), Bytes(112));  // 28 x 4 B
  request.root = 3;
  request.collective = Collective::kGather;
  EXPECT_EQ(SizeOfRequest(request), Bytes(8 * 112));
  request.collective = Collective::kScatter;
  EXPECT_EQ(SizeOfRequest(request), Bytes(8 * 112));
  request.collective = Collective::kReduceScatter;
  EXPECT_EQ(SizeOfRequest(request), Bytes(896));  // 8 x 28 x 4 B
}

}  // namespace
}  // namespace upfabric::daemon
