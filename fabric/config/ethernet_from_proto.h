// Shared buffers and transports of the proto as checked strong types.

#ifndef UPFABRIC_FABRIC_CONFIG_ETHERNET_FROM_PROTO_H_
#define UPFABRIC_FABRIC_CONFIG_ETHERNET_FROM_PROTO_H_

#include "fabric/config/figure_reader.h"
#include "fabric/model/ethernet_spec.h"
#include "upfabric/v1/fabric.pb.h"

namespace upfabric::fabric {

// Both keep an error in the reader, at a path from "switch." or "endpoint." on.
SharedBufferSpec ReadSharedBuffer(const v1::SharedBuffer& proto, FigureReader& reader);
TransportSpec ReadTransport(const v1::Transport& proto, FigureReader& reader);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_CONFIG_ETHERNET_FROM_PROTO_H_
