#include "fabric/model/message_log.h"

#include "fabric/base/check.h"

namespace upfabric::fabric {

using sim::Record;
using sim::RecordKind;

// Packets that follow each other without a stall or a replay are one span.
void ChannelLog::Add(const Record& train, const LoggedStart& start, int64_t packets) {
  if (keeps_spans_) {
    const sim::Ticks end = start.start + packets * start.packet_time;
    const bool goes_on =
        !spans_.empty() && spans_.back().end == start.ready && start.ready == start.start;
    if (goes_on) {
      spans_.back().end = end;
    } else {
      spans_.push_back({start.ready, start.first_start, start.start, end});
    }
  }
  LoggedPacket last{start, channel_, 0, train.link};
  last.position = train.position - (train.packets - static_cast<uint32_t>(packets));
  if (packets > 1) {  // those behind the first find their credits there
    last.start += (packets - 1) * start.packet_time;
    last.ready = last.first_start = last.start;
  }
  Record part = train;
  if (packets < train.packets) {
    part.flags = train.flags_without_last();
  }
  log_->Add(part, last);
}

size_t MessageLog::Watch(int source, int destination, uint32_t tag) {
  const size_t number = packets_.size();
  const bool is_new = messages_.try_emplace(Name(source, destination, tag), number).second;
  UPF_CHECK(is_new);
  of_groups_[{source, tag}].push_back(number);
  sources_.insert(source);
  packets_.emplace_back();
  return number;
}

ChannelLog* MessageLog::AddChannel(bool keeps_spans) {
  const auto number = static_cast<int>(channels_.size());
  channels_.push_back(std::make_unique<ChannelLog>(*this, number, keeps_spans));
  return channels_.back().get();
}

void MessageLog::Add(const Record& train, const LoggedPacket& packet) {
  if (!all_packets_ && !train.last()) {
    return;
  }
  if (train.is_message()) {
    const auto found = messages_.find(Name(train.source, train.destination, train.tag));
    if (found != messages_.end()) {
      packets_[found->second].push_back(packet);
    }
  } else if (train.kind() == RecordKind::kMulticast) {
    const auto found = of_groups_.find({train.source, train.tag});
    if (found != of_groups_.end()) {
      for (const size_t message : found->second) {
        packets_[message].push_back(packet);
      }
    }
  }
}

}  // namespace upfabric::fabric
