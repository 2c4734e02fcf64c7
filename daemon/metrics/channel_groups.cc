#include "daemon/metrics/channel_groups.h"

#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace upfabric::daemon {
namespace {

using fabric::ChannelCounters;

// (endpoint, plane, link, direction), with -1 for what the level leaves out or is not there.
using GroupKey = std::tuple<int, int, int, absl::string_view>;

absl::string_view DirectionOf(const ChannelCounters& channel) {
  if (channel.endpoint < 0) {
    return channel.to_switch ? "forward" : "backward";
  }
  if (channel.to_peer) {
    return "to_peer";
  }
  return channel.to_switch ? "to_switch" : "to_endpoint";
}

GroupKey KeyOf(const ChannelCounters& channel, LabelLevel level) {
  const bool has_endpoint = level != LabelLevel::kPlane;
  const bool has_plane = level != LabelLevel::kEndpoint;
  const bool has_link = level == LabelLevel::kChannel;
  return {has_endpoint ? channel.endpoint : -1, has_plane ? channel.plane : -1,
          has_link ? channel.link : -1, DirectionOf(channel)};
}

Labels LabelsOf(const GroupKey& key) {
  const auto& [endpoint, plane, link, direction] = key;
  Labels labels;
  if (endpoint >= 0) {
    labels.emplace_back("endpoint", absl::StrCat(endpoint));
  }
  if (plane >= 0) {
    labels.emplace_back("plane", absl::StrCat(plane));
  }
  if (link >= 0) {
    labels.emplace_back("link", absl::StrCat(link));
  }
  labels.emplace_back("direction", direction);
  return labels;
}

void Add(const ChannelCounters& channel, ChannelGroup& group) {
  group.packets += channel.packets;
  group.payload_bytes += channel.payload_bytes;
  group.wire_bytes += channel.wire_bytes;
  group.busy += channel.busy;
  group.credit_stall += channel.credit_stall;
  group.queue_packets_max = std::max(group.queue_packets_max, channel.queue_packets_max);
  group.replays += channel.replays;
  group.discarded_bytes += channel.discarded_wire_bytes;
  group.leaked_bytes += channel.leaked_wire_bytes;
  group.congestion += channel.congestion;
  group.up = group.up && channel.up;
}

}  // namespace

GroupedChannels GroupChannels(const std::vector<ChannelCounters>& channels, size_t groups_max) {
  constexpr LabelLevel kLevels[] = {LabelLevel::kChannel, LabelLevel::kEndpointPlane,
                                    LabelLevel::kEndpoint, LabelLevel::kPlane};
  GroupedChannels grouped;
  for (const LabelLevel level : kLevels) {
    grouped.level = level;
    grouped.groups.clear();
    absl::flat_hash_map<GroupKey, size_t> positions;
    for (const ChannelCounters& channel : channels) {
      const GroupKey key = KeyOf(channel, level);
      const auto [found, is_new] = positions.try_emplace(key, grouped.groups.size());
      if (is_new) {
        if (grouped.groups.size() == groups_max && level != LabelLevel::kPlane) {
          break;
        }
        grouped.groups.emplace_back().labels = LabelsOf(key);
      }
      Add(channel, grouped.groups[found->second]);
    }
    if (positions.size() <= groups_max) {
      break;
    }
  }
  return grouped;
}

}  // namespace upfabric::daemon
