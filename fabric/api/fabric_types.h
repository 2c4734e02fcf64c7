// What a fabric is built with, and what it tells about itself.

#ifndef UPFABRIC_FABRIC_API_FABRIC_TYPES_H_
#define UPFABRIC_FABRIC_API_FABRIC_TYPES_H_

#include <cstdint>
#include <string>

#include "fabric/base/units.h"

namespace upfabric::fabric {

struct FabricOptions {
  int partition = 0;
  int partitions = 1;
  // Decides at which link the spraying of a message starts, with the message's name.
  uint64_t seed = 0;
  // Virtual channels that messages use, from 0 on: the others get no memory. 0: all there are.
  int virtual_channels = 0;
  // Handle packets that leave back to back as one record; the result is the same.
  bool trains = true;
  // Parts of a plane joined by links that are shorter than this form a cluster: they advance in
  // windows of their own inside the common one, which such links then do not shorten.
  Picoseconds min_window = Picoseconds(50'000);
  // Refuse a fabric in which full buffers can wait for each other in a ring. Off: to see it happen.
  bool check_deadlock = true;
  // Refuse a fabric whose partition would take more while it is idle. 0: any amount.
  int64_t memory_bytes = 0;
  // Tests only: draw each window's length from [1, W]; switches merge their outputs; components
  // are made in another order. None of them changes a result.
  uint64_t random_window_seed = 0;
  bool merge_outputs = false;
  bool reverse_construction = false;
};

// The clusters of a fabric: planes whose chips and ports advance in shorter windows.
struct ClusterInfo {
  int clusters = 0;
  Picoseconds window;
  std::string limit;  // what sets it, as WindowLimit
};

// Ethernet without credits. The first three are done to packets for a channel where it starts.
struct CongestionCounters {
  int64_t marked_packets = 0;
  int64_t trimmed_packets = 0;
  int64_t dropped_packets = 0;
  int64_t retransmitted_packets = 0;  // by the endpoint that sends on it
  Picoseconds paused;                 // by the receiver, all virtual channels

  CongestionCounters& operator+=(const CongestionCounters& other) {
    marked_packets += other.marked_packets;
    trimmed_packets += other.trimmed_packets;
    dropped_packets += other.dropped_packets;
    retransmitted_packets += other.retransmitted_packets;
    paused += other.paused;
    return *this;
  }
};

// Counters of one channel of a link, all since construction (they add up over rows).
struct ChannelCounters {
  std::string name;  // "gpu0:3>sw3:0"; stable
  int endpoint = 0;  // the accelerator at one end; -1 between switches
  int plane = 0;     // the network at the other
  int link = 0;      // index of the link among those of the endpoint, or among those of switches
  bool to_switch = false;  // away from the endpoint; between switches one of the two directions
  bool to_peer = false;    // from one endpoint to another, without a switch
  Bandwidth rate;          // of data, as built
  int64_t packets = 0;
  int64_t payload_bytes = 0;
  int64_t wire_bytes = 0;  // rounded up
  Picoseconds busy;
  Picoseconds credit_stall;
  int64_t queue_packets_max = 0;
  int64_t replays = 0;               // failed flits that the link found and sent again
  int64_t discarded_wire_bytes = 0;  // sent in vain, beyond wire_bytes; rounded up
  int64_t shares_returned = 0;       // to the endpoint, for want of a route; only to_switch
  int64_t leaked_wire_bytes = 0;     // buffer space whose credits were lost; rounded up
  CongestionCounters congestion;
  bool up = true;  // the link, at Now()
};

// What this partition did in the rows so far.
struct FabricTotals {
  int64_t hops = 0;
  int64_t records = 0;          // all records taken by components
  int64_t records_crossed = 0;  // of these, from other partitions
  int64_t windows = 0;
  int64_t messages_posted = 0;  // deliveries asked for: a multicast counts for every member
  int64_t messages_delivered = 0;
  int64_t packets_replicated = 0;  // by multicast in switches
  int64_t packets_reduced = 0;     // answers less results
  int64_t faults = 0;              // of the schedule that have happened; the same in all partitions
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_API_FABRIC_TYPES_H_
