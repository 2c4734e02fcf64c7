#include "daemon/run_counts.h"

#include "daemon/config/loader.h"
#include "daemon/solo_group.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

TEST(RunCountsTest, CountsOperationsTimesAndWrongElements) {
  SoloGroup group;
  const auto runner = Runner::Create(*ResolveFabric("hgx-h100"), group);
  ASSERT_TRUE(runner.ok()) << runner.status();
  v1::Workload workload;
  workload.set_collective(v1::COLLECTIVE_ALL_REDUCE);
  workload.set_algorithm("auto");
  workload.set_iterations(20);
  workload.set_warmup(1);
  for (int rank = 0; rank < 8; ++rank) {
    workload.add_endpoints(rank);
  }
  v1::Row row;
  row.set_collective(v1::COLLECTIVE_ALL_REDUCE);
  row.set_ranks(8);
  row.set_algorithm("ring");
  row.set_bytes(8'000'000);
  row.set_time_ps(10'000'000);  // 10 us

  RunCounts counts;
  EXPECT_EQ(counts.Take(**runner).run.run, "");
  counts.Begin("run-1", "hgx-h100", workload);
  row.set_wrong(3);
  counts.AddRow(row);
  row.set_wrong(-1);
  counts.AddRow(row);
  EXPECT_TRUE(counts.Take(**runner).active);
  counts.End();

  const Snapshot snapshot = counts.Take(**runner);
  EXPECT_FALSE(snapshot.active);
  EXPECT_EQ(snapshot.run.run, "run-1");
  EXPECT_EQ(snapshot.run.collective, "all_reduce");
  EXPECT_EQ(snapshot.operations.at({"all_reduce", "ring"}), 42);  // 2 rows x (20 + 1)
  EXPECT_EQ(snapshot.wrong_elements, 3);
  EXPECT_EQ(snapshot.times.at("all_reduce").sum, Picoseconds(20'000'000));
  // 8 MB / 10 us = 800 GB/s, times 2 x 7 / 8.
  EXPECT_DOUBLE_EQ(snapshot.times.at("all_reduce").bus_bytes_per_second, 1.4e12);
  EXPECT_FALSE(snapshot.channels.empty());
}

}  // namespace
}  // namespace upfabric::daemon
