// The bandwidth between the two halves of a fabric.

#ifndef UPFABRIC_DAEMON_CLI_BISECTION_H_
#define UPFABRIC_DAEMON_CLI_BISECTION_H_

#include "fabric/base/units.h"
#include "fabric/model/spec.h"
#include "fabric/topo/layout.h"

namespace upfabric::daemon::cli {

// Data rate that the endpoints of the lower half, by number, can send to those of the upper half at
// most, one way: the maximum flow through all links, whatever the routes. Of an odd number the
// lower half has one fewer.
Bandwidth Bisection(const fabric::FabricSpec& spec, const fabric::Layout& layout);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_BISECTION_H_
