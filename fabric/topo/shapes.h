// Builds the graph of a fabric's shape, with the router that knows its ways.

#ifndef UPFABRIC_FABRIC_TOPO_SHAPES_H_
#define UPFABRIC_FABRIC_TOPO_SHAPES_H_

#include "absl/status/status.h"
#include "fabric/model/spec.h"
#include "fabric/topo/layout.h"

namespace upfabric::fabric {

// Returns kInvalidArgument, naming the count, where the shape does not fit the endpoints.
absl::Status BuildShape(const FabricSpec& spec, Layout& layout);

// Each in a file of its own. Requires: the layout is empty but for its endpoints.
absl::Status BuildClos(const ClosSpec& shape, Layout& layout);
absl::Status BuildTorus(const TorusSpec& shape, Layout& layout);
absl::Status BuildDragonfly(const DragonflySpec& shape, Layout& layout);
absl::Status BuildTree(const TreeSpec& shape, Layout& layout);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_TOPO_SHAPES_H_
