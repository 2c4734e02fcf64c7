// Reduce up a binomial tree: in step k ranks that are 2^k apart, counted from the root, become one.

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/algorithms/step_program.h"
#include "collectives/patterns/power_of_two.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

class Program final : public StepProgram {
 public:
  Program(const CollectiveRequest& request, int rank) : StepProgram(1) {
    const int ranks = request.ranks;
    const int position = RingShift(rank, -request.root, ranks);
    const int span = LowestBit(position, ranks);  // of the tree below, the rank included
    const Buffer buffer = position == 0 ? Buffer::kOutput : Buffer::kScratch;
    const Range reduced{buffer, 0, request.count};
    Range held{Buffer::kInput, 0, request.count};
    SetPartition(Buffer::kInput, {.block_count = request.count});
    for (int child = 1; child < span && position + child < ranks; child *= 2) {
      Add(0, RecvReduce(RingShift(rank, child, ranks), 0, 0, held, reduced));
      SetPartition(buffer, {.block_count = request.count});
      held = reduced;
    }
    if (position > 0) {
      Add(0, Send(RingShift(rank, -span, ranks), 0, 0, held));
    }
  }
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  return (terms.Unloaded(request.count) + terms.Local(3 * request.count)) *
         DoublingSteps(request.ranks);
}

}  // namespace

std::unique_ptr<Algorithm> ReduceBinomial() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "binomial",
                    .collective = Collective::kReduce,
                    .description = "up a binomial tree: half of the ranks send in each step"},
      &Cost);
}

}  // namespace upfabric::collectives
