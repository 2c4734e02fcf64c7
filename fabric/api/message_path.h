// What a message met between its posting and its delivery, in parts that add up to that time.
//
// Units: picoseconds. Parts end on whole ones: what ends inside a picosecond ends with it.

#ifndef UPFABRIC_FABRIC_API_MESSAGE_PATH_H_
#define UPFABRIC_FABRIC_API_MESSAGE_PATH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fabric/base/ids.h"
#include "fabric/base/units.h"

namespace upfabric::fabric {

enum class PathCause {
  kInjection,
  kSerialization,  // of the message, and of what its source posted before it on the same link
  kPhy,
  kFec,
  kRetimer,
  kWire,         // propagation, and what sits in the medium
  kSwitch,       // ingress pipelines
  kQueueing,     // behind other packets at the outputs of switches
  kCreditStall,  // of the source's link, and of the message's own last packet behind it
  kReplay,       // likewise
  kDelivery,
};

// The cause of an element of a link, by its name in FabricView's paths.
PathCause CauseOfElement(const std::string& name);

struct PathPart {
  PathCause cause = PathCause::kInjection;
  Picoseconds length;
};

// A message to watch in the next row. A multicast has one for each member.
struct WatchedMessage {
  EndpointId source;
  EndpointId destination;
  uint32_t tag = 0;
  // When the client would have posted it had it not waited for its earlier messages to leave, and
  // when it did.
  SimTime wanted;
  SimTime posted;
};

// The way of the share that came last, of those whose ports are in this partition.
struct MessagePath {
  size_t message = 0;  // index in what was watched
  int link = 0;        // of the source, in its network
  int64_t order = 0;   // of several partitions the largest is the last; then the lowest link
  SimTime delivered;   // wanted + the parts' sum
  std::vector<PathPart> parts;  // in the order of time
  std::vector<std::string> channels;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_API_MESSAGE_PATH_H_
