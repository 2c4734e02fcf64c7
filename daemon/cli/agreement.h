// Makes an error of one process the error of all, before anything that all must do together.

#ifndef UPFABRIC_DAEMON_CLI_AGREEMENT_H_
#define UPFABRIC_DAEMON_CLI_AGREEMENT_H_

#include "absl/status/status.h"
#include "daemon/process_group.h"

namespace upfabric::daemon::cli {

// OK if `mine` is OK in every process; else, in every process, the error of the first that has one,
// with the same exit code.
absl::Status AgreeOn(const absl::Status& mine, ProcessGroup& group);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_AGREEMENT_H_
