// Waits for MPI without a blocking call and without spinning: poll, let others run, then sleep for
// longer and longer.
//
// Threads: the simulation thread alone.

#ifndef UPFABRIC_DAEMON_MPI_WAITER_H_
#define UPFABRIC_DAEMON_MPI_WAITER_H_

#include <functional>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace upfabric::daemon {

struct WaiterOptions {
  // Longest wait; kDeadlineExceeded after it, and the caller says who was waited for.
  absl::Duration limit = absl::InfiniteDuration();
  // Asked while waiting: an error ends the wait with it. Optional.
  std::function<absl::Status()> peer_health;
};

class Waiter {
 public:
  explicit Waiter(WaiterOptions options) : options_(std::move(options)) {}

  // Returns when `poll` returns true, with its error, or with one of the options' errors.
  absl::Status Wait(absl::FunctionRef<absl::StatusOr<bool>()> poll);

  // Wall time spent in Wait so far.
  absl::Duration waited() const { return waited_; }

 private:
  absl::Status WaitLonger(absl::FunctionRef<absl::StatusOr<bool>()> poll, absl::Time start);

  WaiterOptions options_;
  absl::Duration waited_;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_MPI_WAITER_H_
