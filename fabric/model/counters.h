// What the sending side of a channel counts; plain fields, no cost beyond the additions.

#ifndef UPFABRIC_FABRIC_MODEL_COUNTERS_H_
#define UPFABRIC_FABRIC_MODEL_COUNTERS_H_

#include <cstdint>

#include "fabric/base/check.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

// What Ethernet switches and transports do to the packets of a channel, counted at its sender.
struct EthernetCounters {
  int64_t control_packets = 0;  // sent: acks and the like, and trimmed packets
  int64_t marked = 0;
  int64_t trimmed = 0;        // instead of stored for this channel
  int64_t dropped = 0;        // likewise
  int64_t retransmitted = 0;  // by the endpoint, of those sent
};

struct SendCounters {
  int64_t records = 0;  // trains, or packets handled alone
  int64_t packets = 0;
  int64_t payload_bytes = 0;
  int64_t wire_units = 0;  // of packets that arrived well
  sim::Ticks busy = 0;     // replays included
  // Time a packet was ready and its output free, but its credits were not there.
  sim::Ticks credit_stall = 0;
  int64_t queue_packets_max = 0;  // most packets that waited for this channel at one instant
  int64_t discarded_units = 0;    // put on the wire in vain: failed, or behind a failure
  int64_t replays = 0;
  int64_t leaked_units = 0;  // credits lost
};

struct ReceiveCounters {
  int64_t packets = 0;
  int64_t payload_bytes = 0;
  int64_t wire_units = 0;

  void Count(int64_t packets_in, int64_t payload, int64_t units) {
    packets += packets_in;
    payload_bytes += packets_in * payload;
    wire_units += packets_in * units;
  }
};

// Ends the process unless all that was sent on a quiet channel has arrived.
inline void CheckArrived(const SendCounters& sent, const ReceiveCounters& received) {
  UPF_CHECK_OP(sent.packets, ==, received.packets);
  UPF_CHECK_OP(sent.payload_bytes, ==, received.payload_bytes);
  UPF_CHECK_OP(sent.wire_units, ==, received.wire_units);
}

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_COUNTERS_H_
