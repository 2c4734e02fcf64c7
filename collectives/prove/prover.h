// Proves a program before it runs: it gives the right result, never gets stuck and has no race.
//
// Models:  all ranks' programs, element by element, on inputs that are symbols. Every element of
//          every output must hold exactly the inputs that the collective says, each once; no rank
//          may leave a barrier without having heard of every other. A stream
//          that never ends is reported with the cycle it waits in. Two accesses of a rank to one
//          element, one of them a write, must be ordered by streams, dependencies and messages.
//          Programs are deterministic: one execution without a race stands for all.
//          Then the connections get slots, each of which holds a message from its send to its
//          receive, and the fewest with which no stream gets stuck are found.
// Omits:   writes to input that a reduce-read of another rank may still take; what a number type
//          makes of another order of additions; sizes beyond the request's. A
//          program whose ranges scale with the request is proved for all sizes by one in which no
//          range is empty.
// Time and memory grow with instructions x (elements + streams of all ranks).

#ifndef UPFABRIC_COLLECTIVES_PROVE_PROVER_H_
#define UPFABRIC_COLLECTIVES_PROVE_PROVER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "collectives/algorithm.h"

namespace upfabric::collectives {

struct Finding {
  int rank = -1;
  int stream = -1;
  int64_t index = -1;   // of the instruction; stream and index are -1 for a wrong result
  std::string message;  // names rank, stream and instruction, too
};

// What one proof names at most; the first finding is the one to mend.
inline constexpr size_t kFindingsMax = 16;  // chosen

struct Proof {
  std::vector<Finding> findings;  // none: proved
  // Of a proved program: instructions whose result nobody uses, at most kFindingsMax.
  std::vector<Finding> unused;
  int slots = 1;            // of a connection; 0 if streams get stuck with any number
  std::string stuck_below;  // with one slot less: which cycle; "" if slots is 1
};

// With so many slots for each connection, any number if 0: the streams that get stuck, and the
// cycle that they wait in; none if all end. Looks at nothing else. Requires: as for Prove.
std::vector<Finding> FindStuck(const Algorithm& algorithm, const CollectiveRequest& request,
                               int slots);

// In place, input and output are one memory, whether or not the collective has that form in
// nccl-tests. Requires: the ranges of all instructions are inside their buffers.
Proof Prove(const Algorithm& algorithm, const CollectiveRequest& request);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PROVE_PROVER_H_
