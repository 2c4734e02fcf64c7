// One partition of a fabric: components, channels, counters, and the run of a row on them.
//
// Threads: none; one thread owns it. Two fabrics in one process do not share anything.

#ifndef UPFABRIC_FABRIC_API_FABRIC_H_
#define UPFABRIC_FABRIC_API_FABRIC_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fabric/api/fabric_view.h"
#include "fabric/api/message_port.h"
#include "fabric/model/faults.h"
#include "fabric/model/spec.h"
#include "fabric/sim/exchange.h"

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

// Counters of one channel of a link, all since construction (they add up over rows).
struct ChannelCounters {
  std::string name;  // "gpu0:3>sw3:0"; stable
  int endpoint = 0;  // the accelerator at one end; -1 between switches
  int plane = 0;     // the network at the other
  int link = 0;      // index of the link among those of the endpoint, or among those of switches
  bool to_switch = false;  // away from the endpoint; between switches one of the two directions
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
  bool up = true;                    // the link, at Now()
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

// A payload of RunRow's kDataLoss that sorts as text by time, then endpoint, over all partitions.
inline constexpr char kFailureOrderUrl[] = "upfabric/failure-order";

class Fabric {
 public:
  virtual ~Fabric() = default;

  // Returns kInvalidArgument if the fabric cannot be built: a delay of 0 between components, a
  // buffer smaller than a packet, a replay window that acks would limit, more endpoints or links
  // than a record can name.
  static absl::StatusOr<std::unique_ptr<Fabric>> Create(const FabricSpec& spec,
                                                        const FabricOptions& options);

  virtual const FabricView& view() const = 0;
  virtual bool Owns(EndpointId endpoint) const = 0;
  // Which partition owns an endpoint; the same in all partitions.
  virtual int OwnerOf(EndpointId endpoint) const = 0;

  // Window W and the channel that sets it: "gpu:port>switch credits".
  virtual Picoseconds Window() const = 0;
  virtual std::string WindowLimit() const = 0;
  // Empty if no link is shorter than FabricOptions::min_window.
  virtual std::optional<ClusterInfo> Clusters() const = 0;

  // Names the groups of the next rows by their index, for multicasts and reduce-reads; the same
  // call in all partitions. Returns kUnimplemented if the switches can do neither, or while the
  // schedule of faults takes links or planes down;
  // kInvalidArgument, naming the group, if there are more than the fabric has, one is empty, or a
  // member is unknown or there twice; the groups are then as before. Requires: not running.
  virtual absl::Status SetGroups(std::vector<std::vector<EndpointId>> groups) = 0;

  // Gives an owned endpoint its client for the next row. Requires: not running.
  virtual void Attach(EndpointId endpoint, MessagePortClient* client) = 0;

  // What goes wrong, and when, in the rows to come (times are those of a row); the same in all
  // partitions. Returns kInvalidArgument if it does not fit the fabric, kUnimplemented if links or
  // planes go down while there are groups; it then changes nothing.
  // Requires: no row is running; or it is called from inside the exchange once the next window's
  // start is agreed, in the same window in all partitions, and the schedule differs from the last
  // one only by faults at or after that start.
  virtual absl::Status SetFaults(const FaultSchedule& schedule) = 0;

  // Runs from virtual time 0 until nothing is pending in any partition, then detaches the clients
  // and checks conservation (a violation ends the process with 70). Returns an error when
  // `exchange` does; kDataLoss, which names links and times, if a message of an owned endpoint
  // found no link any more. What waits for leaked credits is no error here: the row ends without
  // it, and Blocked() names it. The fabric is quiet again afterwards, also after an error.
  virtual absl::Status RunRow(sim::WindowExchange& exchange) = 0;

  // Hash of the deliveries of each owned endpoint in the last row: (endpoint, hash).
  virtual std::vector<std::pair<EndpointId, uint64_t>> DeliveryHashes() const = 0;

  // Who waited, and for what, when the last row ended, or waits now if one is running:
  // "gpu0:3>sw3:0 waits for credits; 4096 B of them have leaked". Empty after a row that ran to its
  // end.
  virtual std::vector<std::string> Blocked() const = 0;

  // May be called from inside the exchange: the state after the last window.
  virtual std::vector<ChannelCounters> Counters() const = 0;
  virtual FabricTotals Totals() const = 0;
  // Virtual time of the row that runs or ran last, at the last window's end.
  virtual SimTime Now() const = 0;
  // Of a time that a WindowExchange has agreed on, rounded up.
  virtual SimTime TimeOf(sim::Ticks ticks) const = 0;
  // Bytes of this partition's components, channels and queues.
  virtual int64_t MemoryBytes() const = 0;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_API_FABRIC_H_
