#include "daemon/run_statistics.h"

#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

TEST(RunStatisticsTest, AddUpOverProcesses) {
  internal::StatisticsShare share;
  share.set_user_cpu_seconds(1.5);
  share.set_records(100);
  share.set_records_crossed(25);
  share.set_windows(7);
  share.set_hops(80);
  share.set_replays(3);
  share.set_messages_delivered(9);
  const v1::RunStatistics merged = MergeStatistics({share, share});
  EXPECT_EQ(merged.user_cpu_seconds(), 3);
  EXPECT_EQ(merged.records(), 200);
  EXPECT_EQ(merged.windows(), 7);
  EXPECT_EQ(merged.replays(), 6);
  EXPECT_EQ(merged.messages_checked(), 18);
  ASSERT_EQ(merged.processes_size(), 2);
  EXPECT_EQ(merged.processes(1).daemon(), 1);
  EXPECT_EQ(merged.processes(1).hops(), 80);
  EXPECT_EQ(merged.processes(1).crossed_share(), 0.25);
}

TEST(RunStatisticsTest, MeterCountsFromItsStart) {
  RunnerTotals totals;
  totals.fabric.hops = 100;
  std::vector<fabric::ChannelCounters> counters(2);
  counters[1].replays = 5;
  const RunMeter meter(totals, counters);
  totals.fabric.hops = 130;
  counters[0].replays = 1;
  counters[1].replays = 7;
  const internal::StatisticsShare share =
      meter.Share(totals, counters, {.channels = 4, .completions = 2, .fabric_bytes_max = 64});
  EXPECT_EQ(share.hops(), 30);
  EXPECT_EQ(share.replays(), 3);
  EXPECT_EQ(share.channels_checked(), 4);
  EXPECT_EQ(share.fabric_bytes(), 64);
  EXPECT_GE(share.user_cpu_seconds(), 0);
}

}  // namespace
}  // namespace upfabric::daemon
