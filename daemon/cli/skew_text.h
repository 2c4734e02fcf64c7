// Late starts of ranks as people write them.
//
// Grammar: random:TIME    each rank at a time of its own from 0 to below TIME, by the seed
//          linear:TIME    rank 0 at 0, the last one at TIME, the others evenly between
//          R=TIME[,...]   rank R at TIME, all others at 0
// Models:  ranks that come to a collective at different times. The first one starts at 0.
// Errors:  kInvalidArgument; the caller adds the flag.

#ifndef UPFABRIC_DAEMON_CLI_SKEW_TEXT_H_
#define UPFABRIC_DAEMON_CLI_SKEW_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace upfabric::daemon::cli {

// Starts in picoseconds, by rank.
absl::StatusOr<std::vector<int64_t>> ParseSkew(absl::string_view text, int ranks, uint64_t seed);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_SKEW_TEXT_H_
