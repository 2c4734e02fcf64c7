// MPI's life in this process: initialized once, by the one thread that calls MPI, and finalized at
// the end unless a peer is gone.
//
// Threads: the simulation thread alone (MPI_THREAD_FUNNELED).

#ifndef UPFABRIC_DAEMON_MPI_ENVIRONMENT_H_
#define UPFABRIC_DAEMON_MPI_ENVIRONMENT_H_

#include <memory>

#include "absl/status/statusor.h"

namespace upfabric::daemon {

// Whether mpirun, srun or another launcher started this process as part of an MPI job. A program
// that was started by hand must not touch MPI.
bool RunningUnderMpirun();

class MpiEnvironment {
 public:
  // Initializes MPI with yielding waits. Call once in a process.
  static absl::StatusOr<std::unique_ptr<MpiEnvironment>> Init();

  MpiEnvironment(const MpiEnvironment&) = delete;
  MpiEnvironment& operator=(const MpiEnvironment&) = delete;
  // Finalizes MPI, unless abandoned.
  ~MpiEnvironment();

  // A peer is gone: finalizing would wait for it for ever. The launcher ends the rest of the job.
  void Abandon() { abandoned_ = true; }

  int index() const { return index_; }
  int size() const { return size_; }

 private:
  MpiEnvironment() = default;

  int index_ = 0;
  int size_ = 1;
  bool abandoned_ = false;
};

// kUnavailable with MPI's own text if `code` is not MPI_SUCCESS.
absl::Status MpiStatus(int code, const char* call);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_MPI_ENVIRONMENT_H_
