// Compares results with the reference, element by element, as nccl-tests counts them.

#ifndef UPFABRIC_COLLECTIVES_VERIFY_H_
#define UPFABRIC_COLLECTIVES_VERIFY_H_

#include <cstdint>
#include <span>

#include "collectives/rank_payload.h"
#include "collectives/values.h"

namespace upfabric::collectives {

// Kept elements of the ranks' outputs that differ in any bit from the reference. The ranks are
// those of one collective with these values. Takes time in proportion to elements x ranks; where
// all ranks must hold the same, the reference is computed once for all of them.
int64_t CountWrongElements(const CollectiveRequest& request, const Values& values,
                           std::span<const RankPayload* const> ranks);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_VERIFY_H_
