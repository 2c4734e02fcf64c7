// The nccl-tests programs, from their command line to the exit code.

#ifndef UPFABRIC_DAEMON_CLI_NCCL_COMMAND_H_
#define UPFABRIC_DAEMON_CLI_NCCL_COMMAND_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/console.h"
#include "daemon/cli/nccl_options.h"
#include "daemon/process_group.h"

namespace upfabric::daemon::cli {

// The value of an environment variable; only UPFABRIC_FABRIC and NCCL_TESTS_MIN_BW are asked for.
using ReadVariable = std::function<std::optional<std::string>(const std::string& name)>;

// As RunUpfabric. The emulated ranks are the group's processes x -t x -g.
int RunNcclProgram(const NcclProgram& program, const std::vector<std::string>& arguments,
                   const ReadVariable& variable, ProcessGroup& group, const Console& console);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_NCCL_COMMAND_H_
