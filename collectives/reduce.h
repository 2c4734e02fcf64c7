// Element-wise reductions on buffers, each type and operation.
//
// Models:  float16 and bfloat16 are reduced in float32 and rounded to nearest even after every
//          operation, as hardware does; int32 wraps.
// Threads: none.

#ifndef UPFABRIC_COLLECTIVES_REDUCE_H_
#define UPFABRIC_COLLECTIVES_REDUCE_H_

#include <cstddef>
#include <cstdint>

#include "collectives/collective.h"

namespace upfabric::collectives {

// target[i] = target[i] op operand[i] for `count` elements.
// Requires: the buffers are aligned for the type and do not overlap.
void ReduceInto(DataType type, ReduceOp op, std::byte* target, const std::byte* operand,
                int64_t count);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_REDUCE_H_
