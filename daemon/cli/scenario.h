// What a run command asks for as a scenario: the fabric and the workload, from flags or a file.

#ifndef UPFABRIC_DAEMON_CLI_SCENARIO_H_
#define UPFABRIC_DAEMON_CLI_SCENARIO_H_

#include "absl/status/statusor.h"
#include "daemon/cli/options.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon::cli {

// What the command's files say; the fabric is one that fabric/config accepts, or unset if the
// daemons have it. Its workload is that of a scenario file, or unset.
absl::StatusOr<v1::Scenario> LoadScenario(const RunCommand& run);

// The workload to run on a fabric of so many endpoints: of `scenario` if it has one, with the
// defaults of the flags for what its file leaves out; of the flags otherwise. Faults, algorithms of
// files and what is asked about the run are in it.
absl::StatusOr<v1::Workload> WorkloadOf(const RunCommand& run, const v1::Scenario& scenario,
                                        int fabric_endpoints);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_SCENARIO_H_
