#include "fabric/model/credit_pool.h"

#include <gtest/gtest.h>

namespace upfabric::fabric {
namespace {

using sim::kNever;
using sim::Ticks;

class CreditPoolTest : public ::testing::Test {
 protected:
  CreditPoolTest() { pool_.Init(2, 10, &next_); }

  void Take(int virtual_channel, uint32_t units) {
    pool_.TakeTrain(0, virtual_channel, {1, units}, 1);
  }

  Ticks next_ = kNever;
  CreditPool pool_;
};

TEST_F(CreditPoolTest, CreditsInHandDoNotDelay) { EXPECT_EQ(pool_.EarliestFor(5, 0, 10, 100), 5); }

TEST_F(CreditPoolTest, ShortageWaitsForTheReturnThatMakesItEnough) {
  Take(0, 10);
  pool_.Return({30, 1, 1, 3, 0});
  pool_.Return({20, 1, 1, 3, 0});  // returns come out of order
  pool_.Return({40, 1, 1, 3, 0});
  EXPECT_EQ(pool_.EarliestFor(5, 0, 6, 100), 30);
  Take(0, 6);
  EXPECT_EQ(pool_.EarliestFor(5, 0, 3, 100), 40);
}

// A later window may bring a return that is earlier than one known now: it must not be anticipated.
TEST_F(CreditPoolTest, ReturnBeyondTheWindowIsNotCounted) {
  Take(0, 10);
  pool_.Return({150, 1, 1, 10, 0});
  EXPECT_EQ(pool_.EarliestFor(5, 0, 10, 100), 150);
  pool_.Return({120, 1, 1, 10, 0});
  EXPECT_EQ(next_, 120);  // the holder is woken
  EXPECT_EQ(pool_.EarliestFor(110, 0, 10, 200), 120);
}

TEST_F(CreditPoolTest, NothingKnownIsNeverUntilAReturnWakes) {
  Take(1, 10);
  EXPECT_EQ(pool_.EarliestFor(5, 1, 1, 100), kNever);
  pool_.Return({300, 1, 1, 1, 1});
  EXPECT_EQ(next_, 300);
}

TEST_F(CreditPoolTest, ReturnsDoNotWakeAHolderThatHasEnough) {
  Take(0, 1);
  pool_.Return({50, 1, 1, 1, 0});
  EXPECT_EQ(next_, kNever);
}

TEST_F(CreditPoolTest, VirtualChannelsDoNotShareCredits) {
  Take(0, 10);
  pool_.Return({20, 1, 1, 10, 1});
  EXPECT_EQ(pool_.EarliestFor(5, 0, 1, 100), kNever);
  EXPECT_EQ(pool_.EarliestFor(5, 1, 10, 100), 5);
}

// Ten units; four in a step.
class CreditStepTest : public ::testing::Test {
 protected:
  CreditStepTest() { pool_.Init(1, 10, &next_, how_); }

  CreditReturn how_{.step = 4, .resync = 1'000, .delay = 30};
  Ticks next_ = kNever;
  CreditPool pool_;
};

TEST_F(CreditStepTest, ReturnsCountOnlyInWholeSteps) {
  pool_.TakeTrain(0, 0, {1, 10}, 1);
  pool_.Return({20, 1, 1, 3, 0});
  EXPECT_EQ(pool_.EarliestFor(5, 0, 1, 100), kNever);  // three freed, one less than a step
  pool_.Return({40, 1, 1, 3, 0});
  EXPECT_EQ(pool_.EarliestFor(5, 0, 4, 100), 40);  // six freed, four told
  EXPECT_EQ(pool_.TakeTrain(40, 0, {1, 1}, 6), 4);
  pool_.Return({60, 1, 1, 2, 0});
  EXPECT_EQ(pool_.EarliestFor(50, 0, 4, 100), 60);  // eight freed
}

// Packets of one unit that take 4 ticks, freed 5 ticks apart: the second step is back at 135, when
// the train of the first has long left.
TEST_F(CreditStepTest, ATrainEndsWhereAStepIsNotBackInTime) {
  pool_.TakeTrain(0, 0, {1, 10}, 1);
  pool_.Return({100, 5, 8, 1, 0});
  EXPECT_EQ(pool_.EarliestFor(5, 0, 1, 200), 115);
  EXPECT_EQ(pool_.TakeTrain(115, 0, {4, 1}, 8), 4);
  EXPECT_EQ(pool_.EarliestFor(131, 0, 1, 200), 135);
  EXPECT_EQ(pool_.TakeTrain(135, 0, {4, 1}, 4), 4);
}

TEST_F(CreditStepTest, LeakedCreditsComeBackWhenTheCountsAreCompared) {
  EXPECT_EQ(pool_.Leak(1'500, 0, 8), 8u);
  EXPECT_EQ(pool_.leaked(), 0u);  // for good
  EXPECT_TRUE(pool_.Complete());
  EXPECT_EQ(pool_.EarliestFor(1'500, 0, 3, 1'600), 2'030);
  EXPECT_EQ(pool_.EarliestFor(2'000, 0, 3, 2'100), 2'030);
}

// Ten units of two a packet; packets of 4 ticks.
class CreditTrainTest : public ::testing::Test {
 protected:
  CreditTrainTest() { pool_.Init(1, 10, &next_); }

  static constexpr PacketShape kShape = {4, 2};
  Ticks next_ = kNever;
  CreditPool pool_;
};

TEST_F(CreditTrainTest, TrainIsAsLongAsTheCreditsInHand) {
  EXPECT_EQ(pool_.TakeTrain(0, 0, kShape, 20), 5);
  EXPECT_EQ(pool_.EarliestFor(0, 0, 2, 100), kNever);
}

TEST_F(CreditTrainTest, ReturnsThatKeepUpCountWhole) {
  EXPECT_EQ(pool_.TakeTrain(0, 0, kShape, 5), 5);
  pool_.Return({30, 4, 8, 2, 0});
  EXPECT_EQ(pool_.EarliestFor(20, 0, 2, 100), 30);
  EXPECT_EQ(pool_.TakeTrain(30, 0, kShape, 20), 8);
}

TEST_F(CreditTrainTest, ReturnThatComesDuringTheTrainContinuesIt) {
  EXPECT_EQ(pool_.TakeTrain(0, 0, kShape, 3), 3);
  pool_.Return({28, 4, 3, 2, 0});  // in time for the third packet of a train that starts at 20
  EXPECT_EQ(pool_.TakeTrain(20, 0, kShape, 20), 5);
}

TEST_F(CreditTrainTest, ReturnThatComesTooLateForTheTrainDoesNot) {
  EXPECT_EQ(pool_.TakeTrain(0, 0, kShape, 3), 3);
  pool_.Return({29, 4, 3, 2, 0});
  EXPECT_EQ(pool_.TakeTrain(20, 0, kShape, 20), 2);
  EXPECT_EQ(pool_.EarliestFor(28, 0, 2, 100), 29);
}

TEST_F(CreditTrainTest, SlowReturnsAreTakenOneByOne) {
  EXPECT_EQ(pool_.TakeTrain(0, 0, kShape, 5), 5);
  pool_.Return({30, 6, 5, 2, 0});
  EXPECT_EQ(pool_.EarliestFor(30, 0, 2, 100), 30);
  EXPECT_EQ(pool_.TakeTrain(30, 0, kShape, 20), 1);
  EXPECT_EQ(pool_.EarliestFor(34, 0, 2, 100), 36);
}

TEST_F(CreditTrainTest, PartOfAReturnCanBeCounted) {
  EXPECT_EQ(pool_.TakeTrain(0, 0, kShape, 5), 5);
  pool_.Return({30, 4, 5, 2, 0});
  EXPECT_EQ(pool_.EarliestFor(39, 0, 2, 100), 39);  // three of five are back
  EXPECT_EQ(pool_.TakeTrain(39, 0, kShape, 4), 4);  // the fourth is back in time
  EXPECT_EQ(pool_.EarliestFor(45, 0, 2, 100), 46);
  EXPECT_FALSE(pool_.Complete());
}

// The same as one return of three packets; a gap, another size or channel starts a new one.
TEST_F(CreditPoolTest, ReturnsThatFollowEachOtherTakeThePlaceOfOne) {
  Take(0, 10);
  for (const Ticks time : {20, 25, 30}) {
    pool_.Return({time, 5, 1, 2, 0});
  }
  const int64_t one = pool_.MemoryBytes();
  EXPECT_EQ(pool_.EarliestFor(5, 0, 4, 100), 25);
  Take(0, 4);
  pool_.Return({41, 5, 1, 2, 0});
  pool_.Return({46, 5, 1, 1, 0});
  pool_.Return({51, 5, 1, 1, 1});
  EXPECT_GT(pool_.MemoryBytes(), one);
  EXPECT_EQ(pool_.EarliestFor(5, 0, 5, 100), 46);
}

TEST_F(CreditPoolTest, CompleteCountsWhatIsOnItsWay) {
  EXPECT_TRUE(pool_.Complete());
  Take(0, 4);
  EXPECT_FALSE(pool_.Complete());
  pool_.Return({20, 1, 1, 4, 0});
  EXPECT_TRUE(pool_.Complete());
}

}  // namespace
}  // namespace upfabric::fabric
