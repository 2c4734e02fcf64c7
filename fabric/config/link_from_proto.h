// Links of the proto as checked strong types.

#ifndef UPFABRIC_FABRIC_CONFIG_LINK_FROM_PROTO_H_
#define UPFABRIC_FABRIC_CONFIG_LINK_FROM_PROTO_H_

#include "fabric/config/figure_reader.h"
#include "fabric/model/link_spec.h"
#include "upfabric/v1/fabric.pb.h"

namespace upfabric::fabric {

// Keeps an error in the reader, at a path from "link." on.
LinkSpec ReadLink(const v1::Link& proto, FigureReader& reader);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_CONFIG_LINK_FROM_PROTO_H_
