#include "daemon/metrics/channel_groups.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// `endpoints` x `planes` x 2 links x 2 directions; each channel counts 1 packet and 100 B of wire.
std::vector<fabric::ChannelCounters> Channels(int endpoints, int planes) {
  std::vector<fabric::ChannelCounters> channels;
  for (int endpoint = 0; endpoint < endpoints; ++endpoint) {
    for (int plane = 0; plane < planes; ++plane) {
      for (int link = 0; link < 2; ++link) {
        for (const bool to_switch : {true, false}) {
          fabric::ChannelCounters& channel = channels.emplace_back();
          channel.endpoint = endpoint;
          channel.plane = plane;
          channel.link = 2 * plane + link;
          channel.to_switch = to_switch;
          channel.packets = 1;
          channel.wire_bytes = 100;
          channel.busy = Picoseconds(10);
          channel.queue_packets_max = endpoint;
        }
      }
    }
  }
  return channels;
}

TEST(GroupChannelsTest, KeepsEveryChannelWhileTheyFit) {
  const GroupedChannels grouped = GroupChannels(Channels(3, 2), 24);
  EXPECT_EQ(grouped.level, LabelLevel::kChannel);
  ASSERT_EQ(grouped.groups.size(), 24u);
  EXPECT_THAT(grouped.groups[3].labels,
              ElementsAre(Pair("endpoint", "0"), Pair("plane", "0"), Pair("link", "1"),
                          Pair("direction", "to_endpoint")));
}

TEST(GroupChannelsTest, CoarsensStepByStep) {
  const auto channels = Channels(3, 2);
  EXPECT_EQ(GroupChannels(channels, 23).level, LabelLevel::kEndpointPlane);
  EXPECT_EQ(GroupChannels(channels, 12).groups.size(), 12u);
  EXPECT_EQ(GroupChannels(channels, 11).level, LabelLevel::kEndpoint);
  EXPECT_EQ(GroupChannels(channels, 6).groups.size(), 6u);
  EXPECT_EQ(GroupChannels(channels, 5).level, LabelLevel::kPlane);
  EXPECT_THAT(GroupChannels(channels, 5).groups[0].labels,
              ElementsAre(Pair("plane", "0"), Pair("direction", "to_switch")));
}

// Between switches, and between endpoints without one, directions have names of their own, so that
// sums over links of endpoints are not mixed with them.
TEST(GroupChannelsTest, LinksWithoutAnEndpointOrASwitchAreKeptApart) {
  std::vector<fabric::ChannelCounters> channels(4);
  channels[0].to_switch = true;
  channels[1].endpoint = -1;
  channels[1].to_switch = true;
  channels[2].endpoint = -1;
  channels[3].to_switch = channels[3].to_peer = true;
  const GroupedChannels grouped = GroupChannels(channels, 100);
  ASSERT_EQ(grouped.groups.size(), 4u);
  EXPECT_THAT(grouped.groups[1].labels,
              ElementsAre(Pair("plane", "0"), Pair("link", "0"), Pair("direction", "forward")));
  EXPECT_THAT(grouped.groups[2].labels,
              ElementsAre(Pair("plane", "0"), Pair("link", "0"), Pair("direction", "backward")));
  EXPECT_THAT(grouped.groups[3].labels, testing::Contains(Pair("direction", "to_peer")));
}

TEST(GroupChannelsTest, NoCountIsLostAtAnyLevel) {
  const auto channels = Channels(3, 2);
  for (const size_t groups_max : {100, 12, 6, 4, 1}) {
    int64_t packets = 0;
    int64_t wire_bytes = 0;
    int64_t queue_packets_max = 0;
    Picoseconds busy;
    for (const ChannelGroup& group : GroupChannels(channels, groups_max).groups) {
      packets += group.packets;
      wire_bytes += group.wire_bytes;
      busy += group.busy;
      queue_packets_max = std::max(queue_packets_max, group.queue_packets_max);
    }
    EXPECT_EQ(packets, 24);        // 3 x 2 x 2 x 2 channels, 1 packet each
    EXPECT_EQ(wire_bytes, 2'400);  // 24 x 100 B
    EXPECT_EQ(busy, Picoseconds(240));
    EXPECT_EQ(queue_packets_max, 2);
  }
}

}  // namespace
}  // namespace upfabric::daemon
