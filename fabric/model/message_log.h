// What the packets of a few messages met on their way, hop by hop, for whoever asks why a row took
// its time.
//
// Models:  nothing; it writes down what transmitters did. A channel that has no log pays one branch
//          a record.
// Omits:   requests, answers and results of reduce-reads; all but the last packet of each share,
//          unless packets can overtake each other.
// Units:   ticks; endpoints by their numbers in the network.
// Threads: none.

#ifndef UPFABRIC_FABRIC_MODEL_MESSAGE_LOG_H_
#define UPFABRIC_FABRIC_MODEL_MESSAGE_LOG_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

// A start of packets on a channel. `ready`: there, and the line free; `first_start`: with credits;
// `start`: of the copy that arrived well.
struct LoggedStart {
  sim::Ticks there = 0;  // at a port: when the share was; else when the train's first packet was
  sim::Ticks ready = 0;
  sim::Ticks first_start = 0;
  sim::Ticks start = 0;
  sim::Ticks packet_time = 0;
};

// Of one packet of a watched message.
struct LoggedPacket : LoggedStart {
  int channel = 0;        // as MessageLog::AddChannel numbered it
  uint32_t position = 0;  // in its share, from 1 on
  uint8_t link = 0;       // of the source
};

// What a port's line did from `ready` to `end`: stalled, sent in vain from first_start on, sent.
struct LineSpan {
  sim::Ticks ready = 0;
  sim::Ticks first_start = 0;
  sim::Ticks start = 0;
  sim::Ticks end = 0;
};

class MessageLog;

// Of one channel.
class ChannelLog {
 public:
  ChannelLog(MessageLog& log, int channel, bool keeps_spans)
      : log_(&log), channel_(channel), keeps_spans_(keeps_spans) {}

  // `packets` of `train` left back to back.
  void Add(const sim::Record& train, const LoggedStart& start, int64_t packets);
  // In order of time.
  const std::vector<LineSpan>& spans() const { return spans_; }

 private:
  MessageLog* log_;
  int channel_;
  bool keeps_spans_;
  std::vector<LineSpan> spans_;
};

class MessageLog {
 public:
  // With `all_packets`, not only those that end a share.
  explicit MessageLog(bool all_packets) : all_packets_(all_packets) {}

  // Watches one more message and returns its number, from 0 on.
  size_t Watch(int source, int destination, uint32_t tag);
  bool WatchesFrom(int source) const { return sources_.contains(source); }
  // The channel's log, valid as long as this one. The numbers are consecutive. `keeps_spans` is
  // for ports of watched sources.
  ChannelLog* AddChannel(bool keeps_spans);
  const ChannelLog& channel(int number) const { return *channels_[static_cast<size_t>(number)]; }

  // In the order in which they were written down.
  const std::vector<LoggedPacket>& PacketsOf(size_t message) const { return packets_[message]; }

 private:
  friend class ChannelLog;
  using Name = std::tuple<int, int, uint32_t>;  // source, destination, tag
  using GroupName = std::pair<int, uint32_t>;   // source, tag: of a multicast, before copies
  void Add(const sim::Record& train, const LoggedPacket& packet);

  bool all_packets_;
  absl::flat_hash_map<Name, size_t> messages_;
  absl::flat_hash_map<GroupName, std::vector<size_t>> of_groups_;
  absl::flat_hash_set<int> sources_;
  std::vector<std::unique_ptr<ChannelLog>> channels_;
  std::vector<std::vector<LoggedPacket>> packets_;  // by message
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_MESSAGE_LOG_H_
