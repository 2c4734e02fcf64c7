// Shapes of the proto as checked strong types.

#ifndef UPFABRIC_FABRIC_CONFIG_TOPOLOGY_FROM_PROTO_H_
#define UPFABRIC_FABRIC_CONFIG_TOPOLOGY_FROM_PROTO_H_

#include "fabric/config/figure_reader.h"
#include "fabric/model/spec.h"
#include "upfabric/v1/fabric.pb.h"

namespace upfabric::fabric {

// Writes endpoints, groups and shape of `spec`; keeps an error in the reader, at a path from
// "topology." on. Whether the counts make a graph, Layout::Create says. Requires: kinds and switch
// are read.
void ReadTopology(const v1::Fabric& fabric, FigureReader& reader, FabricSpec& spec);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_CONFIG_TOPOLOGY_FROM_PROTO_H_
