// The blocks of an all_to_all: equal ones, or those of a matrix.

#ifndef UPFABRIC_COLLECTIVES_PATTERNS_PAIR_BLOCKS_H_
#define UPFABRIC_COLLECTIVES_PATTERNS_PAIR_BLOCKS_H_

#include <cstdint>

#include "collectives/collective.h"
#include "collectives/program.h"

namespace upfabric::collectives {

// As one rank has them. Requires: the request's matrix lives as long.
class PairBlocks {
 public:
  PairBlocks(const CollectiveRequest& request, int rank)
      : matrix_(request.matrix), count_(request.count), ranks_(request.ranks), rank_(rank) {}

  Range To(int peer) const {
    return matrix_ == nullptr ? Range{Buffer::kInput, peer * count_, count_}
                              : Range{Buffer::kInput, matrix_->SendOffset(rank_, peer),
                                      matrix_->Count(rank_, peer)};
  }
  Range From(int peer) const {
    return matrix_ == nullptr ? Range{Buffer::kOutput, peer * count_, count_}
                              : Range{Buffer::kOutput, matrix_->RecvOffset(peer, rank_),
                                      matrix_->Count(peer, rank_)};
  }
  Partition partition(Buffer buffer) const {
    if (matrix_ == nullptr || buffer == Buffer::kScratch) {
      return {.blocks = ranks_, .block_count = buffer == Buffer::kScratch ? 0 : count_};
    }
    return {.blocks = ranks_,
            .starts =
                buffer == Buffer::kInput ? matrix_->SendStarts(rank_) : matrix_->RecvStarts(rank_)};
  }

 private:
  const CountMatrix* matrix_;
  int64_t count_;
  int ranks_;
  int rank_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PATTERNS_PAIR_BLOCKS_H_
