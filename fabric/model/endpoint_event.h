// What an endpoint has coming by itself.
//
// Units: ticks.

#ifndef UPFABRIC_FABRIC_MODEL_ENDPOINT_EVENT_H_
#define UPFABRIC_FABRIC_MODEL_ENDPOINT_EVENT_H_

#include <cstdint>

#include "fabric/sim/record.h"

namespace upfabric::fabric {

struct EndpointEvent {
  enum class Kind : uint8_t {
    kLocalDone,
    kTimer,
    kRoute,  // a link comes up for what is parked
  };

  sim::Ticks time = 0;
  uint64_t sequence = 0;  // order of posting
  uint32_t cookie = 0;
  Kind kind = Kind::kTimer;

  bool operator>(const EndpointEvent& other) const {
    return time != other.time ? time > other.time : sequence > other.sequence;
  }
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_ENDPOINT_EVENT_H_
