// Where a packet can go from a switch chip on its way to its destination.
//
// Shape:   chips and their ports are numbered as fabric/topo/layout.h does.
// Threads: none; a router has no state, so every chip and partition decides alike.

#ifndef UPFABRIC_FABRIC_MODEL_ROUTER_H_
#define UPFABRIC_FABRIC_MODEL_ROUTER_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

// One way to go on: the output, and the virtual channel there.
struct Hop {
  int output = 0;
  uint8_t virtual_channel = 0;
  // A detour that the packet takes with it from here (see Record::via), so much longer than the
  // direct way. Only with adaptive routes.
  uint8_t length = 1;
  uint16_t via = 0;

  // What a way with so many packets before the next one costs; directly if that is no worse.
  int64_t Cost(int64_t load) const { return load * length + length - 1; }
};

using Hops = absl::InlinedVector<Hop, 16>;

// Which of several ways a packet takes.
enum class Routing {
  kStatic,    // one for each destination
  kHashed,    // one for each message
  kSprayed,   // another one for each packet of a message
  kAdaptive,  // the output with the least queue, the longer ways with their length
};

class Router {
 public:
  virtual ~Router() = default;

  // Writes the ways of a packet that came in on `input`, at least one, in an order that depends on
  // nothing else. Endpoints of one chip are alike: ways from and to them differ only at that chip.
  // Takes back packet.via once that is behind it.
  virtual void Route(int chip, int input, sim::Record& packet, Hops& hops) const = 0;

  // What a share notes in `via` when it is posted: a detour from 1 to detours(), or 0 for none. The
  // same for all packets of a message on one link.
  virtual uint16_t Detour(const sim::Record& /*share*/) const { return 0; }
  virtual int detours() const { return 0; }
};

// Which of `ways` a packet takes from chip `chip`; the same for all of a message on one link.
// Requires: routing is kStatic or kHashed.
size_t WayOf(Routing routing, int chip, const sim::Record& packet, size_t ways);

// The same for all packets of a flow with one entropy value (see transport_packet.h).
size_t WayOfFlow(int chip, const sim::Record& packet, size_t ways);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_ROUTER_H_
