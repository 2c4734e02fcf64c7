// `upfabric import`: a machine's own listing of its topology as a fabric file.

#ifndef UPFABRIC_DAEMON_CLI_TOPOLOGY_IMPORT_H_
#define UPFABRIC_DAEMON_CLI_TOPOLOGY_IMPORT_H_

#include "absl/status/status.h"
#include "daemon/cli/console.h"
#include "daemon/cli/options.h"

namespace upfabric::daemon::cli {

// Prints the fabric as YAML, with what was assumed as comments. Errors: kInvalidArgument,
// "FILE:LINE: ..."; kNotFound for a file or a base that does not exist.
absl::Status ImportTopology(const ImportCommand& command, const Console& console);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_TOPOLOGY_IMPORT_H_
