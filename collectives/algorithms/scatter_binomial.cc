// Scatter down a binomial tree: gather_binomial.cc backwards. Who has blocks passes on those of the
// largest tree first.

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
    const Range output{Buffer::kOutput, 0, count_};
    SetPartition(Buffer::kOutput, {.block_count = count_});
    const bool alone = position_ > 0 && BlocksBelow(position_, span) == 1;
    if (position_ == 0) {
      SetPartition(Buffer::kInput, {.blocks = ranks_, .block_count = count_});
    } else if (!alone) {
      SetPartition(Buffer::kScratch,
                   {.blocks = BlocksBelow(position_, span), .block_count = count_});
    }
    for (const int half : {0, 1}) {
      const Range blocks = Blocks(position_, span, half);
      if (position_ > 0) {
        Add(kMain, Recv(RingShift(rank, -span, ranks_), 0, half,
                        alone && blocks.count > 0 ? output : blocks));
      }
    }
    for (int child = span / 2; child > 0; child /= 2) {
      for (const int half : {0, 1}) {
        if (position_ + child < ranks_) {
          Add(kMain, Send(RingShift(rank, child, ranks_), 0, half,
                          Blocks(position_ + child, child, half)));
        }
      }
    }
    if (position_ == 0 ? !request.in_place : !alone) {
      const Range own = position_ == 0 ? Range{Buffer::kInput, root_ * count_, count_}
                                       : Range{Buffer::kScratch, 0, count_};
      AddAfter(kMain, kCopy, Copy(own, output));
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
      return {Buffer::kInput, RingShift(root_, first, ranks_) * count_, count};
    }
    return {Buffer::kScratch, (first - position_) * count_, count};
  }

  int64_t count_;
  int ranks_;
  int root_;
  int position_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  Picoseconds sum;
  for (int child = 1; child < request.ranks; child *= 2) {
    sum += terms.Unloaded(std::min(child, request.ranks - child) * request.count);
  }
  return request.in_place ? sum : std::max(sum, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> ScatterBinomial() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "binomial",
                    .collective = Collective::kScatter,
                    .description = "down a binomial tree: half as many blocks in each step",
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
