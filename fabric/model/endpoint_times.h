// What all endpoints of a fabric have in common, and how one says that it cannot go on.
//
// Units: ticks.

#ifndef UPFABRIC_FABRIC_MODEL_ENDPOINT_TIMES_H_
#define UPFABRIC_FABRIC_MODEL_ENDPOINT_TIMES_H_

#include <cstdint>
#include <optional>

#include "fabric/base/ratio.h"
#include "fabric/model/direct_links.h"
#include "fabric/model/fault_timeline.h"
#include "fabric/model/framing.h"
#include "fabric/model/groups.h"
#include "fabric/model/router.h"
#include "fabric/model/spec.h"
#include "fabric/sim/clock.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

// What all endpoints have in common on one network.
struct EndpointTimes {
  sim::Clock clock;
  Framing const* framing = nullptr;
  sim::Ticks injection = 0;
  sim::Ticks local_latency = 0;
  Ratio ticks_per_local_byte;
  int virtual_channels = 1;           // for messages
  int channel_classes = 1;            // of those of the links that each of them takes
  std::optional<DirectLinks> direct;  // in a full mesh
  const Router* router = nullptr;     // null where planes are single switches, or there are none
  uint64_t seed = 0;
  Spread spread = Spread::kPackets;
  const FaultTimeline* faults = nullptr;
  const GroupTable* groups = nullptr;  // null where switches neither copy nor reduce
};

// An endpoint's part in a network: some of its links, which lead to some of the endpoints. In the
// network these, and the links of each, are numbered from 0 on.
struct EndpointSide {
  const EndpointTimes* times = nullptr;
  int first_link = 0;
  int links = 0;
  int first_endpoint = 0;
  int endpoints = 0;

  bool Reaches(int endpoint) const {
    return endpoint >= first_endpoint && endpoint < first_endpoint + endpoints;
  }
};

// A message that no link will carry any more.
struct MessageFailure {
  sim::Ticks time = 0;
  int destination = -1;  // none has failed
  int side = 0;          // which network would have carried it
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_ENDPOINT_TIMES_H_
