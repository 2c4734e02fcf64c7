// Whether full buffers can wait for each other in a ring: the channel dependency graph.
//
// Models:  a packet holds buffer space behind one channel while it waits for space behind the next;
//          so a route that goes from one to the other, each with its virtual channel, is an edge. A
//          graph without cycles cannot deadlock (DALLY-SEITZ). All ways that a router
//          offers count, for every destination, and all detours. Links between switches suffice:
//          endpoints take in whatever comes.
// Omits:   waiting in endpoints for what other messages bring, which is the program's affair.
// Costs:   chips with endpoints x links between switches x ways; of planes and of endpoints of a
//          chip one stands for all (see Router), and for a torus one with short axes.

#ifndef UPFABRIC_FABRIC_TOPO_DEADLOCK_CHECK_H_
#define UPFABRIC_FABRIC_TOPO_DEADLOCK_CHECK_H_

#include "absl/status/status.h"
#include "fabric/model/spec.h"
#include "fabric/topo/layout.h"

namespace upfabric::fabric {

// Returns kInvalidArgument, naming the channels of one cycle in order, if there is any.
absl::Status CheckDeadlockFree(const Layout& layout);

// The same for the layout of `spec`. Routes of a torus follow one axis after another, and what they
// ask of an axis depends on whether it wraps, is odd, and is long enough for routes of several
// hops. So where a torus whose axes are cut to five or six has no cycle, neither has the long one.
absl::Status CheckDeadlockFree(const FabricSpec& spec, const Layout& layout);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_TOPO_DEADLOCK_CHECK_H_
