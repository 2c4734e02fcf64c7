// Where a command prints. In an MPI job only process 0 is given streams that go somewhere.

#ifndef UPFABRIC_DAEMON_CLI_CONSOLE_H_
#define UPFABRIC_DAEMON_CLI_CONSOLE_H_

#include <ostream>

namespace upfabric::daemon::cli {

struct Console {
  std::ostream& out;             // results
  std::ostream& err;             // errors, statistics, progress
  bool err_is_terminal = false;  // whether a progress bar makes sense
};

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_CONSOLE_H_
