#include "daemon/row_report.h"

#include "collectives/algorithm_registry.h"
#include "daemon/exit_codes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

using internal::RowShare;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RowReportTest : public ::testing::Test {
 protected:
  RowReportTest() {
    collectives::RegisterBuiltins(registry_);
    plan_.request.ranks = 2;
    plan_.request.count = 16;
    plan_.algorithm = registry_.List(collectives::Collective::kAllReduce).front();
  }

  static RowShare Share(int64_t start_ps, int64_t end_ps, int64_t wrong) {
    RowShare share;
    internal::JobShare& job = *share.add_jobs();
    job.set_finished(true);
    job.set_has_ranks(true);
    job.set_timed_start_ps(start_ps);
    job.set_end_ps(end_ps);
    job.set_wrong(wrong);
    return share;
  }

  static RowShare NoRanks() {
    RowShare share;
    share.add_jobs()->set_finished(true);
    share.mutable_jobs(0)->set_wrong(-1);
    return share;
  }

  collectives::AlgorithmRegistry registry_;
  RowPlan plan_;
};

TEST_F(RowReportTest, OneOperationTakesUntilTheLastRankEnds) {
  const auto merged = MergeShares({plan_}, {Share(0, 100, 0), Share(0, 140, 0), NoRanks()});
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_EQ(merged->rows.front().time_ps(), 140);
  EXPECT_EQ(merged->rows.front().bytes(), 64);  // 16 x 4 B
  EXPECT_EQ(merged->rows.front().wrong(), 0);
}

TEST_F(RowReportTest, MessagesMayBePostedAndDeliveredInDifferentProcesses) {
  RowShare sender = Share(0, 100, 0);
  sender.set_messages_posted(3);
  RowShare receiver = Share(0, 140, 0);
  receiver.set_messages_delivered(3);
  EXPECT_TRUE(MergeShares({plan_}, {sender, receiver}).ok());
}

TEST_F(RowReportTest, LostMessageIsABrokenInvariant) {
  RowShare sender = Share(0, 100, 0);
  sender.set_messages_posted(3);
  RowShare receiver = Share(0, 140, 0);
  receiver.set_messages_delivered(2);
  EXPECT_EXIT(static_cast<void>(MergeShares({plan_}, {sender, receiver})),
              ::testing::ExitedWithCode(70), "posted == delivered \\(3, 2\\)");
}

TEST_F(RowReportTest, QueuedOperationsShareTheSpanAfterTheWarmUp) {
  plan_.iterations = 4;
  plan_.warmup = 1;
  const auto merged = MergeShares({plan_}, {Share(50, 440, 0), Share(40, 438, 0)});
  EXPECT_EQ(merged->rows.front().time_ps(), 100);  // (440 - 40) / 4
  EXPECT_EQ(merged->virtual_time, Picoseconds(440));
  const auto rounded = MergeShares({plan_}, {Share(40, 442, 0)});
  EXPECT_EQ(rounded->rows.front().time_ps(), 101);  // 402 / 4 = 100.5, halves go up
}

TEST_F(RowReportTest, WrongElementsAddUpAndNothingCheckedIsMinusOne) {
  EXPECT_EQ(MergeShares({plan_}, {Share(0, 1, 3), NoRanks(), Share(0, 1, 4)})->rows.front().wrong(),
            7);
  EXPECT_EQ(MergeShares({plan_}, {Share(0, 1, -1), NoRanks()})->rows.front().wrong(), -1);
}

TEST_F(RowReportTest, WhoOwnsAnEndpointCannotBeSeenInTheRow) {
  RowShare first = Share(0, 10, 0);
  RowShare second = Share(0, 20, 0);
  first.add_endpoints(0);
  first.add_delivery_hashes(11);
  second.add_endpoints(1);
  second.add_delivery_hashes(22);
  second.add_damaged("1>0#0x00000002");
  first.add_damaged("0>1#0x00000001");
  const auto merged = MergeShares({plan_}, {first, second});
  const auto swapped = MergeShares({plan_}, {second, first});
  EXPECT_EQ(merged->rows.front().SerializeAsString(), swapped->rows.front().SerializeAsString());
  EXPECT_THAT(merged->rows.front().damaged_messages(),
              ElementsAre("0>1#0x00000001", "1>0#0x00000002"));
  second.set_delivery_hashes(0, 23);
  EXPECT_NE(merged->rows.front().fingerprint(),
            MergeShares({plan_}, {first, second})->rows.front().fingerprint());
}

TEST_F(RowReportTest, TheBusiestChannelIsTheFirstByNameAmongEquals) {
  RowShare first = Share(0, 10, 0);
  RowShare second = Share(0, 10, 0);
  first.mutable_busiest()->set_name("gpu1:0>sw0:1");
  first.mutable_busiest()->set_busy_ps(5);
  second.mutable_busiest()->set_name("gpu0:1>sw1:0");
  second.mutable_busiest()->set_busy_ps(5);
  second.set_queue_packets_max(9);
  for (const auto& shares : {std::vector{first, second}, std::vector{second, first}}) {
    const auto merged = MergeShares({plan_}, shares);
    EXPECT_EQ(merged->rows.front().explanation().busiest_channel(), "gpu0:1>sw1:0");
    EXPECT_EQ(merged->rows.front().explanation().queue_packets_max(), 9);
  }
}

TEST_F(RowReportTest, ARankThatWaitsIsNoProgressWithItsAutopsy) {
  RowShare waiting;
  waiting.add_jobs()->add_autopsy("rank 1: stream 0 waits for rank 0");
  const auto merged = MergeShares({plan_}, {Share(0, 1, 0), waiting});
  EXPECT_EQ(ExitCodeOf(merged.status()), kExitNoProgress);
  EXPECT_THAT(std::string(merged.status().message()),
              HasSubstr("1 ranks wait\nrank 1: stream 0 waits for rank 0"));
}

TEST_F(RowReportTest, TheAutopsyJoinsRanksAndChannelsOfAllProcesses) {
  RowShare first;
  first.add_jobs()->add_autopsy("rank 1: stream 0 waits for rank 0");
  first.add_blocked("gpu1:0>sw0:1 waits for credits");
  RowShare second = Share(0, 1, 0);
  second.add_blocked("gpu0:0>sw0:0 waits for credits; 4096 B of them have leaked");
  const absl::Status status = MergeShares({plan_}, {first, second}).status();
  EXPECT_EQ(ExitCodeOf(status), kExitNoProgress);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("1 ranks wait\nrank 1: stream 0 waits for rank 0\n"
                        "gpu0:0>sw0:0 waits for credits; 4096 B of them have leaked\n"
                        "gpu1:0>sw0:1 waits for credits"));
}

TEST_F(RowReportTest, TheFirstFailureOfAnyProcessIsThatOfTheRow) {
  RowShare later;
  later.set_failure(static_cast<int32_t>(absl::StatusCode::kDataLoss));
  later.set_failure_message("later");
  later.set_failure_order("002");
  RowShare first = later;
  first.set_failure_message("first");
  first.set_failure_order("001");
  const absl::Status status = MergeShares({plan_}, {Share(0, 1, 0), later, first}).status();
  EXPECT_EQ(status, absl::DataLossError("first"));
  EXPECT_EQ(ExitCodeOf(status), kExitWrong);
}

}  // namespace
}  // namespace upfabric::daemon
