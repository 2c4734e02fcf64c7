// Several jobs on one fabric, whose ranks may share endpoints.
//
// Models:  an endpoint begins a task when it has finished those that the task comes after and that
//          it takes part in, however far other endpoints are. What runs at the same time shares
//          links and memory. Compute before a task is its executor's late start.
// Omits:   what computes at the same time takes nothing from each other.
// Threads: none; everything happens inside the port's callbacks.

#ifndef UPFABRIC_COLLECTIVES_ENDPOINT_TASKS_H_
#define UPFABRIC_COLLECTIVES_ENDPOINT_TASKS_H_

#include <memory>
#include <utility>
#include <vector>

#include "collectives/job.h"
#include "fabric/api/message_port.h"

namespace upfabric::collectives {

struct JobTask {
  Job* job = nullptr;              // outlives the client
  std::vector<size_t> after = {};  // tasks, each before this one in the list
};

// What to attach to the fabric in place of the jobs' clients. Requires: sequence numbers of the
// jobs do not meet.
std::vector<std::pair<EndpointId, std::unique_ptr<fabric::MessagePortClient>>> JoinTasks(
    const std::vector<JobTask>& tasks);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_ENDPOINT_TASKS_H_
