// Algorithms from files and to files: `check`, `export`, and what `run` and `compare` read.

#ifndef UPFABRIC_DAEMON_CLI_ALGORITHM_FILES_H_
#define UPFABRIC_DAEMON_CLI_ALGORITHM_FILES_H_

#include "absl/status/statusor.h"
#include "daemon/cli/console.h"
#include "daemon/cli/options.h"

namespace upfabric::daemon::cli {

// Reads the program of a workload whose algorithm is a file: its name ends in .xml. Errors:
// kInvalidArgument, naming the file.
absl::Status LoadProgram(v1::Workload& workload);

// Prints what the file holds and what was proved; findings and warnings go to stderr, each with
// file and line. Returns kExitDone or, if the program is refused, kExitWrong; kInvalidArgument,
// "FILE:LINE: ...", for a file that cannot be read.
absl::StatusOr<int> CheckFile(const CheckCommand& command, const Console& console);

// Prints a built-in algorithm as MSCCL XML. Errors: kInvalidArgument, kNotFound, kUnimplemented.
absl::Status ExportAlgorithm(const ExportCommand& command, const Console& console);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_ALGORITHM_FILES_H_
