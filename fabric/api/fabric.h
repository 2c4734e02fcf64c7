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
#include "fabric/api/fabric_types.h"
#include "fabric/api/fabric_view.h"
#include "fabric/api/message_path.h"
#include "fabric/api/message_port.h"
#include "fabric/model/faults.h"
#include "fabric/model/spec.h"
#include "fabric/sim/exchange.h"

namespace upfabric::fabric {

// A payload of RunRow's kDataLoss that sorts as text by time, then endpoint, over all partitions.
inline constexpr char kFailureOrderUrl[] = "upfabric/failure-order";

class Fabric {
 public:
  virtual ~Fabric() = default;

  // Returns kInvalidArgument if the fabric cannot be built: a delay of 0 between components, a
  // buffer smaller than a packet, routes that can deadlock, a replay window that acks would limit,
  // more endpoints or links than a record can name, or than memory holds.
  static absl::StatusOr<std::unique_ptr<Fabric>> Create(const FabricSpec& spec,
                                                        const FabricOptions& options);

  virtual const FabricView& view() const = 0;
  // What messages between these endpoints see: that of their pod, if they have one in common.
  virtual const FabricView& ViewOf(const std::vector<EndpointId>& endpoints) const = 0;
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

  // Writes down the ways of these messages in the next rows, all different; of no message if it is
  // empty. Each partition may be given all. Returns kUnimplemented where switches drop packets.
  // Requires: not running.
  virtual absl::Status Watch(const std::vector<WatchedMessage>& messages) = 0;
  // Of those delivered since, in no particular order: what this partition knows of them.
  virtual std::vector<MessagePath> WatchedPaths() const = 0;

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
