// Broadcast down a binomial tree: who has the data passes it on, to the largest tree first.

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
  Program(const CollectiveRequest& request, int rank) : StepProgram(2) {
    const int ranks = request.ranks;
    const int position = RingShift(rank, -request.root, ranks);
    const int span = LowestBit(position, ranks);  // of the tree below, the rank included
    const Range input{Buffer::kInput, 0, request.count};
    const Range output{Buffer::kOutput, 0, request.count};
    SetPartition(Buffer::kInput, {.block_count = request.count});
    SetPartition(Buffer::kOutput, {.block_count = request.count});
    if (position > 0) {
      Add(0, Recv(RingShift(rank, -span, ranks), 0, 0, output));
    } else if (!request.in_place) {
      Add(1, Copy(input, output));
    }
    for (int child = span / 2; child > 0; child /= 2) {
      if (position + child < ranks) {
        Add(0, Send(RingShift(rank, child, ranks), 0, 0, position > 0 ? output : input));
      }
    }
  }
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const Picoseconds passed = terms.Unloaded(request.count) * DoublingSteps(request.ranks);
  return request.in_place ? passed : std::max(passed, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> BroadcastBinomial() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "binomial",
                    .collective = Collective::kBroadcast,
                    .description = "down a binomial tree: twice as many ranks send in each step",
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
