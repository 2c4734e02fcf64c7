#include "daemon/metrics/snapshot_box.h"

#include <thread>

#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

Snapshot WithHops(int64_t hops) {
  Snapshot snapshot;
  snapshot.hops = hops;
  return snapshot;
}

TEST(SnapshotBoxTest, HasNothingBeforeTheFirstDelivery) {
  SnapshotBox box;
  EXPECT_FALSE(box.wanted());
  EXPECT_EQ(box.Get(absl::Milliseconds(1)), nullptr);
  EXPECT_TRUE(box.wanted());
}

TEST(SnapshotBoxTest, AScrapeGetsASnapshotTakenAfterItAsked) {
  SnapshotBox box;
  box.Deliver(WithHops(1));
  std::thread simulation([&box] {
    while (!box.wanted()) {
      std::this_thread::yield();
    }
    box.Deliver(WithHops(2));
  });
  const auto snapshot = box.Get(absl::Seconds(60));
  simulation.join();
  EXPECT_EQ(snapshot->hops, 2);
  EXPECT_FALSE(box.wanted());
}

TEST(SnapshotBoxTest, AScrapeThatWaitsInVainGetsTheLastOne) {
  SnapshotBox box;
  box.Deliver(WithHops(1));
  EXPECT_EQ(box.Get(absl::Milliseconds(1))->hops, 1);
}

}  // namespace
}  // namespace upfabric::daemon
