// Goal: what a shared buffer lets in, trims, drops, marks, and when it stops senders.

#include "fabric/model/shared_buffer.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "fabric/base/fingerprint.h"

namespace upfabric::fabric {
namespace {

using Verdict = SharedBuffer::Verdict;
using Change = SharedBuffer::PauseChange;

SharedBufferSpec Spec() {
  SharedBufferSpec spec;
  spec.size = Bytes(1'000);
  spec.alpha = Ratio(1);
  spec.mark_from = Bytes(200);
  spec.mark_all = Bytes(400);
  spec.mark_chance = Ratio(1, 2);
  return spec;
}

TEST(SharedBufferTest, AnOutputHoldsAtMostAlphaTimesWhatIsFree) {
  const SharedBufferSpec spec = Spec();
  SharedBuffer buffer(spec, 4, 2);
  EXPECT_EQ(buffer.Judge(0, 1'000, false), Verdict::kStore);
  buffer.Store(0, 0, 400, false);
  EXPECT_EQ(buffer.Judge(0, 200, false), Verdict::kStore);  // 600 of 600
  EXPECT_EQ(buffer.Judge(0, 201, false), Verdict::kDrop);
  EXPECT_EQ(buffer.Judge(1, 600, false), Verdict::kStore);
  EXPECT_EQ(buffer.Judge(0, 600, true), Verdict::kStore);  // control, while it fits
  EXPECT_EQ(buffer.Judge(0, 601, true), Verdict::kDrop);
  buffer.Remove(0, 0, 400, false);
  EXPECT_EQ(buffer.Judge(0, 1'000, false), Verdict::kStore);
}

TEST(SharedBufferTest, TrimsAboveItsThresholdAndInsteadOfDropping) {
  SharedBufferSpec spec = Spec();
  spec.trim_above = Bytes(300);
  SharedBuffer buffer(spec, 4, 2);
  buffer.Store(0, 0, 300, false);
  EXPECT_EQ(buffer.Judge(0, 100, false), Verdict::kStore);
  EXPECT_EQ(buffer.Judge(0, 701, false), Verdict::kTrim);
  buffer.Store(0, 0, 1, false);
  EXPECT_EQ(buffer.Judge(0, 100, false), Verdict::kTrim);
  EXPECT_EQ(buffer.Judge(1, 100, false), Verdict::kStore);
}

TEST(SharedBufferTest, PausesAnInputUntilItHoldsLittle) {
  SharedBufferSpec spec = Spec();
  spec.pause = PauseSpec{Bytes(300), Bytes(100)};
  SharedBuffer buffer(spec, 4, 2);
  EXPECT_EQ(buffer.Store(0, 3, 300, false), Change::kNone);
  EXPECT_EQ(buffer.Store(1, 3, 100, false), Change::kStart);
  EXPECT_EQ(buffer.Store(1, 3, 100, false), Change::kNone);
  EXPECT_EQ(buffer.Store(1, 2, 100, false), Change::kNone);  // another input
  EXPECT_EQ(buffer.Judge(1, 400, false), Verdict::kStore);   // as long as there is room
  EXPECT_EQ(buffer.Judge(1, 401, false), Verdict::kDrop);
  EXPECT_EQ(buffer.Remove(0, 3, 300, false), Change::kNone);
  EXPECT_EQ(buffer.Remove(1, 3, 100, false), Change::kEnd);
}

TEST(SharedBufferTest, MarksByChanceBetweenItsThresholds) {
  const SharedBufferSpec spec = Spec();
  SharedBuffer buffer(spec, 4, 2);
  const auto marks_in_10000 = [&] {
    int marks = 0;
    for (uint64_t draw = 0; draw < 10'000; ++draw) {
      marks += buffer.Marks(0, Mix(draw + 1)) ? 1 : 0;
    }
    return marks;
  };
  buffer.Store(0, 0, 200, false);
  EXPECT_EQ(marks_in_10000(), 0);
  buffer.Store(0, 0, 100, false);
  EXPECT_NEAR(marks_in_10000(), 2'500, 200);
  buffer.Store(0, 0, 100, false);
  EXPECT_NEAR(marks_in_10000(), 5'000, 200);
  buffer.Store(0, 0, 1, false);
  EXPECT_EQ(marks_in_10000(), 10'000);
}

}  // namespace
}  // namespace upfabric::fabric
