// Turns a workload's tasks into strong types, checked, each as a workload of its own.

#ifndef UPFABRIC_DAEMON_TASKS_FROM_PROTO_H_
#define UPFABRIC_DAEMON_TASKS_FROM_PROTO_H_

#include "absl/status/statusor.h"
#include "collectives/algorithm_registry.h"
#include "daemon/workload_from_proto.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon {

// Errors: as CheckWorkload's, and kInvalidArgument, "task NAME: what is wrong; what is allowed".
// Requires: the workload has tasks.
absl::StatusOr<CheckedWorkload> CheckTasks(const v1::Workload& workload, const FabricShape& fabric,
                                           const collectives::AlgorithmRegistry& registry);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_TASKS_FROM_PROTO_H_
