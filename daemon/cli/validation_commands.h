// Runs `upfabric validate` and `upfabric calibrate`.

#ifndef UPFABRIC_DAEMON_CLI_VALIDATION_COMMANDS_H_
#define UPFABRIC_DAEMON_CLI_VALIDATION_COMMANDS_H_

#include "absl/status/status.h"
#include "daemon/cli/console.h"
#include "daemon/cli/validation_options.h"

namespace upfabric::daemon::cli {

// Errors: kInvalidArgument, kNotFound, kUnimplemented: one line.
absl::Status Validate(const ValidateCommand& command, const Console& console);
// Writes the profile that was fitted; prints errors in sample and held out.
absl::Status CalibrateProfile(const CalibrateCommand& command, const Console& console);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_VALIDATION_COMMANDS_H_
