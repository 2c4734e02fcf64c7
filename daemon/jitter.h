// What `--jitter` is made of: late starts drawn for each rank, and the spread of the times.

#ifndef UPFABRIC_DAEMON_JITTER_H_
#define UPFABRIC_DAEMON_JITTER_H_

#include <cstdint>
#include <vector>

#include "fabric/base/units.h"
#include "upfabric/v1/result.pb.h"

namespace upfabric::daemon {

// Starts by rank, uniform over the whole picoseconds from 0 to below `limit`; a function of the
// first three arguments alone. Requires: limit > 0.
std::vector<Picoseconds> SkewedStarts(uint64_t seed, int repetition, int ranks, Picoseconds limit);

// Requires: at least one time.
v1::Jitter SpreadOf(std::vector<int64_t> times_ps);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_JITTER_H_
