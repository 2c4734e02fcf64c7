#include "daemon/mpi/waiter.h"

#include <sched.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

// chosen: a window's work is of this order, so most waits end while yielding.
constexpr absl::Duration kYieldTime = absl::Microseconds(200);
constexpr absl::Duration kSleepMin = absl::Microseconds(20);
// chosen: small against a wait that has already lasted this long.
constexpr absl::Duration kSleepMax = absl::Microseconds(200);

}  // namespace

absl::Status Waiter::Wait(absl::FunctionRef<absl::StatusOr<bool>()> poll) {
  UPF_ASSIGN_OR_RETURN(const bool done, poll());
  if (done) {
    return absl::OkStatus();
  }
  const absl::Time start = absl::Now();
  absl::Status status = WaitLonger(poll, start);
  waited_ += absl::Now() - start;
  return status;
}

absl::Status Waiter::WaitLonger(absl::FunctionRef<absl::StatusOr<bool>()> poll, absl::Time start) {
  absl::Duration sleep = kSleepMin;
  while (true) {
    UPF_ASSIGN_OR_RETURN(const bool done, poll());
    if (done) {
      return absl::OkStatus();
    }
    const absl::Duration waited = absl::Now() - start;
    if (waited < kYieldTime) {
      sched_yield();
      continue;
    }
    if (options_.peer_health) {
      UPF_RETURN_IF_ERROR(options_.peer_health());
    }
    if (waited > options_.limit) {
      return absl::DeadlineExceededError(
          absl::StrCat("no answer for ", absl::FormatDuration(options_.limit)));
    }
    absl::SleepFor(sleep);
    sleep = std::min(sleep * 2, kSleepMax);
  }
}

}  // namespace upfabric::daemon
