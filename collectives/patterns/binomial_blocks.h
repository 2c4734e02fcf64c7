// Blocks of all ranks on a binomial tree, in the order of ranks from the root on.
//
// At the root they stand by rank, so those that go on from the last rank to rank 0 are a run of
// their own; every run is cut there on both sides. Elsewhere they stand in scratch, the rank's own
// first.

#ifndef UPFABRIC_COLLECTIVES_PATTERNS_BINOMIAL_BLOCKS_H_
#define UPFABRIC_COLLECTIVES_PATTERNS_BINOMIAL_BLOCKS_H_

#include <algorithm>
#include <cstdint>

#include "collectives/collective.h"
#include "collectives/patterns/power_of_two.h"
#include "collectives/patterns/ring.h"
#include "collectives/program.h"

namespace upfabric::collectives {

// As one rank has them.
class BinomialBlocks {
 public:
  // `at_root`: the root's buffer of all blocks.
  BinomialBlocks(const CollectiveRequest& request, int rank, Buffer at_root)
      : count_(request.count),
        ranks_(request.ranks),
        root_(request.root),
        position_(RingShift(rank, -request.root, request.ranks)),
        at_root_(at_root) {}

  // From the root on, which is 0.
  int position() const { return position_; }
  // Ranks that the rank's tree could have, itself included.
  int span() const { return LowestBit(position_, ranks_); }
  // Ranks in the tree of that span below a position.
  int BlocksBelow(int position, int span) const { return std::min(span, ranks_ - position); }
  // Whether the rank has its own block alone.
  bool IsLeaf() const { return position_ > 0 && BlocksBelow(position_, span()) == 1; }

  // Those below a position up to the last rank (half 0), or from rank 0 on (half 1).
  Range Below(int position, int span, int half) const {
    const int blocks = BlocksBelow(position, span);
    const int before = std::clamp(ranks_ - root_ - position, 0, blocks);
    const int first = half == 0 ? position : position + before;
    const int64_t count = (half == 0 ? before : blocks - before) * count_;
    return position_ == 0 ? Range{at_root_, RingShift(root_, first, ranks_) * count_, count}
                          : Range{Buffer::kScratch, (first - position_) * count_, count};
  }
  Range Own() const {
    return position_ == 0 ? Range{at_root_, root_ * count_, count_}
                          : Range{Buffer::kScratch, 0, count_};
  }

 private:
  int64_t count_;
  int ranks_;
  int root_;
  int position_;
  Buffer at_root_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PATTERNS_BINOMIAL_BLOCKS_H_
