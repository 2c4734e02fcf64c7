#include "fabric/model/link_timing.h"

#include <gtest/gtest.h>

#include "tests/testing/fabric_specs.h"

namespace upfabric::fabric {
namespace {

using testing::Ethernet;
using testing::Nvlink;
using testing::SmallFabric;
using testing::Ualink;

TEST(LinkTimingTest, NvlinkPacketLastsWholePicoseconds) {
  const auto timing = LinkTiming::Create(SmallFabric().link, Nvlink());
  ASSERT_TRUE(timing.ok());
  EXPECT_EQ(timing->clock().ticks_per_picosecond(), 1);
  EXPECT_EQ(timing->shapes()[256].ticks, 5760);  // (16 + 2) flits x 16 B x 20 ps
  EXPECT_EQ(timing->shapes()[0].ticks, 640);     // 2 flits x 16 B x 20 ps
}

// 256 B are (256 + 12.8) x 640/628 B, at 20 ps a byte, stretched by idles and markers.
TEST(LinkTimingTest, UalinkPacketIsExactInTicks) {
  LinkSpec link = SmallFabric().link;
  link.idle_tax = Ratio(1, 1024);
  link.marker_tax = Ratio(1, 16'384);
  const auto timing = LinkTiming::Create(link, Ualink());
  ASSERT_TRUE(timing.ok());
  EXPECT_TRUE(timing->exact());
  const Ratio expected = Ratio(2688, 10) * Ratio(640, 628) * Ratio(20) * Ratio(16'401, 16'384);
  EXPECT_EQ(Ratio(timing->shapes()[256].ticks, timing->clock().ticks_per_picosecond()), expected);
}

TEST(LinkTimingTest, AMillionPacketsEndWithinAPicosecondOfExact) {
  LinkSpec link = SmallFabric().link;
  link.marker_tax = Ratio(1, 8192);
  const auto timing = LinkTiming::Create(link, Ethernet());
  ASSERT_TRUE(timing.ok());
  const Ratio exact = Ratio(1'000'000) * Ratio(4096 + 54) * Ratio(20) * Ratio(8193, 8192);
  const Ratio modelled(1'000'000 * timing->shapes()[4096].ticks,
                       timing->clock().ticks_per_picosecond());
  EXPECT_EQ(modelled, exact);
}

TEST(LinkTimingTest, ClockBeyondItsCapSaysThatItRounds) {
  LinkSpec link = SmallFabric().link;
  link.marker_tax = Ratio(1, 9973);  // a prime: 20 ps x 9974/9973
  link.idle_tax = Ratio(1, 9967);    // another
  const auto timing = LinkTiming::Create(link, Ethernet());
  ASSERT_TRUE(timing.ok());
  EXPECT_FALSE(timing->exact());
  EXPECT_EQ(timing->clock().ticks_per_picosecond(), sim::Clock::kTicksPerPicosecondMax);
}

TEST(LinkTimingTest, RateOfTooManyDigitsIsRefused) {
  LinkSpec link = SmallFabric().link;
  link.coding = Ratio(999'999'937, 999'999'999'989);
  link.idle_tax = Ratio(1, 999'983);
  const auto timing = LinkTiming::Create(link, Nvlink());
  EXPECT_EQ(timing.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(LinkTimingTest, DelayIsTheSumOfItsElements) {
  LinkSpec link = SmallFabric().link;
  link.retimers = {{"dsp", Picoseconds(50'000)}, {"analog", Picoseconds(3'000)}};
  const auto timing = LinkTiming::Create(link, Nvlink());
  ASSERT_TRUE(timing.ok());
  // tx 25 ns; 5,440 b x 2 / 425 Gb/s = 25.6 ns; decode 40 ns; retimers 53 ns; 6.9 ns; rx 20 ns.
  EXPECT_EQ(timing->WireDelay(), Picoseconds(25'000 + 25'600 + 40'000 + 53'000 + 6'900 + 20'000));
  EXPECT_EQ(timing->Elements("up ").size(), 7u);
  EXPECT_EQ(timing->Elements("up ")[3].name, "up retimer 1 dsp");
}

TEST(LinkTimingTest, FecCollectionFollowsInterleaveAndRate) {
  const auto collection = [](int lanes, int interleave) {
    LinkSpec link = SmallFabric().link;
    link.lanes = lanes;
    link.fec.interleave = interleave;
    return LinkTiming::Create(link, Nvlink())->Elements("")[1].latency;
  };
  // docs/sources.md, UALINK-200-1.0: codeword collection by port width and interleave.
  EXPECT_EQ(collection(1, 4), Picoseconds(102'400));
  EXPECT_EQ(collection(1, 1), Picoseconds(25'600));
  EXPECT_EQ(collection(2, 4), Picoseconds(51'200));
  EXPECT_EQ(collection(4, 4), Picoseconds(25'600));
}

}  // namespace
}  // namespace upfabric::fabric
