// A message's way, by its ends.

#ifndef UPFABRIC_FABRIC_BASE_ENDPOINT_PAIR_H_
#define UPFABRIC_FABRIC_BASE_ENDPOINT_PAIR_H_

#include "fabric/base/ids.h"

namespace upfabric::fabric {

struct EndpointPair {
  EndpointId source;
  EndpointId destination;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_BASE_ENDPOINT_PAIR_H_
