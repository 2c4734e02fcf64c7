// upfabric, and under other names the programs of nccl-tests: alone, or as a process of an MPI job.

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/console.h"
#include "daemon/cli/nccl_command.h"
#include "daemon/exit_codes.h"
#include "daemon/machine_memory.h"
#include "daemon/mpi/environment.h"
#include "daemon/mpi/group.h"
#include "daemon/solo_group.h"

namespace upfabric::daemon::cli {
namespace {

std::optional<std::string> Variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

int RunProgram(const std::string& path, const std::vector<std::string>& arguments,
               ProcessGroup& group) {
  // A stream without a buffer takes everything and gives nothing.
  std::ostream nowhere(nullptr);
  const bool speaks = group.index() == 0;
  const Console console{.out = speaks ? std::cout : nowhere,
                        .err = speaks ? std::cerr : nowhere,
                        .err_is_terminal = speaks && isatty(STDERR_FILENO) == 1};
  const std::string name = path.substr(path.rfind('/') + 1);
  if (const std::optional<NcclProgram> program = NcclProgramNamed(name)) {
    return RunNcclProgram(*program, arguments, Variable, group, console);
  }
  return RunUpfabric(arguments, group, console);
}

int Main(int argc, char** argv) {
  EndWhereMemoryEnds("upfabric", MemoryForUs());
  const std::string path = argc > 0 ? argv[0] : "upfabric";
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (!RunningUnderMpirun()) {
    SoloGroup alone;
    return RunProgram(path, arguments, alone);
  }
  const absl::StatusOr<std::unique_ptr<MpiEnvironment>> environment = MpiEnvironment::Init();
  if (!environment.ok()) {
    std::cerr << "upfabric: " << environment.status().message() << '\n';
    return ExitCodeOf(environment.status());
  }
  MpiGroup group(**environment, {});
  const int code = RunProgram(path, arguments, group);
  if (code == kExitUnavailable) {
    (*environment)->Abandon();
  }
  return code;
}

}  // namespace
}  // namespace upfabric::daemon::cli

int main(int argc, char** argv) { return upfabric::daemon::cli::Main(argc, argv); }
