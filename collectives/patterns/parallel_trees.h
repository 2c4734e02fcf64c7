// The steps of parallel aggregated trees (PAT), one tree for each rank as root, all at once.
//
// In the step of distance d, a power of two, blocks pass between ranks that are d apart: those
// whose offset from the rank that gets them, or gives them, is an odd multiple of d below n. Every
// offset has one lowest bit, so every block passes each rank's way once.

#ifndef UPFABRIC_COLLECTIVES_PATTERNS_PARALLEL_TREES_H_
#define UPFABRIC_COLLECTIVES_PATTERNS_PARALLEL_TREES_H_

#include <cstdint>

#include "collectives/patterns/power_of_two.h"

namespace upfabric::collectives {

class ParallelTrees {
 public:
  // Requires: ranks >= 2.
  constexpr explicit ParallelTrees(int ranks) : ranks_(ranks), steps_(DoublingSteps(ranks)) {}

  constexpr int steps() const { return steps_; }
  // Of a step, the farthest first.
  constexpr int Distance(int step) const { return 1 << (steps_ - 1 - step); }
  // How many blocks pass in it.
  constexpr int64_t Offsets(int step) const {
    const int distance = Distance(step);
    return (ranks_ - distance + 2 * distance - 1) / (2 * distance);
  }

  // An instruction of a stream that in each step first sends all blocks, then receives as many.
  struct Place {
    int distance = 0;
    int offset = 0;
    bool sends = false;
  };
  // Requires: 0 <= index < 2 (ranks - 1).
  constexpr Place FarFirst(int64_t index) const {
    int step = 0;
    while (index >= 2 * Offsets(step)) {
      index -= 2 * Offsets(step++);
    }
    return PlaceIn(step, index);
  }
  constexpr Place NearFirst(int64_t index) const {
    int step = steps_ - 1;
    while (index >= 2 * Offsets(step)) {
      index -= 2 * Offsets(step--);
    }
    return PlaceIn(step, index);
  }

 private:
  constexpr Place PlaceIn(int step, int64_t index) const {
    const bool sends = index < Offsets(step);
    const int nth = static_cast<int>(sends ? index : index - Offsets(step));
    return {Distance(step), Distance(step) * (2 * nth + 1), sends};
  }

  int ranks_;
  int steps_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PATTERNS_PARALLEL_TREES_H_
