#include "fabric/model/read_requester.h"

#include <algorithm>

namespace upfabric::fabric {

using sim::Record;
using sim::RecordKind;
using sim::Ticks;

namespace {

// A session is a credit of one unit; it takes no time.
constexpr PacketShape kSession{.ticks = 0, .units = 1};

}  // namespace

ReadRequester::ReadRequester(const ReadLimits& limits) : limits_(&limits) {
  sessions_.Init(1, static_cast<uint32_t>(limits.sessions), &nobody_to_wake_);
  Reset();
}

Record ReadRequester::Request(Ticks start, Record& share) {
  sessions_.TakeTrain(start, 0, kSession, 1);
  if (current_read_ < 0) {
    if (free_reads_.empty()) {
      free_reads_.push_back(static_cast<uint32_t>(reads_.size()));
      reads_.emplace_back();
    }
    current_read_ = free_reads_.back();
    free_reads_.pop_back();
    reads_[static_cast<size_t>(current_read_)] = {share, share.packets};
  }
  const auto packets =
      static_cast<uint32_t>(std::min<int64_t>(share.packets, limits_->block_packets));
  BlockTag block;
  block.session = free_sessions_.back();
  free_sessions_.pop_back();
  block.packets = static_cast<uint16_t>(packets);
  block.last_payload = packets == share.packets ? share.payload : limits_->full_payload;
  session_[block.session] = {static_cast<uint32_t>(current_read_), packets};
  share.packets -= packets;
  if (share.packets == 0) {
    current_read_ = -1;
  }
  Record request;
  request.tag = block.Pack();
  request.source = share.source;
  request.destination = share.destination;
  // A request has a channel of its own, and no shares: it says here on which one to answer.
  request.shares = share.virtual_channel();
  request.flags = Record::Flags(RecordKind::kRead, limits_->request_channel);
  return request;
}

bool ReadRequester::Take(const Record& result, Ticks end, Record& completed) {
  const BlockTag block = BlockTag::Unpack(result.tag);
  Session& session = session_[block.session];
  UPF_CHECK_OP(result.packets, <=, session.missing);
  Read& read = reads_[session.read];
  session.missing -= result.packets;
  read.missing -= result.packets;
  if (session.missing == 0) {
    sessions_.Return({end, 0, 1, 1, 0});
    free_sessions_.push_back(block.session);
  }
  if (read.missing > 0) {
    return false;
  }
  completed = read.share;
  completed.destination = completed.source;
  completed.flags = Record::Flags(RecordKind::kMessage, read.share.virtual_channel());
  completed.flags |= Record::kLast;
  free_reads_.push_back(session.read);
  return true;
}

void ReadRequester::Reset() {
  sessions_.Reset();
  session_.assign(static_cast<size_t>(limits_->sessions), {});
  free_sessions_.clear();
  for (int i = limits_->sessions - 1; i >= 0; --i) {
    free_sessions_.push_back(static_cast<uint8_t>(i));
  }
  reads_.clear();
  free_reads_.clear();
  current_read_ = -1;
}

int64_t ReadRequester::MemoryBytes() const {
  return static_cast<int64_t>(sizeof(ReadRequester) + session_.capacity() * sizeof(Session) +
                              free_sessions_.capacity() + reads_.capacity() * sizeof(Read) +
                              free_reads_.capacity() * sizeof(uint32_t)) +
         sessions_.MemoryBytes();
}

}  // namespace upfabric::fabric
