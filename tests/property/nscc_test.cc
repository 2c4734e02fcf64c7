// Goal: the window moves as the published equations say. Method: the same acks to Nscc and to the
// equations written down in floating point, and closed forms where there are some.

#include "fabric/model/nscc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace upfabric::fabric {
namespace {

// 800 Gb/s, 5 us, packets of 4,218 B: BDP 500,000 B.
class NsccTest : public ::testing::Test {
 protected:
  static NsccSpec Spec() {
    NsccSpec spec;
    spec.target = Ratio(3, 4);
    spec.max_window = Ratio(3, 2);
    spec.reference_rate = Bandwidth(Ratio(100'000'000'000));
    spec.reference_round_trip = Picoseconds(12'000'000);
    spec.proportional_gain = Ratio(4);
    spec.fair_gain = Ratio(5);
    spec.constant_gain = Ratio(15, 100);
    spec.fast_gain = Ratio(1, 4);
    spec.fast_delay = Picoseconds(100'000);
    spec.decrease = Ratio(4, 5);
    spec.average_weight = Ratio(1, 80);
    spec.adjust_packets = 8;
    spec.quick_gate = 8;
    spec.quick_threshold = Ratio(4);
    return spec;
  }
  static FlowTimes Times() {
    FlowTimes times;
    times.rate = Bandwidth(Ratio(800'000'000'000));
    times.packet_bytes = kPacket;
    times.round_trip = kRoundTrip;
    return times;
  }
  void Ack(int64_t bytes, sim::Ticks delay, bool marked) {
    nscc_.OnAck({.now = now_,
                 .bytes = bytes,
                 .round_trip = kRoundTrip + delay,
                 .marked = marked,
                 .in_flight = nscc_.window()});
  }
  // A loss for each packet of the window but `packets`, which leaves that many.
  void ShrinkTo(int64_t packets) {
    while (nscc_.window() > packets * kPacket) {
      nscc_.OnLoss(now_, std::min(kPacket, nscc_.window() - packets * kPacket));
    }
  }

  static constexpr int64_t kPacket = 4218;
  static constexpr sim::Ticks kRoundTrip = 5'000'000;
  static constexpr sim::Ticks kTarget = 3'750'000;
  NsccGains gains_{Spec(), Times()};
  Nscc nscc_{gains_};
  sim::Ticks now_ = 1;
};

TEST_F(NsccTest, BeginsWithTheLargestWindow) {
  EXPECT_EQ(nscc_.window(), 750'000);  // 1.5 BDP
}

TEST_F(NsccTest, GainsAreThoseOfTheSpecification) {
  const double a = 500'000 / (100e9 / 8 * 12e-6);
  const double b = kTarget / 12e6;
  EXPECT_NEAR(static_cast<double>(gains_.fair) / NsccGains::kOne, 5 * kPacket * a, 1);
  EXPECT_NEAR(static_cast<double>(gains_.constant) / NsccGains::kOne, 0.15 * kPacket * a, 1);
  EXPECT_NEAR(static_cast<double>(gains_.proportional) / NsccGains::kOne, 4 * kPacket * a * b, 1);
  EXPECT_NEAR(static_cast<double>(gains_.fast) / NsccGains::kOne, 0.25 * a, 0.001);
}

// Case 1: a lone flow far below its share. Unmarked acks of two packets each, with a delay of a
// third of the target; the window grows by alpha x bytes x (T - d) / W and by eta once a round
// trip.
TEST_F(NsccTest, ProportionalIncreaseFollowsTheEquations) {
  ShrinkTo(20);
  const sim::Ticks delay = kTarget / 3;
  const double a = 500'000 / 150'000.0;
  const double alpha = 4 * kPacket * a * (kTarget / 12e6) / kTarget;
  double window = static_cast<double>(nscc_.window());
  double increase = 0;
  sim::Ticks adjusted = now_;
  sim::Ticks added = now_;
  int64_t bytes_since = 0;
  for (int ack = 0; ack < 2'000; ++ack) {
    Ack(2 * kPacket, delay, false);
    increase += alpha * 2 * kPacket * static_cast<double>(kTarget - delay);
    bytes_since += 2 * kPacket;
    if (now_ - adjusted >= kRoundTrip || bytes_since >= 8 * kPacket) {
      window += increase / window;
      if (now_ - added >= kRoundTrip) {
        window += 0.15 * kPacket * a;
        added = now_;
      }
      window = std::clamp<double>(window, kPacket, 750'000);
      adjusted = now_;
      increase = 0;
      bytes_since = 0;
    }
    ASSERT_NEAR(static_cast<double>(nscc_.window()), window, window * 1e-3) << ack;
    now_ += 84'360;  // two packets at 800 Gb/s
  }
  EXPECT_GT(nscc_.window(), 600'000);
}

// Case 2: a congested flow. Marked acks at twice the target; the average delay D rises as
// 1 - (1 - 1/80)^n, and from D > T on the window is multiplied by 1 - gamma (D - T) / D, at least a
// half, once a round trip.
TEST_F(NsccTest, MultiplicativeDecreaseFollowsTheEquations) {
  const sim::Ticks delay = 2 * kTarget;
  const double a = 500'000 / 150'000.0;
  double average = 0;
  double window = 750'000;
  sim::Ticks cut = 0;
  sim::Ticks adjusted = now_;
  sim::Ticks added = now_;
  int64_t bytes_since = 0;
  int cuts = 0;
  for (int ack = 0; ack < 1'000; ++ack) {
    Ack(kPacket, delay, true);
    average += (static_cast<double>(delay) - average) / 80;
    bytes_since += kPacket;
    if (average > kTarget && (cuts == 0 || now_ - cut >= kRoundTrip)) {
      window *= std::max(1 - 0.8 * (average - kTarget) / average, 0.5);
      cut = now_;
      ++cuts;
    }
    if (now_ - adjusted >= kRoundTrip || bytes_since >= 8 * kPacket) {
      window += now_ - added >= kRoundTrip ? 0.15 * kPacket * a : 0;
      added = now_ - added >= kRoundTrip ? now_ : added;
      window = std::min(window, 750'000.0);
      adjusted = now_;
      bytes_since = 0;
    }
    ASSERT_NEAR(static_cast<double>(nscc_.window()), window, window * 1e-3) << ack;
    now_ += 42'180;
  }
  EXPECT_GE(cuts, 4);
  EXPECT_LT(nscc_.window(), 750'000 / 3);
}

TEST_F(NsccTest, MarkedAcksBelowTheTargetChangeNothing) {
  ShrinkTo(20);
  const int64_t before = nscc_.window();
  for (int ack = 0; ack < 7; ++ack) {
    Ack(kPacket, kTarget / 2, true);
  }
  EXPECT_EQ(nscc_.window(), before);
}

TEST_F(NsccTest, ALateUnmarkedAckAddsItsFairShare) {
  ShrinkTo(20);
  for (int ack = 0; ack < 8; ++ack) {
    Ack(kPacket, kTarget, false);
  }
  const double a = 500'000 / 150'000.0;
  EXPECT_NEAR(static_cast<double>(nscc_.window()), 20 * kPacket + 5 * kPacket * a * 8 / 20, 10);
}

TEST_F(NsccTest, AFlowWithoutDelayGrowsFast) {
  ShrinkTo(4);
  for (int ack = 0; ack < 5; ++ack) {
    Ack(kPacket, 0, false);
  }
  const int64_t before = nscc_.window();
  Ack(kPacket, 0, false);
  EXPECT_NEAR(static_cast<double>(nscc_.window() - before), 0.25 * (10 / 3.0) * kPacket, 5);
}

TEST_F(NsccTest, ALossTakesItsPacketAwayButNotTheLast) {
  nscc_.OnLoss(now_, kPacket);
  EXPECT_EQ(nscc_.window(), 750'000 - kPacket);
  ShrinkTo(1);
  nscc_.OnLoss(now_, kPacket);
  EXPECT_EQ(nscc_.window(), kPacket);
}

TEST_F(NsccTest, QuickAdaptTakesWhatWasAchieved) {
  Ack(kPacket, 0, false);  // begins the period
  nscc_.OnLoss(now_, kPacket);
  now_ += kRoundTrip + kTarget;
  Ack(3 * kPacket, kTarget, false);
  EXPECT_EQ(nscc_.window(), 4 * kPacket);
}

}  // namespace
}  // namespace upfabric::fabric
