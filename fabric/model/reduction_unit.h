// The arithmetic of a switch chip: sessions that gather what the members of a group answer to a
// reduce-read, and units that reduce it packet by packet.
//
// A reduce-read of an endpoint is cut into blocks. For each the requester's port sends one request,
// which takes a session; the switch copies the request to the members; each answers with the
// packets of the block; a packet that all have answered is reduced and leaves to the requester.
//
// Models:  a session entry has an accumulator for its block, so an answer leaves the input buffer
//          as it comes in, and nothing inside the switch waits for a session: a requester sends no
//          more requests than it has entries (read_requester.h). Units in parallel, each serving
//          the ports port % units; a unit takes one packet after another, in the order in which
//          they have been answered in full (last byte; ties by port, then by request), for the
//          time of all members' payload at its throughput; the result is there a latency later.
// Omits:   push reductions; types and operations, which cost the same; what partial sums cost.
// Units:   ticks. Ports are numbered endpoint x links + link.

#ifndef UPFABRIC_FABRIC_MODEL_REDUCTION_UNIT_H_
#define UPFABRIC_FABRIC_MODEL_REDUCTION_UNIT_H_

#include <cstdint>
#include <queue>
#include <vector>

#include "fabric/base/ratio.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

// The same for all switches of a fabric.
struct ReductionTimes {
  int units = 1;  // of a chip
  sim::Ticks latency = 0;
  Ratio ticks_per_byte;  // of answers, through one unit
};

class ReductionUnit {
 public:
  struct Result {
    sim::Record packet;
    int port = 0;  // of the requester
  };

  ReductionUnit(const ReductionTimes& times, uint16_t full_payload, int endpoints, int links);

  // A request has come in on `port` and will be answered by `members` endpoints.
  void Open(int port, const sim::Record& request, size_t members);
  // A train of answers, `packet_time` apart, that has come in on the link `link` of each endpoint.
  void Take(const sim::Record& answer, int link, sim::Ticks packet_time);
  // Reduces what has been answered before `window_end` and appends the packets of the results, in
  // order for each port. Returns when there is more to do, as far as is known, or kNever.
  sim::Ticks Reduce(sim::Ticks window_end, std::vector<Result>& results);

  // Packets that vanished by reducing, since construction: one less than the answers to each.
  int64_t reduced() const { return reduced_; }
  // Answers to packets that are not answered in full.
  int64_t held() const;

  void Reset();
  int64_t MemoryBytes() const;

 private:
  struct Session {
    uint64_t sequence = 0;  // of its request, among all of the port
    uint32_t tag = 0;
    uint32_t members = 0;
    uint32_t packets = 0;
    uint32_t whole = 0;  // packets that all members have answered
    uint16_t requester = 0;
    uint16_t last_payload = 0;
    uint8_t virtual_channel = 0;
    sim::Ticks full_time = 0;  // in a unit, of a full packet, of the last packet
    sim::Ticks last_time = 0;
    std::vector<uint16_t> answered;  // by endpoint: packets
    std::vector<uint32_t> missing;   // by packet: answers
    std::vector<sim::Ticks> latest;  // by packet: last byte of its latest answer
  };
  struct Port {
    std::vector<Session> sessions;
    uint64_t requests = 0;
  };
  // A packet that has been answered in full.
  struct Job {
    sim::Ticks time = 0;
    sim::Ticks duration = 0;
    uint64_t sequence = 0;
    sim::Record result;
    uint32_t port = 0;

    bool operator>(const Job& other) const {
      if (time != other.time) {
        return time > other.time;
      }
      return port != other.port ? port > other.port : sequence > other.sequence;
    }
  };
  struct Unit {
    std::priority_queue<Job, std::vector<Job>, std::greater<>> jobs;
    sim::Ticks free = 0;
  };

  sim::Ticks TimeOf(uint16_t payload, size_t members) const;
  void Queue(const Session& session, int port, uint32_t packet);

  const ReductionTimes* times_;
  uint16_t full_payload_;
  int endpoints_;
  int links_;
  std::vector<Port> ports_;
  std::vector<Unit> units_;
  int64_t reduced_ = 0;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_REDUCTION_UNIT_H_
