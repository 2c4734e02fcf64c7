// Gather up a binomial tree: in step k ranks that are 2^k apart, counted from the root, become one,
// with the blocks of all below.
//
// Blocks stand in the order of ranks from the root on, in scratch; at the root, where they stand by
// rank, those that go on from the last rank to rank 0 are a message of their own.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/algorithms/step_program.h"
#include "collectives/patterns/power_of_two.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

class Program final : public StepProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : StepProgram(2, 2),
        count_(request.count),
        ranks_(request.ranks),
        root_(request.root),
        position_(RingShift(rank, -request.root, request.ranks)) {
    const int span = LowestBit(position_, ranks_);  // of the tree below, the rank included
    const Range input{Buffer::kInput, 0, count_};
    SetPartition(Buffer::kInput, {.block_count = count_});
    if (position_ == 0) {
      SetPartition(Buffer::kOutput, {.blocks = ranks_, .block_count = count_});
      if (!request.in_place) {
        Add(kCopy, Copy(input, {Buffer::kOutput, root_ * count_, count_}));
      }
    } else if (BlocksBelow(position_, span) > 1) {
      SetPartition(Buffer::kScratch,
                   {.blocks = BlocksBelow(position_, span), .block_count = count_});
      Add(kCopy, Copy(input, {Buffer::kScratch, 0, count_}));
    }
    for (int child = 1; child < span && position_ + child < ranks_; child *= 2) {
      for (const int half : {0, 1}) {
        Add(kMain,
            Recv(RingShift(rank, child, ranks_), 0, half, Blocks(position_ + child, child, half)));
      }
    }
    if (position_ > 0) {
      for (const int half : {0, 1}) {
        const bool alone = BlocksBelow(position_, span) == 1;
        const Range blocks = Blocks(position_, span, half);
        AddAfter(kCopy, kMain,
                 Send(RingShift(rank, -span, ranks_), 0, half,
                      alone && blocks.count > 0 ? input : blocks));
      }
    }
  }

 private:
  static constexpr int kMain = 0;
  static constexpr int kCopy = 1;

  int BlocksBelow(int position, int span) const { return std::min(span, ranks_ - position); }

  // Blocks of the tree below a position: those up to the last rank, or those from rank 0 on.
  Range Blocks(int position, int span, int half) const {
    const int blocks = BlocksBelow(position, span);
    const int before = std::clamp(ranks_ - root_ - position, 0, blocks);
    const int first = half == 0 ? position : position + before;
    const int64_t count = (half == 0 ? before : blocks - before) * count_;
    if (position_ == 0) {
      return {Buffer::kOutput, RingShift(root_, first, ranks_) * count_, count};
    }
    return {Buffer::kScratch, (first - position_) * count_, count};
  }

  int64_t count_;
  int ranks_;
  int root_;
  int position_;
};

// What the root waits for last is the largest tree's; before, that tree waits for its own.
Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  Picoseconds sum;
  for (int child = 1; child < request.ranks; child *= 2) {
    sum += terms.Unloaded(std::min(child, request.ranks - child) * request.count);
  }
  return request.in_place ? sum : std::max(sum, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> GatherBinomial() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "binomial",
                    .collective = Collective::kGather,
                    .description = "up a binomial tree: twice as many blocks in each step",
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
