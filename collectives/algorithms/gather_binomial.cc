// Gather up a binomial tree: in step k ranks that are 2^k apart, counted from the root, become one,
// with the blocks of all below.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/algorithms/step_program.h"
#include "collectives/patterns/binomial_blocks.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

constexpr int kMain = 0;  // streams
constexpr int kCopy = 1;

class Program final : public StepProgram {
 public:
  Program(const CollectiveRequest& request, int rank) : StepProgram(2, 2) {
    const int ranks = request.ranks;
    const BinomialBlocks blocks(request, rank, Buffer::kOutput);
    const int position = blocks.position();
    const int span = blocks.span();
    const Range input{Buffer::kInput, 0, request.count};
    SetPartition(Buffer::kInput, {.block_count = request.count});
    if (position == 0) {
      SetPartition(Buffer::kOutput, {.blocks = ranks, .block_count = request.count});
    } else if (!blocks.IsLeaf()) {
      SetPartition(Buffer::kScratch,
                   {.blocks = blocks.BlocksBelow(position, span), .block_count = request.count});
    }
    if (position == 0 ? !request.in_place : !blocks.IsLeaf()) {
      Add(kCopy, Copy(input, blocks.Own()));
    }
    for (int child = 1; child < span && position + child < ranks; child *= 2) {
      for (const int half : {0, 1}) {
        Add(kMain, Recv(RingShift(rank, child, ranks), 0, half,
                        blocks.Below(position + child, child, half)));
      }
    }
    for (const int half : {0, 1}) {
      const Range given = blocks.Below(position, span, half);
      if (position > 0) {
        AddAfter(kCopy, kMain,
                 Send(RingShift(rank, -span, ranks), 0, half,
                      blocks.IsLeaf() && given.count > 0 ? input : given));
      }
    }
  }
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
