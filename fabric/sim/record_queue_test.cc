#include "fabric/sim/record_queue.h"

#include <gtest/gtest.h>

#include <deque>

#include "tests/testing/fabric_specs.h"

namespace upfabric::fabric::sim {
namespace {

TEST(RecordQueueTest, BehavesAsADeque) {
  testing::Draws draws(7);
  RecordQueue<int> queue;
  std::deque<int> expected;
  for (int step = 0; step < 20'000; ++step) {
    if (draws.Between(0, 9) < 5 || expected.empty()) {
      queue.push(step);
      expected.push_back(step);
    } else {
      ASSERT_EQ(queue.front(), expected.front());
      queue.pop();
      expected.pop_front();
    }
    ASSERT_EQ(queue.size(), expected.size());
    if (!expected.empty()) {
      ASSERT_EQ(queue[queue.size() - 1], expected.back());
    }
  }
}

TEST(RecordQueueTest, SteadyTrafficDoesNotGrowIt) {
  RecordQueue<int> queue;
  for (int i = 0; i < 100; ++i) {
    queue.push(i);
  }
  for (int i = 0; i < 100'000; ++i) {
    queue.push(i);
    queue.pop();
  }
  EXPECT_LE(queue.memory_bytes(), 1024 * sizeof(int));
}

}  // namespace
}  // namespace upfabric::fabric::sim
