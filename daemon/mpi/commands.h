// What daemon 0 tells the others between runs: start this run, or end. Nobody blocks: the others
// poll.
//
// Threads: the simulation thread alone.

#ifndef UPFABRIC_DAEMON_MPI_COMMANDS_H_
#define UPFABRIC_DAEMON_MPI_COMMANDS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "daemon/mpi/environment.h"
#include "daemon/mpi/waiter.h"

namespace upfabric::daemon {

class MpiCommands {
 public:
  MpiCommands(const MpiEnvironment& environment, WaiterOptions wait);

  // Daemon 0: sends `command` to every other daemon; returns when all have received it or the wait
  // ends as its options say.
  absl::Status Send(const std::string& command);

  // The others: the next command, if one has arrived.
  absl::StatusOr<std::optional<std::string>> Poll();

  // Returns when every daemon has called it.
  absl::Status Barrier();

 private:
  const int index_;
  const int size_;
  const WaiterOptions wait_;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_MPI_COMMANDS_H_
