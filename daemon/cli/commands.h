// The commands of `upfabric`.

#ifndef UPFABRIC_DAEMON_CLI_COMMANDS_H_
#define UPFABRIC_DAEMON_CLI_COMMANDS_H_

#include <string>
#include <vector>

#include "daemon/cli/console.h"
#include "daemon/process_group.h"

namespace upfabric::daemon::cli {

// Parses `arguments` (without the program's name), does what they say and returns the exit code of
// daemon/exit_codes.h. An error is one line on console.err, but for an autopsy, which is longer.
// Every process of the group calls it with the same arguments.
int RunUpfabric(const std::vector<std::string>& arguments, ProcessGroup& group,
                const Console& console);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_COMMANDS_H_
