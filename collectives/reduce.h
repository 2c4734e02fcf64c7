// Element-wise reductions on buffers, each type and operation.
//
// Models:  floats of 16 and 8 bits are reduced in float32 and rounded to nearest even after every
//          operation, as hardware does; whole numbers wrap. An average is a sum that is divided
//          once, at the end; libraries may multiply floats by 1/n first, which rounds otherwise.
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

// target[i] = target[i] / divisor, whole numbers towards zero. Requires: as above; 1 <= divisor.
void Divide(DataType type, std::byte* target, int64_t count, int divisor);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_REDUCE_H_
