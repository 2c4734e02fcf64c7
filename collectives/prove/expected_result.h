// What a collective's result must be, in symbols: the reference of the prover.

#ifndef UPFABRIC_COLLECTIVES_PROVE_EXPECTED_RESULT_H_
#define UPFABRIC_COLLECTIVES_PROVE_EXPECTED_RESULT_H_

#include <cstdint>

#include "collectives/collective.h"
#include "collectives/prove/symbolic.h"
#include "collectives/prove/symbolic_memory.h"

namespace upfabric::collectives {

// What an element of a rank's output must hold. Requires: 0 <= element < RecvCount(request, rank).
Symbol ExpectedResult(const CollectiveRequest& request, int rank, int64_t element,
                      const SymbolicMemory& memory, SymbolTable& symbols);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PROVE_EXPECTED_RESULT_H_
