// Ranks on a ring.

#ifndef UPFABRIC_COLLECTIVES_PATTERNS_RING_H_
#define UPFABRIC_COLLECTIVES_PATTERNS_RING_H_

#include <cstdint>

namespace upfabric::collectives {

// The rank `shift` steps after `rank`, before it where shift < 0. Requires: 0 <= rank < ranks.
constexpr int RingShift(int rank, int64_t shift, int ranks) {
  const int64_t shifted = (rank + shift) % ranks;
  return static_cast<int>(shifted < 0 ? shifted + ranks : shifted);
}

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PATTERNS_RING_H_
