// Completion times that no execution can beat, from the programs and a few raw figures.
//
// Models:  the longest path over the programs' instructions, and the bytes that an endpoint's links
//          must carry. A message takes at least the path's latency plus its bits over all links.
// Omits:   framing, contention, memory bandwidth: what is left out only makes a run later.
// Shares no code with the engine, the fabric's view or the executor, so it can judge them.

#ifndef UPFABRIC_COLLECTIVES_LOWER_BOUND_H_
#define UPFABRIC_COLLECTIVES_LOWER_BOUND_H_

#include <vector>

#include "collectives/algorithm.h"
#include "fabric/base/units.h"

namespace upfabric::collectives {

struct BoundFigures {
  int links = 1;               // of an endpoint
  Ratio link_bits_per_second;  // payload bits that a link could carry without framing; > 0
  Picoseconds path_latency;    // sum over the elements of a path, first bit
  Picoseconds local_latency;   // fixed time of a local operation
};

struct LowerBound {
  std::vector<Picoseconds> rank_end;  // by rank: before this it cannot have finished
  Picoseconds last_end;               // before this not all ranks can have finished
};

// Time and memory grow with instructions and with messages in flight.
// Requires: CheckRequest(algorithm, request) is ok, iterations >= 1 (warm-up included).
LowerBound ComputeLowerBound(const BoundFigures& figures, const Algorithm& algorithm,
                             const CollectiveRequest& request, int iterations);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_LOWER_BOUND_H_
