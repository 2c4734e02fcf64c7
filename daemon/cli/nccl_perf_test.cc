#include "daemon/cli/nccl_perf.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <sstream>

#include "absl/strings/str_split.h"

namespace upfabric::daemon::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Goal:   the bytes of nccl-tests 2.19.6 for an all-reduce of three sizes.
// Method: a fake that answers with the time of a toy model, 2(n-1) x 2 us + 2(n-1)/n x S at 400
// GB/s.
constexpr char kExpectedTable[] =
    "# nccl-tests version 2.19.6 nccl-headers=23007 nccl-library=23007\n"
    "# Collective test starting: all_reduce_perf\n"
    "# nThread 1 nGpus 1 minBytes 1048576 maxBytes 1073741824 step: 16(factor) warmup iters: "
    "1 iters: 20 agg iters: 1 validation: 1 graph: 0 unalign: 0\n"
    "#\n"
    "# Using devices\n"
    "#  Rank  0 Group  0 Pid   4711 on      node0 device  0 [0000:18:00] upfabric emulated ac"
    "celerator\n"
    "#\n"
    "#                                                              out-of-place             "
    "          in-place          \n"
    "#       size         count      type   redop    root     time   algbw   busbw  #wrong   "
    "  time   algbw   busbw  #wrong \n"
    "#        (B)    (elements)                               (us)  (GB/s)  (GB/s)           "
    "  (us)  (GB/s)  (GB/s)         \n"
    "     1048576        262144     float     sum      -1    32.59   32.18   56.31       0   "
    " 32.59   32.18   56.31       0\n"
    "    16777216       4194304     float     sum      -1   101.40  165.46  289.55       0   "
    "101.40  165.46  289.55       0\n"
    "  1073741824     268435456     float     sum      -1  4725.62  227.22  397.63       0  4"
    "725.62  227.22  397.63       0\n"
    "# Out of bounds values : 0 OK\n"
    "# Avg bus bandwidth    : 247.829 \n"
    "#\n"
    "# Collective test concluded: all_reduce_perf\n"
    "#\n"
    "\n";

v1::Result ToyResult(const v1::Workload& workload) {
  const int64_t ranks = workload.endpoints_size();
  v1::Result result;
  result.set_ranks(static_cast<int32_t>(ranks));
  for (const int64_t size : workload.sizes_bytes()) {
    v1::Row& row = *result.add_rows();
    row.set_bytes(size);
    row.set_count(size / 4);
    row.set_algorithm("ring");
    row.set_fingerprint(static_cast<uint64_t>(size));
    // 400 GB/s are 2.5 ps a byte.
    row.set_time_ps(2 * (ranks - 1) * 2'000'000 + 2 * (ranks - 1) * size * 5 / 2 / ranks);
    row.set_wrong(workload.check() ? 0 : -1);
  }
  return result;
}

class NcclPerfTest : public ::testing::Test {
 protected:
  NcclPerfTest() {
    perf_.program = *NcclProgramNamed("all_reduce_perf");
    perf_.ranks = 8;
    perf_.devices = {{.rank = 0,
                      .pid = 4711,
                      .host = "node0",
                      .device = 0,
                      .bus = "0000:18:00",
                      .description = "upfabric emulated accelerator"}};
    perf_.run = [this](const v1::Workload& workload) -> absl::StatusOr<v1::Result> {
      workloads_.push_back(workload);
      return ToyResult(workload);
    };
    perf_.check = [](const v1::Workload&) { return absl::OkStatus(); };
    perf_.same_in_place = [](const std::string&) { return true; };
    perf_.date_and_time = [] { return "2026-11-22 06:00:00"; };
  }

  void SetFlags(const std::string& line) {
    const auto options = ParseNcclOptions(absl::StrSplit(line, ' ', absl::SkipEmpty()));
    ASSERT_TRUE(options.ok()) << options.status();
    perf_.options = *options;
  }

  NcclOutcome Run() {
    absl::StatusOr<NcclOutcome> outcome = RunNcclPerf(perf_, out_);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return std::move(outcome).value();
  }

  NcclPerf perf_;
  std::ostringstream out_;
  std::vector<v1::Workload> workloads_;
};

TEST_F(NcclPerfTest, TableIsByteForByteThatOfNcclTests) {
  SetFlags("-b 1M -e 1G -f 16");
  perf_.run = [](v1::Workload workload) -> absl::StatusOr<v1::Result> {
    if (workload.sizes_bytes(0) == 256 << 20) {
      workload.set_sizes_bytes(0, 1 << 30);
    }
    return ToyResult(workload);
  };
  const NcclOutcome outcome = Run();
  EXPECT_EQ(out_.str(), kExpectedTable);
  EXPECT_FALSE(outcome.summary.failed());
}

TEST_F(NcclPerfTest, TimesQueuedIterationsAfterWarmUp) {
  SetFlags("-b 8 -e 8 -n 5 -m 2 -w 3");
  Run();
  EXPECT_EQ(workloads_[0].timing(), v1::TIMING_QUEUED);
  EXPECT_EQ(workloads_[0].iterations(), 10);
  EXPECT_EQ(workloads_[0].warmup(), 6);
  EXPECT_FALSE(workloads_[0].in_place());
  EXPECT_EQ(workloads_[0].endpoints_size(), 8);
}

TEST_F(NcclPerfTest, ABarrierAfterEachOperationIsolatesThem) {
  for (const char* flags : {"-b 8 -e 8 -z 1", "-b 8 -e 8 -z 3"}) {
    SetFlags(flags);
    workloads_.clear();
    Run();
    EXPECT_EQ(workloads_[0].timing(), v1::TIMING_ISOLATED);
    EXPECT_EQ(workloads_[0].iterations(), 1);
    EXPECT_EQ(workloads_[0].warmup(), 0);
  }
}

TEST_F(NcclPerfTest, SameInstructionsInPlaceAreCheckedByOneOperation) {
  SetFlags("-b 8 -e 8");
  Run();
  ASSERT_THAT(workloads_, SizeIs(2));
  EXPECT_TRUE(workloads_[1].in_place());
  EXPECT_EQ(workloads_[1].iterations(), 1);
  EXPECT_EQ(workloads_[1].algorithm(), "ring");
}

TEST_F(NcclPerfTest, OtherInstructionsInPlaceAreTimedAgain) {
  SetFlags("-b 8 -e 8");
  perf_.same_in_place = [](const std::string&) { return false; };
  Run();
  ASSERT_THAT(workloads_, SizeIs(2));
  EXPECT_TRUE(workloads_[1].in_place());
  EXPECT_EQ(workloads_[1].iterations(), 20);
}

TEST_F(NcclPerfTest, AlltoallAndSendrecvHaveNoWrongInPlace) {
  for (const char* program : {"alltoall_perf", "sendrecv_perf"}) {
    perf_.program = *NcclProgramNamed(program);
    SetFlags("-b 1M -e 1M");
    out_.str("");
    workloads_.clear();
    const NcclOutcome outcome = Run();
    EXPECT_THAT(workloads_, SizeIs(1));
    EXPECT_THAT(NcclRowText(outcome.rows[0]), EndsWith("     N/A\n"));
    EXPECT_THAT(out_.str(), HasSubstr("    none      -1 "));
  }
}

TEST_F(NcclPerfTest, WithoutCheckBothSidesAreNotAvailableAndNoPayloadMoves) {
  SetFlags("-b 8 -e 8 -c 0");
  const NcclOutcome outcome = Run();
  EXPECT_FALSE(outcome.rows[0].out_of_place.wrong.has_value());
  EXPECT_FALSE(outcome.rows[0].in_place.wrong.has_value());
  EXPECT_EQ(workloads_[0].payload(), v1::PAYLOAD_MODE_NONE);
}

TEST_F(NcclPerfTest, SweepsTypesOperationsRootsThenSizes) {
  perf_.program = *NcclProgramNamed("broadcast_perf");
  perf_.ranks = 2;
  SetFlags("-b 8 -e 16 -f 2 -d all -o all -r -1 -c 0");
  const NcclOutcome outcome = Run();
  ASSERT_THAT(outcome.rows, SizeIs(12 * 2 * 2));
  EXPECT_EQ(outcome.rows[0].root, 0);
  EXPECT_EQ(outcome.rows[1].bytes, 16);
  EXPECT_EQ(outcome.rows[2].root, 1);
  EXPECT_EQ(outcome.rows[0].type, v1::DATA_TYPE_INT8);
  EXPECT_EQ(outcome.rows[47].type, v1::DATA_TYPE_FLOAT8_E5M2);
}

TEST_F(NcclPerfTest, WrongElementsFailTheRunAndAreCountedBySides) {
  SetFlags("-b 8 -e 8");
  perf_.run = [](const v1::Workload& workload) -> absl::StatusOr<v1::Result> {
    v1::Result result = ToyResult(workload);
    result.mutable_rows(0)->set_wrong(3);
    result.mutable_rows(0)->add_damaged_messages("gpu0>gpu1 #4");
    return result;
  };
  const NcclOutcome outcome = Run();
  EXPECT_TRUE(outcome.summary.failed());
  EXPECT_THAT(out_.str(), HasSubstr("# Out of bounds values : 2 FAILED\n"));
  EXPECT_THAT(outcome.damaged_messages, ElementsAre("gpu0>gpu1 #4", "gpu0>gpu1 #4"));
}

TEST_F(NcclPerfTest, BandwidthGateFailsBelowNineTenths) {
  SetFlags("-b 1G -e 1G");
  perf_.bandwidth_min = 441.0;  // 397.63 are 90.2 % of it
  EXPECT_FALSE(Run().summary.failed());
  EXPECT_THAT(out_.str(), HasSubstr("# Avg bus bandwidth    : 397.63 OK\n"));
  perf_.bandwidth_min = 442.0;
  EXPECT_TRUE(Run().summary.failed());
  EXPECT_THAT(out_.str(), HasSubstr("# Avg bus bandwidth    : 397.63 FAILED\n"));
}

TEST_F(NcclPerfTest, ARunThatEndsEarlyKeepsItsRowsAndSaysWhy) {
  SetFlags("-b 8 -e 16 -f 2 -c 0");
  perf_.run = [](const v1::Workload& workload) -> absl::StatusOr<v1::Result> {
    if (workload.sizes_bytes(0) == 16) {
      return absl::UnavailableError("process 3 is gone");
    }
    return ToyResult(workload);
  };
  const NcclOutcome outcome = Run();
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(outcome.rows, SizeIs(1));
  EXPECT_THAT(out_.str(), EndsWith("#\n# error: process 3 is gone\n"));
}

TEST_F(NcclPerfTest, ABadSweepIsRefusedBeforeAnythingIsPrinted) {
  SetFlags("-b 2M -e 1M");
  EXPECT_EQ(RunNcclPerf(perf_, out_).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(out_.str(), IsEmpty());
}

TEST_F(NcclPerfTest, ARowThatCannotRunIsRefusedBeforeAnythingIsPrinted) {
  SetFlags("-b 8 -e 16 -f 2");
  perf_.check = [](const v1::Workload& workload) {
    return workload.sizes_bytes(0) == 16 ? absl::InvalidArgumentError("no") : absl::OkStatus();
  };
  EXPECT_EQ(RunNcclPerf(perf_, out_).status(), absl::InvalidArgumentError("no"));
  EXPECT_THAT(out_.str(), IsEmpty());
  EXPECT_THAT(workloads_, IsEmpty());
}

TEST_F(NcclPerfTest, TimestampsWidenTheTable) {
  SetFlags("-b 1M -e 1M -S 1");
  const NcclOutcome outcome = Run();
  EXPECT_THAT(NcclRowText(outcome.rows[0]), EndsWith("       0  2026-11-22 06:00:00\n"));
  EXPECT_THAT(out_.str(), HasSubstr("busbw  #wrong           timestamp\n"));
}

TEST_F(NcclPerfTest, StepAndRemarksAreInTheHeader) {
  SetFlags("-b 1M -e 2M -i 1M -G 1");
  Run();
  EXPECT_THAT(out_.str(), HasSubstr("step: 1048576(bytes)"));
  EXPECT_THAT(out_.str(), HasSubstr("graph: 1 "));
  EXPECT_THAT(out_.str(), HasSubstr("\n# -G 1 has no effect: "));
}

TEST_F(NcclPerfTest, JsonKeepsTheOdditiesOfNcclTests) {
  SetFlags("-b 1M -e 1M -f 2");
  const NcclOutcome outcome = Run();
  const std::string text = NcclJson(perf_.options, perf_.devices, outcome.rows, outcome.summary,
                                    {.start_time = "2026-11-22 06:00:00",
                                     .end_time = "2026-11-22 06:00:01",
                                     .arguments = {"all_reduce_perf", "-b", "1M"},
                                     .environment = {"UPFABRIC_FABRIC=toy"},
                                     .fabric = "toy",
                                     .fingerprint = outcome.fingerprint,
                                     .build = "0.1.0"});
  EXPECT_THAT(text, HasSubstr("\"root\":\"    -1\""));
  EXPECT_THAT(text, HasSubstr("\"out_of_place\":{\"time\":32.587520,\"alg_bw\":32.177226,"
                              "\"bus_bw\":56.310146,\"nwrong\":0.0}"));
  EXPECT_THAT(text, HasSubstr("\"blocking_collectives\":\"false\""));
  EXPECT_THAT(text, HasSubstr("\"step_factor\":2"));
  EXPECT_THAT(text, HasSubstr("\"okay\":\"unchecked\""));
  google::protobuf::Struct parsed;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(text, &parsed).ok()) << text;
  for (const char* key :
       {"version", "start_time", "args", "env", "nccl_version", "config", "results",
        "out_of_bounds", "average_bus_bandwidth", "errors", "end_time", "upfabric"}) {
    EXPECT_TRUE(parsed.fields().contains(key)) << key;
  }
}

TEST_F(NcclPerfTest, JsonOfAnUncheckedSideIsNull) {
  SetFlags("-b 1M -e 1M -c 0");
  const NcclOutcome outcome = Run();
  EXPECT_THAT(NcclJson(perf_.options, {}, outcome.rows, outcome.summary, {}),
              HasSubstr("\"nwrong\":null"));
}

TEST(EmulatedDevicesTest, AreTheSameOnEveryMachine) {
  const std::vector<NcclDevice> devices = EmulatedDevices(300, 100);
  ASSERT_THAT(devices, SizeIs(300));
  EXPECT_EQ(devices[299].pid, 2);
  EXPECT_EQ(devices[299].bus, "0001:2b:00");
}

}  // namespace
}  // namespace upfabric::daemon::cli
