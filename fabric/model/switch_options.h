// What a switch chip is, apart from its times.

#ifndef UPFABRIC_FABRIC_MODEL_SWITCH_OPTIONS_H_
#define UPFABRIC_FABRIC_MODEL_SWITCH_OPTIONS_H_

#include <cstdint>

#include "fabric/model/groups.h"
#include "fabric/model/reduction_unit.h"
#include "fabric/model/router.h"
#include "fabric/model/spec.h"

namespace upfabric::fabric {

struct SwitchOptions {
  int links_per_endpoint = 1;
  int ports = 0;  // endpoints x links_per_endpoint, unless there is a router
  // Null where every packet leaves to its endpoint on the link of the same index as it came in on.
  const Router* router = nullptr;
  int chip = 0;  // as the router knows it
  Routing routing = Routing::kStatic;
  Queueing queueing = Queueing::kOutputs;
  // Outputs of a Switch share no state, so each may run through the window by itself. Merging them
  // in the order (time, output) gives the same result, which a test shows.
  bool merge_outputs = false;
  Arbitration arbitration = Arbitration::kOldestFirst;
  // Both null, or both set: what the chip can do inside.
  const ReductionTimes* reduction = nullptr;
  const GroupTable* groups = nullptr;
  // Null: inputs have buffers of their own.
  const SharedBufferSpec* shared_buffer = nullptr;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_SWITCH_OPTIONS_H_
