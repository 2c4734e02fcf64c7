// Goal: rates fall and rise as DCQCN says.

#include "fabric/model/dcqcn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace upfabric::fabric {
namespace {

constexpr sim::Ticks kMicrosecond = 1'000'000;
constexpr double kOne = static_cast<double>(DcqcnGains::kOne);

class DcqcnTest : public ::testing::Test {
 protected:
  static DcqcnSpec Spec() {
    DcqcnSpec spec;
    spec.notice_interval = Picoseconds(4 * kMicrosecond);
    spec.alpha_interval = Picoseconds(kMicrosecond);
    spec.cut_interval = Picoseconds(4 * kMicrosecond);
    spec.increase_interval = Picoseconds(300 * kMicrosecond);
    spec.gain = Ratio(1, 256);
    spec.additive_increase = Bandwidth(Ratio(1'000'000'000));
    spec.hyper_increase = Bandwidth(Ratio(10'000'000'000));
    spec.min_rate = Bandwidth(Ratio(10'000'000'000));
    spec.fast_rounds = 2;
    return spec;
  }
  static FlowTimes Times() {
    FlowTimes times;
    times.rate = Bandwidth(Ratio(100'000'000'000));
    return times;
  }
  double RateAt(sim::Ticks now) {
    dcqcn_.OnSend(now, 1);
    return static_cast<double>(dcqcn_.rate()) / kOne;
  }

  DcqcnGains gains_{Spec(), Times()};
  Dcqcn dcqcn_{gains_};
};

TEST_F(DcqcnTest, SendsAtLineRateUntilTold) {
  EXPECT_EQ(dcqcn_.OnSend(1'000, 337'000), 338'000);
  dcqcn_.OnNotice(10 * kMicrosecond);  // the first one only starts the timers
  EXPECT_DOUBLE_EQ(RateAt(10 * kMicrosecond), 1);
}

TEST_F(DcqcnTest, CutsByHalfOfAlphaAndNotTooOften) {
  dcqcn_.OnNotice(0);
  dcqcn_.OnNotice(4 * kMicrosecond);  // alpha has fallen four times since
  const double alpha = std::pow(255 / 256.0, 4);
  EXPECT_NEAR(RateAt(4 * kMicrosecond), 1 - alpha / 2, 1e-6);
  dcqcn_.OnNotice(5 * kMicrosecond);
  EXPECT_NEAR(RateAt(5 * kMicrosecond), 1 - alpha / 2, 1e-6);
}

TEST_F(DcqcnTest, PacesPacketsByItsRate) {
  dcqcn_.OnNotice(0);
  dcqcn_.OnNotice(4 * kMicrosecond);
  const double rate = RateAt(4 * kMicrosecond);
  const sim::Ticks next = dcqcn_.OnSend(4 * kMicrosecond, 337'000);
  EXPECT_NEAR(static_cast<double>(next - 4 * kMicrosecond), 337'000 / rate, 2);
}

TEST_F(DcqcnTest, GoesHalfTheWayBackThenAdds) {
  dcqcn_.OnNotice(0);
  dcqcn_.OnNotice(4 * kMicrosecond);
  double rate = RateAt(4 * kMicrosecond);
  double target = 1;
  sim::Ticks now = 4 * kMicrosecond;
  for (int round = 1; round <= 5; ++round) {
    now += 300 * kMicrosecond;
    target = round <= 2 ? target : std::min(1.0, target + (round == 3 ? 0.01 : 0.1));
    rate = (rate + target) / 2;
    EXPECT_NEAR(RateAt(now), rate, 1e-6) << round;
  }
  EXPECT_DOUBLE_EQ(RateAt(now + 100'000 * kMicrosecond), 1);
}

TEST_F(DcqcnTest, KeepsTheSmallestRate) {
  for (sim::Ticks now = 0; now < 200 * kMicrosecond; now += 4 * kMicrosecond) {
    dcqcn_.OnNotice(now);
  }
  EXPECT_NEAR(RateAt(200 * kMicrosecond), 0.1, 1e-6);
}

}  // namespace
}  // namespace upfabric::fabric
