// All-reduce by recursive doubling: in step k ranks that are 2^k apart exchange all they have.
//
// Ranks beyond a power of two give their data to a partner before and take the result after.

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/algorithms/step_program.h"
#include "collectives/patterns/power_of_two.h"

namespace upfabric::collectives {

namespace {

constexpr int64_t kContribution = 0;  // sequence numbers
constexpr int64_t kResult = 1;

class Program final : public StepProgram {
 public:
  Program(const CollectiveRequest& request, int rank) : StepProgram(1, 2) {
    const Fold fold(request.ranks);
    const Range input{Buffer::kInput, 0, request.count};
    const Range output{Buffer::kOutput, 0, request.count};
    SetPartition(Buffer::kInput, {.block_count = request.count});
    SetPartition(Buffer::kOutput, {.block_count = request.count});
    if (fold.IsExtra(rank)) {
      Add(0, Send(fold.PartnerOf(rank), 0, kContribution, input));
      Add(0, Recv(fold.PartnerOf(rank), 0, kResult, output));
      return;
    }
    Range held = input;
    if (fold.HasExtra(rank)) {
      Add(0, RecvReduce(fold.ExtraOf(rank), 0, kContribution, held, output));
      held = output;
    }
    for (int distance = 1; distance < fold.core(); distance *= 2) {
      Add(0, Send(rank ^ distance, 0, kContribution, held));
      Add(0, RecvReduce(rank ^ distance, 0, kContribution, held, output));
      held = output;
    }
    if (fold.HasExtra(rank)) {
      Add(0, Send(fold.ExtraOf(rank), 0, kResult, output));
    }
  }
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const Fold fold(request.ranks);
  const Picoseconds local = terms.Local(3 * request.count);
  Picoseconds sum;
  for (int distance = 1; distance < fold.core(); distance *= 2) {
    sum += terms.Exchange(request.count, 2, distance) + local;
  }
  return fold.extras() > 0 ? sum + terms.Unloaded(request.count) * 2 + local : sum;
}

}  // namespace

std::unique_ptr<Algorithm> AllReduceRecursiveDoubling() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "recursive_doubling",
                    .collective = Collective::kAllReduce,
                    .description = "ranks 1, 2, 4, ... apart exchange all they have"},
      &Cost);
}

}  // namespace upfabric::collectives
