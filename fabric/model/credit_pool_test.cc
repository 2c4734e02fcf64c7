#include "fabric/model/credit_pool.h"

#include <gtest/gtest.h>

namespace upfabric::fabric {
namespace {

using sim::kNever;
using sim::Ticks;

class CreditPoolTest : public ::testing::Test {
 protected:
  CreditPoolTest() { pool_.Init(2, 10, &next_); }

  Ticks next_ = kNever;
  CreditPool pool_;
};

TEST_F(CreditPoolTest, CreditsInHandDoNotDelay) { EXPECT_EQ(pool_.EarliestFor(5, 0, 10, 100), 5); }

TEST_F(CreditPoolTest, ShortageWaitsForTheReturnThatMakesItEnough) {
  pool_.Take(0, 10);
  pool_.Return({30, 3, 0});
  pool_.Return({20, 3, 0});  // returns come out of order
  pool_.Return({40, 3, 0});
  EXPECT_EQ(pool_.EarliestFor(5, 0, 6, 100), 30);
  pool_.Take(0, 6);
  EXPECT_EQ(pool_.EarliestFor(5, 0, 3, 100), 40);
}

// A later window may bring a return that is earlier than one known now: it must not be anticipated.
TEST_F(CreditPoolTest, ReturnBeyondTheWindowIsNotCounted) {
  pool_.Take(0, 10);
  pool_.Return({150, 10, 0});
  EXPECT_EQ(pool_.EarliestFor(5, 0, 10, 100), 150);
  pool_.Return({120, 10, 0});
  EXPECT_EQ(next_, 120);  // the holder is woken
  EXPECT_EQ(pool_.EarliestFor(110, 0, 10, 200), 120);
}

TEST_F(CreditPoolTest, NothingKnownIsNeverUntilAReturnWakes) {
  pool_.Take(1, 10);
  EXPECT_EQ(pool_.EarliestFor(5, 1, 1, 100), kNever);
  pool_.Return({300, 1, 1});
  EXPECT_EQ(next_, 300);
}

TEST_F(CreditPoolTest, ReturnsDoNotWakeAHolderThatHasEnough) {
  pool_.Take(0, 1);
  pool_.Return({50, 1, 0});
  EXPECT_EQ(next_, kNever);
}

TEST_F(CreditPoolTest, VirtualChannelsDoNotShareCredits) {
  pool_.Take(0, 10);
  pool_.Return({20, 10, 1});
  EXPECT_EQ(pool_.EarliestFor(5, 0, 1, 100), kNever);
  EXPECT_EQ(pool_.EarliestFor(5, 1, 10, 100), 5);
}

TEST_F(CreditPoolTest, CompleteCountsWhatIsOnItsWay) {
  EXPECT_TRUE(pool_.Complete());
  pool_.Take(0, 4);
  EXPECT_FALSE(pool_.Complete());
  pool_.Return({20, 4, 0});
  EXPECT_TRUE(pool_.Complete());
}

}  // namespace
}  // namespace upfabric::fabric
