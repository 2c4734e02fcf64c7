// What a collective may look at: shape, unloaded times, injection times. Read-only, exact.
//
// Used by the cost model (closed forms), by listings and by `compare`; never by the engine.

#ifndef UPFABRIC_FABRIC_API_FABRIC_VIEW_H_
#define UPFABRIC_FABRIC_API_FABRIC_VIEW_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fabric/base/endpoint_pair.h"
#include "fabric/base/ids.h"
#include "fabric/base/units.h"

namespace upfabric::fabric {

// One element of a path with its latency, in the order a packet meets it.
struct PathElement {
  std::string name;  // "injection", "link 1 phy tx", "link 1 fec", ..., "switch", ..., "delivery"
  Picoseconds latency;
  std::optional<Ratio> energy = std::nullopt;  // picojoules for each bit on the wire, if stated
};

// What switches do besides passing packets on.
struct InSwitchAbilities {
  int groups = 0;         // that Fabric::SetGroups takes
  int sessions = 0;       // reduce-read blocks that one switch has under way
  Bytes session_payload;  // of one block
};

class FabricView {
 public:
  virtual ~FabricView() = default;

  virtual int endpoints() const = 0;
  // Parts of the fabric, each with a network of its own, that another one joins; endpoints in equal
  // blocks.
  virtual int pods() const { return 1; }
  virtual int planes() const = 0;
  virtual int links_per_endpoint() const = 0;

  // Sizes of the axes of a torus or mesh, the first one fastest; empty for other shapes.
  virtual std::vector<int> axes() const { return {}; }

  // Messages to different endpoints that leave on different links: 1 where all share all links.
  virtual int sends_apart() const { return 1; }

  // Elements of the path between the two endpoints that are farthest from each other. Their sum is
  // the latency of the first bit, from posting to delivery; serialization comes on top.
  virtual std::vector<PathElement> UnloadedPath() const = 0;
  // The same between the two that are nearest, and between any two.
  virtual std::vector<PathElement> ShortestPath() const { return UnloadedPath(); }
  virtual std::vector<PathElement> PathBetween(EndpointId /*source*/,
                                               EndpointId /*destination*/) const {
    return UnloadedPath();
  }

  // Time from posting to delivery of one message alone in the fabric, on the longest path, rounded
  // up to 1 ps; as if what leaves on different links did not meet on the way.
  virtual Picoseconds UnloadedTime(Bytes message) const = 0;

  // Time for which the busiest link of an endpoint serializes `count` messages of `message` bytes
  // to different endpoints, as far as there are so many; rounded up to 1 ps.
  virtual Picoseconds InjectionTime(Bytes message, int64_t count) const = 0;

  // The same if messages go as those of the pairs, of which some may be near.
  virtual Picoseconds InjectionTimeOf(Bytes message, int64_t count,
                                      std::span<const EndpointPair> /*pairs*/) const {
    return InjectionTime(message, count);
  }

  // The same if all messages go to one endpoint, to which not all links may lead.
  virtual Picoseconds InjectionTimeToOne(Bytes message, int64_t count) const {
    return InjectionTime(message, count);
  }

  // Whether messages between different endpoints share links between switches that may carry less
  // than all endpoints send. If not, the two below say nothing new.
  virtual bool ways_meet() const { return false; }

  // Time for which the busiest link between switches serializes one message of `message` bytes for
  // each of the pairs, rounded up to 1 ps; 0 if no two share one.
  virtual Picoseconds TrunkTime(Bytes /*message*/, std::span<const EndpointPair> /*pairs*/) const {
    return Picoseconds(0);
  }

  // As UnloadedTime, but on a way as long as those of the pairs are on average.
  virtual Picoseconds UnloadedTimeOf(Bytes message, std::span<const EndpointPair> /*pairs*/) const {
    return UnloadedTime(message);
  }

  // Time of one local copy or reduction, alone.
  virtual Picoseconds LocalTime(Bytes traffic) const = 0;

  // Empty where switches neither copy nor reduce.
  virtual std::optional<InSwitchAbilities> in_switch() const = 0;

  // Time from posting to the result of one reduce-read from `members` endpoints, alone in the
  // fabric, rounded up to 1 ps; as if sessions and the units' throughput did not limit it.
  // Requires: in_switch() is not empty.
  virtual Picoseconds UnloadedReduceTime(Bytes size, int members) const = 0;

  // Payload share of the wire bytes of full packets of a message of this size.
  virtual Ratio WireEfficiency(Bytes message) const = 0;

  // Data rate of all links of an endpoint, each way, before packet overhead.
  virtual Bandwidth EndpointRate() const = 0;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_API_FABRIC_VIEW_H_
