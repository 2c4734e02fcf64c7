// Keeps the number of channel series bounded: channels are added up, in coarser and coarser groups,
// until the series of a daemon fit the limit.

#ifndef UPFABRIC_DAEMON_METRICS_CHANNEL_GROUPS_H_
#define UPFABRIC_DAEMON_METRICS_CHANNEL_GROUPS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "fabric/api/fabric.h"

namespace upfabric::daemon {

// The value of upfabric_label_level.
enum class LabelLevel { kChannel = 0, kEndpointPlane = 1, kEndpoint = 2, kPlane = 3 };

// Labels in the catalog's order, without those that the level coarsens away.
using Labels = std::vector<std::pair<std::string, std::string>>;

// Channels with the same labels: counts and times added up, the longest queue.
struct ChannelGroup {
  Labels labels;
  int64_t packets = 0;
  int64_t payload_bytes = 0;
  int64_t wire_bytes = 0;
  Picoseconds busy;
  Picoseconds credit_stall;
  int64_t queue_packets_max = 0;
  int64_t replays = 0;
  int64_t discarded_bytes = 0;
  int64_t leaked_bytes = 0;
  fabric::CongestionCounters congestion;
  bool up = true;  // all of them
};

struct GroupedChannels {
  LabelLevel level = LabelLevel::kChannel;
  std::vector<ChannelGroup> groups;  // in the order of the first channel of each
};

// The finest level at which there are at most `groups_max` groups; the coarsest if none has.
GroupedChannels GroupChannels(const std::vector<fabric::ChannelCounters>& channels,
                              size_t groups_max);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_METRICS_CHANNEL_GROUPS_H_
