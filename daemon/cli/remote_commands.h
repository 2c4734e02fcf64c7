// The commands that talk to running daemons.
//
// Errors: kUnavailable when nobody answers at the address; what the daemons report otherwise.

#ifndef UPFABRIC_DAEMON_CLI_REMOTE_COMMANDS_H_
#define UPFABRIC_DAEMON_CLI_REMOTE_COMMANDS_H_

#include "absl/status/statusor.h"
#include "daemon/cli/console.h"
#include "daemon/cli/options.h"
#include "daemon/cli/progress_bar.h"
#include "upfabric/v1/result.pb.h"

namespace upfabric::daemon::cli {

// Runs on the daemons' fabric. A --fabric that is another one is kInvalidArgument. `statistics`
// receives the daemons' figures.
absl::StatusOr<v1::Result> RunRemotely(const RunCommand& run, ProgressBar& bar,
                                       v1::RunStatistics& statistics);

// These print their answer and return an error or OK.
absl::Status ShowStatus(const StatusCommand& command, const Console& console);
absl::Status Inject(const InjectCommand& command, const Console& console);
absl::Status Stop(const StopCommand& command, const Console& console);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_REMOTE_COMMANDS_H_
