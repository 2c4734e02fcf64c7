// A sweep as the workload that runs it.

#ifndef UPFABRIC_DAEMON_CLI_SWEEP_WORKLOAD_H_
#define UPFABRIC_DAEMON_CLI_SWEEP_WORKLOAD_H_

#include "daemon/cli/options.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon::cli {

// The workload of a sweep on a fabric of so many endpoints: isolated operations. What does not fit
// the fabric is refused by whoever runs it.
v1::Workload WorkloadOf(const SweepOptions& sweep, v1::Collective collective, int fabric_endpoints);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_SWEEP_WORKLOAD_H_
