// The one table from what happened to the exit code of a program.
//
//   0   done and correct
//   1   ran, but a result was wrong, a message was damaged, or one found no link any more
//   2   bad input: a flag, a file, a name, a port in use
//   3   the other side is unavailable: no daemon, a peer is gone, the run was stopped from outside
//   4   no progress, with autopsy: which ranks wait for what, and which channels are blocked
//   70  a broken invariant of our own (fabric/base/check.h)

#ifndef UPFABRIC_DAEMON_EXIT_CODES_H_
#define UPFABRIC_DAEMON_EXIT_CODES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "fabric/base/check.h"

namespace upfabric::daemon {

inline constexpr int kExitDone = 0;
inline constexpr int kExitWrong = 1;
inline constexpr int kExitBadInput = 2;
inline constexpr int kExitUnavailable = 3;
inline constexpr int kExitNoProgress = 4;

int ExitCodeOf(const absl::Status& status);

// The way back, for a failure that another process reported: a status with ExitCodeOf() == `code`.
// Requires: code is not kExitDone.
absl::Status StatusOfExitCode(int code, absl::string_view message);

// A run in which nothing is pending while work is outstanding: kDeadlineExceeded with a mark that
// tells it from a deadline of an RPC.
absl::Status NoProgressError(absl::string_view autopsy);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_EXIT_CODES_H_
