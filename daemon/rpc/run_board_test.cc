#include "daemon/rpc/run_board.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/exit_codes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Writes at once what it is sent to `lines`; says so only when the test calls Written.
class FakeWatcher : public RunWatcher {
 public:
  void Send(v1::WatchRunResponse message) override {
    if (message.has_row()) {
      lines.push_back(absl::StrCat("row ", message.rows_done(), "/", message.rows_total()));
    } else if (message.has_result()) {
      lines.push_back("result");
    } else {
      lines.push_back(absl::StrCat("exit ", message.exit_code(), ": ", message.failure()));
    }
  }
  void Close(const absl::Status& status) override {
    lines.push_back(absl::StrCat("closed ", absl::StatusCodeToString(status.code())));
  }

  std::vector<std::string> lines;
};

TEST(RunBoardTest, RunsComeInTheOrderOfTheirStart) {
  RunBoard board;
  EXPECT_FALSE(board.Next().has_value());
  EXPECT_EQ(*board.Start({}), "run-1");
  EXPECT_EQ(*board.Start({}), "run-2");
  EXPECT_EQ(board.Next()->id, "run-1");
  EXPECT_EQ(board.active_run_id(), "run-1");
  EXPECT_EQ(board.waiting_runs(), 1);
  board.End(v1::Result(), {});
  EXPECT_EQ(board.active_run_id(), "");
  EXPECT_EQ(board.Next()->id, "run-2");
}

TEST(RunBoardTest, SixteenRunsWaitBesideTheActiveOne) {
  RunBoard board;
  ASSERT_TRUE(board.Start({}).ok());
  ASSERT_TRUE(board.Next().has_value());
  for (int i = 0; i < 16; ++i) {
    EXPECT_TRUE(board.Start({}).ok());
  }
  const absl::Status full = board.Start({}).status();
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(full.message()), HasSubstr("16 runs wait"));
}

TEST(RunBoardTest, AWatcherGetsRowsAsItCanTakeThem) {
  RunBoard board;
  ASSERT_TRUE(board.Start({}).ok());
  FakeWatcher watcher;
  ASSERT_TRUE(board.Watch("run-1", &watcher).ok());
  ASSERT_TRUE(board.Next().has_value());
  board.AddRow({}, 1, 2);
  board.AddRow({}, 2, 2);
  board.End(v1::Result(), {});
  EXPECT_THAT(watcher.lines, ElementsAre("row 1/2"));
  board.Written(&watcher);
  board.Written(&watcher);
  EXPECT_THAT(watcher.lines, ElementsAre("row 1/2", "row 2/2", "result"));
  board.Written(&watcher);
  EXPECT_EQ(watcher.lines.back(), "closed OK");
}

TEST(RunBoardTest, ALateWatcherGetsEverythingFromTheStart) {
  RunBoard board;
  ASSERT_TRUE(board.Start({}).ok());
  ASSERT_TRUE(board.Next().has_value());
  board.AddRow({}, 1, 1);
  board.End(NoProgressError("rank 3 waits"), {});
  FakeWatcher watcher;
  ASSERT_TRUE(board.Watch("run-1", &watcher).ok());
  board.Written(&watcher);
  board.Written(&watcher);
  EXPECT_THAT(watcher.lines, ElementsAre("row 1/1", "exit 4: rank 3 waits", "closed OK"));
}

TEST(RunBoardTest, StoppingAWaitingRunEndsIt) {
  RunBoard board;
  ASSERT_TRUE(board.Start({}).ok());
  FakeWatcher watcher;
  ASSERT_TRUE(board.Watch("run-1", &watcher).ok());
  EXPECT_TRUE(board.Stop("run-1").ok());
  EXPECT_THAT(watcher.lines, ElementsAre("exit 3: run-1 was stopped"));
  EXPECT_FALSE(board.Next().has_value());
}

TEST(RunBoardTest, StoppingTheActiveRunAsksTheSimulation) {
  RunBoard board;
  ASSERT_TRUE(board.Start({}).ok());
  ASSERT_TRUE(board.Start({}).ok());
  ASSERT_TRUE(board.Next().has_value());
  EXPECT_FALSE(board.stop_active_wanted());
  EXPECT_TRUE(board.Stop("run-1").ok());
  EXPECT_TRUE(board.stop_active_wanted());
  board.End(absl::CancelledError("run-1 was stopped"), {});
  ASSERT_TRUE(board.Next().has_value());
  EXPECT_FALSE(board.stop_active_wanted());
}

TEST(RunBoardTest, UnknownRunsAreNotFound) {
  RunBoard board;
  FakeWatcher watcher;
  EXPECT_EQ(board.Stop("run-9").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(board.Stop("").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(board.Watch("run-9", &watcher).code(), absl::StatusCode::kNotFound);
}

TEST(RunBoardTest, OnlyTheLastRunsAreKept) {
  RunBoard board;
  for (size_t i = 0; i <= RunBoard::kEndedMax; ++i) {
    ASSERT_TRUE(board.Start({}).ok());
    ASSERT_TRUE(board.Next().has_value());
    board.End(v1::Result(), {});
  }
  FakeWatcher watcher;
  EXPECT_EQ(board.Watch("run-1", &watcher).code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(board.Watch("run-2", &watcher).ok());
}

TEST(RunBoardTest, AnAbortedWatcherIsClosedOnceAndCalledNoMore) {
  RunBoard board;
  ASSERT_TRUE(board.Start({}).ok());
  FakeWatcher watcher;
  ASSERT_TRUE(board.Watch("run-1", &watcher).ok());
  board.Abort(&watcher);
  board.Abort(&watcher);
  board.Close(absl::UnavailableError("daemon 2 is gone"));
  EXPECT_THAT(watcher.lines, ElementsAre("closed CANCELLED"));
}

TEST(RunBoardTest, AClosedBoardEndsStreamsAndTakesNoRuns) {
  RunBoard board;
  ASSERT_TRUE(board.Start({}).ok());
  FakeWatcher watcher;
  ASSERT_TRUE(board.Watch("run-1", &watcher).ok());
  board.Close(absl::UnavailableError("daemon 2 is gone"));
  EXPECT_THAT(watcher.lines, ElementsAre("closed UNAVAILABLE"));
  EXPECT_EQ(board.Start({}).status(), absl::UnavailableError("daemon 2 is gone"));
}

TEST(RunBoardTest, ALoopKeepsOnlyItsLastRows) {
  RunBoard board;
  ASSERT_TRUE(board.Start({}).ok());
  ASSERT_TRUE(board.Next().has_value());
  for (int row = 1; row <= 5000; ++row) {
    board.AddRow({}, row, 1);
  }
  FakeWatcher watcher;
  ASSERT_TRUE(board.Watch("run-1", &watcher).ok());
  EXPECT_THAT(watcher.lines, ElementsAre("row 905/1"));  // 5000 - 4096 = 904 were dropped
}

}  // namespace
}  // namespace upfabric::daemon
