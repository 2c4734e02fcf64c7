// Scatter down a binomial tree: gather_binomial.cc backwards. Who has blocks passes on those of the
// largest tree first.

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
    const BinomialBlocks blocks(request, rank, Buffer::kInput);
    const int position = blocks.position();
    const int span = blocks.span();
    const Range output{Buffer::kOutput, 0, request.count};
    SetPartition(Buffer::kOutput, {.block_count = request.count});
    if (position == 0) {
      SetPartition(Buffer::kInput, {.blocks = ranks, .block_count = request.count});
    } else if (!blocks.IsLeaf()) {
      SetPartition(Buffer::kScratch,
                   {.blocks = blocks.BlocksBelow(position, span), .block_count = request.count});
    }
    for (const int half : {0, 1}) {
      const Range taken = blocks.Below(position, span, half);
      if (position > 0) {
        Add(kMain, Recv(RingShift(rank, -span, ranks), 0, half,
                        blocks.IsLeaf() && taken.count > 0 ? output : taken));
      }
    }
    for (int child = span / 2; child > 0; child /= 2) {
      for (const int half : {0, 1}) {
        if (position + child < ranks) {
          Add(kMain, Send(RingShift(rank, child, ranks), 0, half,
                          blocks.Below(position + child, child, half)));
        }
      }
    }
    if (position == 0 ? !request.in_place : !blocks.IsLeaf()) {
      AddAfter(kMain, kCopy, Copy(blocks.Own(), output));
    }
  }
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
