// The requester's side of reduce-reads, at one link: blocks, sessions, what is still to come.
//
// Models:  the link's share of the switch's session table. A request takes an entry when it starts
//          and gives it back when the last byte of the block's result is in: the requester knows no
//          earlier that the switch has freed it. So a full table holds requests back here.
// Omits:   entries that links lend each other: the table is split evenly.
// Units:   ticks.

#ifndef UPFABRIC_FABRIC_MODEL_READ_REQUESTER_H_
#define UPFABRIC_FABRIC_MODEL_READ_REQUESTER_H_

#include <cstdint>
#include <vector>

#include "fabric/model/block_tag.h"
#include "fabric/model/credit_pool.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

// The same for all links of a fabric whose switches reduce.
struct ReadLimits {
  int sessions = 0;           // of a link, 1 to BlockTag::kSessionsMax
  int64_t block_packets = 1;  // 1 to BlockTag::kPacketsMax
  uint16_t full_payload = 0;
  int request_channel = 0;  // virtual channel of requests
};

class ReadRequester {
 public:
  explicit ReadRequester(const ReadLimits& limits);

  // As CreditPool::EarliestFor, for a session. Requires: earliest < window_end.
  sim::Ticks SessionFor(sim::Ticks earliest, sim::Ticks window_end) {
    return sessions_.EarliestFor(earliest, 0, 1, window_end);
  }
  // Takes the next block off a share of a reduce-read, and a session for it. Returns the request.
  // Requires: SessionFor gave `start`.
  sim::Record Request(sim::Ticks start, sim::Record& share);
  // Packets of a result, the last byte of which is in at `end`. Returns whether they complete
  // their share, and writes what the endpoint is told (without its time).
  bool Take(const sim::Record& result, sim::Ticks end, sim::Record& completed);

  // Requests that a share still needs.
  int64_t RequestsOf(const sim::Record& share) const {
    return (share.packets + limits_->block_packets - 1) / limits_->block_packets;
  }
  bool sessions_complete() const { return sessions_.Complete(); }

  void Reset();
  int64_t MemoryBytes() const;

 private:
  // A share of which some block has been asked for.
  struct Read {
    sim::Record share;
    uint32_t missing = 0;  // packets
  };
  struct Session {
    uint32_t read = 0;
    uint32_t missing = 0;  // packets of the block
  };

  const ReadLimits* limits_;
  CreditPool sessions_;
  // The port looks at its sessions whenever it advances, and packets that free one make it do so.
  sim::Ticks nobody_to_wake_ = 0;
  std::vector<Session> session_;
  std::vector<uint8_t> free_sessions_;
  std::vector<Read> reads_;
  std::vector<uint32_t> free_reads_;
  int64_t current_read_ = -1;  // the share of which blocks remain to be asked for, or -1
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_READ_REQUESTER_H_
