// Whether full buffers can wait for each other in a ring: the channel dependency graph.
//
// Models:  a packet holds buffer space behind one channel while it waits for space behind the next;
//          so a route that goes from one to the other, each with its virtual channel, is an edge. A
//          graph without cycles cannot deadlock (DALLY-SEITZ). All ways that a router
//          offers count, for every destination, and all detours. Links between switches suffice:
//          endpoints take in whatever comes.
// Omits:   waiting in endpoints for what other messages bring, which is the program's affair.
// Costs:   chips with endpoints x links between switches x ways; of planes and of endpoints of a
// chip
//          one stands for all (see Router).

#ifndef UPFABRIC_FABRIC_TOPO_DEADLOCK_CHECK_H_
#define UPFABRIC_FABRIC_TOPO_DEADLOCK_CHECK_H_

#include "absl/status/status.h"
#include "fabric/topo/layout.h"

namespace upfabric::fabric {

// Returns kInvalidArgument, naming the channels of one cycle in order, if there is any.
absl::Status CheckDeadlockFree(const Layout& layout);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_TOPO_DEADLOCK_CHECK_H_
