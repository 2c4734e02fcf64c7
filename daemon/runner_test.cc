// Whole runs on a preset, in one process.

#include "daemon/runner.h"

#include <google/protobuf/text_format.h>

#include "daemon/config/loader.h"
#include "daemon/exit_codes.h"
#include "daemon/solo_group.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/workloads.h"

namespace upfabric::daemon {
namespace {

using ::testing::HasSubstr;

constexpr int kRanks = 8;

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() {
    const auto fabric = ResolveFabric("hgx-h100");
    EXPECT_TRUE(fabric.ok()) << fabric.status();
    auto runner = Runner::Create(*fabric, group_);
    EXPECT_TRUE(runner.ok()) << runner.status();
    runner_ = *std::move(runner);
  }

  static v1::Workload AllReduce(const std::vector<int64_t>& sizes) {
    return testing::AllReduce(kRanks, sizes);
  }

  absl::StatusOr<v1::Result> Run(const v1::Workload& workload) {
    return runner_->Run(workload, {}, nullptr);
  }

  SoloGroup group_;
  std::unique_ptr<Runner> runner_;
};

TEST_F(RunnerTest, EveryRowIsCorrectAndTakesTime) {
  const auto result = Run(AllReduce({0, 4, 1000, 1 << 20}));
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->rows_size(), 4);
  for (const v1::Row& row : result->rows()) {
    EXPECT_EQ(row.wrong(), 0) << row.ShortDebugString();
  }
  EXPECT_EQ(result->ranks(), kRanks);
  EXPECT_GT(result->rows(3).time_ps(), result->rows(1).time_ps());
  EXPECT_GT(result->rows(3).hops(), 0);
  EXPECT_THAT(result->rows(3).explanation().busiest_channel(), HasSubstr(">"));
  EXPECT_GT(result->rows(3).explanation().path_size(), 3);
  EXPECT_EQ(ExitCodeOf(*result), kExitDone);
}

TEST_F(RunnerTest, ARowDoesNotDependOnTheRowsBeforeIt) {
  const auto sweep = Run(AllReduce({1 << 20, 64, 4096}));
  const auto alone = Run(AllReduce({4096}));
  ASSERT_TRUE(sweep.ok() && alone.ok());
  EXPECT_EQ(sweep->rows(2).SerializeAsString(), alone->rows(0).SerializeAsString());
}

TEST_F(RunnerTest, TheSameWorkloadGivesTheSameBytes) {
  const v1::Workload workload = AllReduce({8, 65536});
  EXPECT_EQ(Run(workload)->SerializeAsString(), Run(workload)->SerializeAsString());
}

TEST_F(RunnerTest, QueuedIterationsTakeNoLongerThanIsolatedOnes) {
  v1::Workload workload = AllReduce({1 << 20});
  const auto isolated = Run(workload);
  workload.set_timing(v1::TIMING_QUEUED);
  workload.set_iterations(5);
  workload.set_warmup(1);
  const auto queued = Run(workload);
  ASSERT_TRUE(queued.ok()) << queued.status();
  EXPECT_EQ(queued->rows(0).wrong(), 0);
  EXPECT_LE(queued->rows(0).time_ps(), isolated->rows(0).time_ps());
}

TEST_F(RunnerTest, WithoutACheckNothingIsWrongOrRight) {
  v1::Workload workload = AllReduce({1024});
  workload.set_check(false);
  EXPECT_EQ(Run(workload)->rows(0).wrong(), -1);
}

TEST_F(RunnerTest, JitterAddsItsSpreadAndChangesNothingElse) {
  v1::Workload workload = AllReduce({64, 1 << 16});
  workload.set_seed(3);
  const auto plain = Run(workload);
  workload.set_jitter(9);
  auto skewed = Run(workload);
  ASSERT_TRUE(skewed.ok()) << skewed.status();
  for (v1::Row& row : *skewed->mutable_rows()) {
    EXPECT_EQ(row.jitter().repetitions(), 9);
    EXPECT_GT(row.jitter().min_ps(), 0);
    EXPECT_LT(row.jitter().min_ps(), row.jitter().max_ps());
    EXPECT_LE(row.jitter().min_ps(), row.jitter().median_ps());
    EXPECT_LE(row.jitter().median_ps(), row.jitter().max_ps());
    row.clear_jitter();
  }
  EXPECT_EQ(skewed->SerializeAsString(), plain->SerializeAsString());
}

TEST_F(RunnerTest, BestIsTheFastestOfAll) {
  v1::Workload workload = AllReduce({1024, 1 << 20});
  workload.set_algorithm("all");
  const auto all = Run(workload);
  workload.set_algorithm("best");
  const auto best = Run(workload);
  ASSERT_TRUE(all.ok() && best.ok()) << all.status() << best.status();
  ASSERT_EQ(best->rows_size(), 2);
  for (const v1::Row& winner : best->rows()) {
    int fastest = 0;
    int slower = 0;
    for (const v1::Row& row : all->rows()) {
      if (row.bytes() != winner.bytes()) {
        continue;
      }
      EXPECT_EQ(row.wrong(), 0) << row.algorithm();
      EXPECT_GE(row.time_ps(), winner.time_ps()) << row.algorithm();
      fastest += row.fastest() ? 1 : 0;
      slower += row.time_ps() > winner.time_ps() ? 1 : 0;
      EXPECT_EQ(row.fastest(), row.algorithm() == winner.algorithm());
    }
    EXPECT_EQ(fastest, 1);
    EXPECT_EQ(winner.candidates_size(), slower + 1);
  }
}

TEST_F(RunnerTest, BestRunsNothingThatCannotBeFaster) {
  v1::Workload workload = AllReduce({1024});
  workload.set_algorithm("best");
  const auto best = Run(workload);
  ASSERT_TRUE(best.ok()) << best.status();
  int not_run = 0;
  for (const v1::Candidate& candidate : best->rows(0).candidates()) {
    if (candidate.time_ps() == 0) {
      ++not_run;
      EXPECT_GT(candidate.bound_ps(), best->rows(0).time_ps()) << candidate.algorithm();
    }
  }
  EXPECT_GT(not_run, 0);
  v1::Workload alone = AllReduce({1024});
  alone.set_algorithm(best->rows(0).algorithm());
  EXPECT_EQ(Run(alone)->fingerprint(), best->fingerprint());
}

TEST_F(RunnerTest, ASearchIsNotForSoftwareProfiles) {
  v1::Workload workload = AllReduce({1024});
  workload.set_software("nccl");
  workload.set_algorithm("best");
  EXPECT_EQ(Run(workload).status().message(),
            "--algorithm: best: a profile runs its own algorithms; allowed with software ideal");
}

// An all_reduce of ranks 0 to 3 and one of 4 to 7, then one of all.
v1::Workload ThreeTasks() {
  v1::Workload workload = testing::AllReduce(kRanks, {0});
  workload.clear_endpoints();
  for (const char* name : {"low", "high", "all"}) {
    v1::Task& task = *workload.add_tasks();
    task.set_name(name);
    task.set_collective(v1::COLLECTIVE_ALL_REDUCE);
    task.set_bytes(1 << 18);
    task.set_type(v1::DATA_TYPE_FLOAT32);
    task.set_op(v1::REDUCE_OP_SUM);
    task.set_algorithm("ring");
    task.add_endpoints()->set_count(workload.tasks_size() == 3 ? 8 : 4);
  }
  workload.mutable_tasks(1)->mutable_endpoints(0)->set_first(4);
  workload.mutable_tasks(2)->add_after("low");
  workload.mutable_tasks(2)->add_after("high");
  workload.mutable_tasks(2)->set_compute("3us");
  return workload;
}

TEST_F(RunnerTest, TasksOfDisjointRanksTakeAsLongAsAlone) {
  const auto tasks = Run(ThreeTasks());
  ASSERT_TRUE(tasks.ok()) << tasks.status();
  ASSERT_EQ(tasks->rows_size(), 3);
  v1::Workload alone = testing::AllReduce(4, {1 << 18});
  alone.set_algorithm("ring");
  const int64_t time_ps = Run(alone)->rows(0).time_ps();
  for (const v1::Row& row : tasks->rows()) {
    EXPECT_EQ(row.wrong(), 0) << row.task();
  }
  EXPECT_EQ(tasks->rows(0).time_ps(), time_ps);
  EXPECT_EQ(tasks->rows(1).time_ps(), time_ps);
  EXPECT_EQ(tasks->rows(1).start_ps(), 0);
  EXPECT_EQ(tasks->rows(2).start_ps(), time_ps + 3'000'000);
  EXPECT_EQ(tasks->rows(2).ranks(), 8);
  EXPECT_EQ(tasks->virtual_ps(), tasks->rows(2).start_ps() + tasks->rows(2).time_ps());
}

TEST_F(RunnerTest, TasksThatReduceInTheSwitchHaveGroupsOfTheirOwn) {
  v1::Workload workload = ThreeTasks();
  for (v1::Task& task : *workload.mutable_tasks()) {
    task.set_algorithm("in_switch");
    task.clear_after();
  }
  const auto tasks = Run(workload);
  ASSERT_TRUE(tasks.ok()) << tasks.status();
  for (const v1::Row& row : tasks->rows()) {
    EXPECT_EQ(row.wrong(), 0) << row.task();
  }
}

TEST_F(RunnerTest, ARankThatStartsLateDelaysTheOthers) {
  v1::Workload workload = AllReduce({1 << 16});
  const int64_t prompt_ps = Run(workload)->rows(0).time_ps();
  for (int rank = 0; rank < kRanks; ++rank) {
    workload.add_start_ps(rank == 3 ? 50'000'000 : 0);
  }
  workload.set_rank_times(true);
  workload.set_breakdown(true);
  const auto skewed = Run(workload);
  ASSERT_TRUE(skewed.ok()) << skewed.status();
  const v1::Row& row = skewed->rows(0);
  EXPECT_EQ(row.wrong(), 0);
  EXPECT_EQ(row.rank_times(3).start_ps(), 50'000'000);
  EXPECT_GT(row.time_ps(), 50'000'000);
  EXPECT_LE(row.time_ps(), 50'000'000 + prompt_ps);
  int64_t sum = 0;
  for (const v1::BreakdownPart& part : row.breakdown().parts()) {
    sum += part.time_ps();
    if (part.cause() == "launch") {
      EXPECT_EQ(part.time_ps(), 50'000'000);
    }
  }
  EXPECT_EQ(sum, row.time_ps());
  workload.set_start_ps(0, 1);
  for (int rank = 1; rank < kRanks; ++rank) {
    workload.set_start_ps(rank, 1);
  }
  EXPECT_EQ(Run(workload).status().message(),
            "--skew: no rank starts at 0; allowed is that one does");
}

TEST_F(RunnerTest, BadWorkloadsAreBadInput) {
  v1::Workload workload = AllReduce({1024});
  workload.add_endpoints(8);
  EXPECT_EQ(Run(workload).status().message(), "-g: 9 ranks, but fabric hgx-h100 has 8 endpoints");
  workload = AllReduce({1024});
  workload.set_algorithm("rinq");
  EXPECT_EQ(ExitCodeOf(Run(workload).status()), kExitBadInput);
}

v1::FaultSchedule Faults(const std::string& text) {
  v1::FaultSchedule faults;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &faults)) << text;
  return faults;
}

TEST_F(RunnerTest, EveryRowMeetsAFaultOfRowZero) {
  v1::Workload workload = AllReduce({1 << 20, 1 << 20});
  const auto whole = Run(workload);
  *workload.mutable_faults() = Faults("faults { time: '0ps' plane_down { plane: 0 } }");
  const auto degraded = Run(workload);
  ASSERT_TRUE(degraded.ok()) << degraded.status();
  EXPECT_EQ(degraded->rows(0).wrong(), 0);
  // 13 of 18 links are left; the slope of the time is that, its constant is not.
  EXPECT_GT(degraded->rows(0).time_ps(), whole->rows(0).time_ps() * 5 / 4);
  EXPECT_EQ(degraded->rows(1).time_ps(), degraded->rows(0).time_ps());
  EXPECT_EQ(degraded->faults().faults_size(), 1);
}

TEST_F(RunnerTest, AFaultOfARowStandsInTheLaterOnes) {
  v1::Workload workload = AllReduce({1 << 20, 1 << 20, 1 << 20, 1 << 20});
  *workload.mutable_faults() = Faults(R"(
      faults { row: 2 time: '0ps' plane_down { plane: 0 } }
      faults { row: 4 time: '0ps' plane_up { plane: 0 } })");
  const auto result = Run(workload);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_GT(result->rows(1).time_ps(), result->rows(0).time_ps());
  EXPECT_EQ(result->rows(2).time_ps(), result->rows(1).time_ps());
  EXPECT_EQ(result->rows(3).time_ps(), result->rows(0).time_ps());
}

TEST_F(RunnerTest, AFaultThatDoesNotFitTheFabricIsBadInput) {
  v1::Workload workload = AllReduce({1024});
  *workload.mutable_faults() = Faults("faults { row: 7 time: '0ps' plane_down { plane: 4 } }");
  EXPECT_EQ(Run(workload).status(),
            absl::InvalidArgumentError(
                "--faults: faults[0]: plane 4 is out of range; allowed is 0 to 3"));
}

TEST_F(RunnerTest, AMessageWithoutALinkFailsTheRunAndTheNextOneIsWhole) {
  v1::Workload workload = AllReduce({1 << 20});
  const auto whole = Run(workload);
  for (int plane = 0; plane < 4; ++plane) {
    v1::Fault& fault = *workload.mutable_faults()->add_faults();
    fault.set_time("2us");
    fault.mutable_plane_down()->set_plane(plane);
  }
  const absl::Status failed = Run(workload).status();
  EXPECT_EQ(ExitCodeOf(failed), kExitWrong);
  EXPECT_THAT(std::string(failed.message()), HasSubstr("no link is left from gpu"));
  workload.clear_faults();
  EXPECT_EQ(Run(workload)->SerializeAsString(), whole->SerializeAsString());
}

// More than the buffer, before anything is sent: all credits of the channel.
TEST_F(RunnerTest, ALeakThatBlocksIsNoProgressWithTheChannels) {
  v1::Workload workload = AllReduce({1 << 20});
  *workload.mutable_faults() = Faults(R"(
      faults { time: '0ps' credit_leak { target { endpoint: 3 link: 5 } to_switch: true
                                         space: '1GiB' } })");
  const absl::Status blocked = Run(workload).status();
  EXPECT_EQ(ExitCodeOf(blocked), kExitNoProgress);
  EXPECT_THAT(std::string(blocked.message()), HasSubstr("\nrank "));
  EXPECT_THAT(std::string(blocked.message()), HasSubstr("gpu3:5>sw1:"));
  EXPECT_THAT(std::string(blocked.message()), HasSubstr("of them have leaked"));
}

// Injected in the 30th window of the second row, stands in the third; a fault that does not fit, in
// the 40th, changes nothing.
TEST_F(RunnerTest, AnInjectedFaultStandsAndTheRunRepeatsWithIt) {
  v1::Workload workload = AllReduce({1 << 20, 1 << 20, 1 << 20});
  int row = 1;
  int window = 0;
  std::vector<Injection> injections;
  RunObserver observer;
  observer.on_row = [&](const v1::Row&, int, int) {
    ++row;
    window = 0;
  };
  observer.injection = [&]() -> std::string {
    ++window;
    if (row != 2 || (window != 30 && window != 40)) {
      return "";
    }
    return Faults(window == 30 ? "faults { plane_down { plane: 0 } }"
                               : "faults { plane_down { plane: 9 } }")
        .SerializeAsString();
  };
  observer.on_injected = [&](const Injection& injection) { injections.push_back(injection); };
  const auto result = runner_->Run(workload, observer, nullptr);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(injections.size(), 2u);
  EXPECT_TRUE(injections[0].status.ok()) << injections[0].status;
  EXPECT_EQ(injections[0].row, 2);
  EXPECT_EQ(injections[1].status,
            absl::InvalidArgumentError("plane 9 is out of range; allowed is 0 to 3"));
  ASSERT_EQ(result->faults().faults_size(), 1);
  EXPECT_EQ(result->faults().faults(0).row(), 2);
  EXPECT_GT(result->rows(1).time_ps(), result->rows(0).time_ps());
  EXPECT_GT(result->rows(2).time_ps(), result->rows(1).time_ps());
  *workload.mutable_faults() = result->faults();
  EXPECT_EQ(Run(workload)->SerializeAsString(), result->SerializeAsString());
}

TEST_F(RunnerTest, WhatTheRowCannotDoWithoutIsNotTakenFromIt) {
  v1::Workload workload = AllReduce({1 << 20});
  workload.set_algorithm("in_switch");
  const auto whole = Run(workload);
  absl::Status refused;
  RunObserver observer;
  observer.injection = [&]() -> std::string {
    return refused.ok() ? Faults("faults { plane_down { plane: 0 } }").SerializeAsString() : "";
  };
  observer.on_injected = [&](const Injection& injection) { refused = injection.status; };
  const auto result = runner_->Run(workload, observer, nullptr);
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(ExitCodeOf(refused), kExitBadInput);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->SerializeAsString(), whole->SerializeAsString());
}

TEST_F(RunnerTest, ALoopEndsWhenAWindowSaysSo) {
  v1::Workload workload = AllReduce({1024});
  workload.set_loop(true);
  int rows = 0;
  RunObserver observer;
  observer.on_row = [&rows](const v1::Row&, int, int) { ++rows; };
  observer.on_window = [&rows] {
    return rows == 3 ? absl::CancelledError("run-1 was stopped") : absl::OkStatus();
  };
  EXPECT_EQ(runner_->Run(workload, observer, nullptr).status(),
            absl::CancelledError("run-1 was stopped"));
  EXPECT_EQ(rows, 3);
}

TEST_F(RunnerTest, ALoopOfOneRankCanBeStopped) {
  v1::Workload workload = AllReduce({1024});
  workload.clear_endpoints();
  workload.add_endpoints(3);
  workload.set_loop(true);
  int calls = 0;
  RunObserver observer;
  observer.on_window = [&calls] {
    return ++calls == 20 ? absl::CancelledError("stopped") : absl::OkStatus();
  };
  EXPECT_EQ(runner_->Run(workload, observer, nullptr).status(), absl::CancelledError("stopped"));
}

// What Prometheus divides: both only grow, inside windows and between rows.
TEST_F(RunnerTest, CountersAndVirtualTimeNeverGoBack) {
  Picoseconds time;
  int64_t bytes = 0;
  const auto look = [&] {
    const RunnerTotals totals = runner_->Totals();
    int64_t now = 0;
    for (const fabric::ChannelCounters& channel : runner_->Counters()) {
      now += channel.wire_bytes;
    }
    EXPECT_GE(totals.virtual_time, time);
    EXPECT_GE(now, bytes);
    time = totals.virtual_time;
    bytes = now;
    return absl::OkStatus();
  };
  RunObserver observer;
  observer.on_window = look;
  v1::RunStatistics statistics;
  const auto result = runner_->Run(AllReduce({4096, 65536, 8}), observer, &statistics);
  ASSERT_TRUE(result.ok()) << result.status();
  (void)look();
  EXPECT_GT(bytes, 0);
  // What was shown in the last window may lie a little behind the end of the last rank.
  EXPECT_GE(time.count(), result->virtual_ps());
  EXPECT_LE(time.count(), result->virtual_ps() + 2 * statistics.window_ps());
  EXPECT_EQ(runner_->Totals().fabric.hops, result->hops());
  ASSERT_EQ(statistics.processes_size(), 1);
  EXPECT_EQ(statistics.processes(0).hops(), result->hops());
  EXPECT_GT(statistics.processes(0).fabric_bytes(), 0);
  EXPECT_GT(statistics.window_ps(), 0);
  EXPECT_EQ(statistics.channels_checked(), 3 * 2 * 8 * 18);
  EXPECT_EQ(statistics.completions_checked(), 3 * 8);
  EXPECT_EQ(statistics.messages_checked(), runner_->Totals().fabric.messages_delivered);
}

class LargestPodTest : public ::testing::Test {
 protected:
  static constexpr int kLinks = 1024 * 4;

  LargestPodTest() { runner_ = Runner::Create(*ResolveFabric("ualink-pod-1024"), group_).value(); }

  SoloGroup group_;
  std::unique_ptr<Runner> runner_;
};

// All of an idle fabric's memory, by link: both directions to the switch, and both to the endpoint.
TEST_F(LargestPodTest, ALinkOfAnIdleFabricTakesLittle) {
  constexpr int64_t kBytesMax = 1'210;
  EXPECT_LE(runner_->fabric().MemoryBytes(), kLinks * kBytesMax);
}

// 127 messages of 64 KiB from each rank, of which the executor posts 32. A share of one of them is
// a record of 24 B at each of 4 links, in queues of up to twice its size, on both sides of the way
// to the port; as much again for what is in the switches and on its way.
TEST_F(LargestPodTest, MessagesToComeTakeNoMemory) {
  v1::Workload workload = testing::AllReduce(128, {int64_t{128} << 16});
  workload.set_collective(v1::COLLECTIVE_ALL_TO_ALL);
  workload.set_payload(v1::PAYLOAD_MODE_NONE);
  workload.set_check(false);
  const int64_t idle = runner_->fabric().MemoryBytes();
  v1::RunStatistics statistics;
  const auto result = runner_->Run(workload, {}, &statistics);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_LE(statistics.processes(0).fabric_bytes() - idle, 128 * 32 * 4 * 24 * 2 * 2 * 2);
}

TEST(ExitCodeOfResultTest, WrongElementsAndDamagedMessagesAreOne) {
  v1::Result result;
  result.add_rows()->set_wrong(-1);
  EXPECT_EQ(ExitCodeOf(result), kExitDone);
  result.add_rows()->add_damaged_messages("0>1#0x00000001");
  EXPECT_EQ(ExitCodeOf(result), kExitWrong);
  result.mutable_rows()->RemoveLast();
  result.add_rows()->set_wrong(2);
  EXPECT_EQ(ExitCodeOf(result), kExitWrong);
}

}  // namespace
}  // namespace upfabric::daemon
