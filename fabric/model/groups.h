// Groups of endpoints that multicasts and reduce-reads name, as teams are bound before their use.
//
// Ownership: the fabric keeps one table; its endpoints and switches look into it.

#ifndef UPFABRIC_FABRIC_MODEL_GROUPS_H_
#define UPFABRIC_FABRIC_MODEL_GROUPS_H_

#include <vector>

#include "fabric/base/ids.h"

namespace upfabric::fabric {

// By group: its members, in the order of their ports.
using GroupTable = std::vector<std::vector<EndpointId>>;

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_GROUPS_H_
