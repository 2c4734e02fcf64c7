// Pictures of a fabric's shape.
//
// Shows:   one plane of those that are alike; endpoints of one switch as one node; of many switches
//          of a level the first ones and the last; parallel links as one edge with their number; of
//          a large torus a corner.

#ifndef UPFABRIC_DAEMON_CLI_TOPOLOGY_DRAWING_H_
#define UPFABRIC_DAEMON_CLI_TOPOLOGY_DRAWING_H_

#include <string>

#include "absl/status/statusor.h"
#include "fabric/model/spec.h"
#include "fabric/topo/layout.h"

namespace upfabric::daemon::cli {

// In Graphviz's language, with the layout program that suits it as an attribute.
std::string TopologyDot(const fabric::FabricSpec& spec, const fabric::Layout& layout);

// The same as SVG. Returns kInternal if Graphviz cannot.
absl::StatusOr<std::string> TopologySvg(const fabric::FabricSpec& spec,
                                        const fabric::Layout& layout);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_TOPOLOGY_DRAWING_H_
