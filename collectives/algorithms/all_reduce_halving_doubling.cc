// All-reduce by recursive halving and doubling: a reduce-scatter that halves what a rank is
// responsible for in each step, then an all-gather that doubles what it has.
//
// The bytes of a ring in 2 log2 n steps. Ranks beyond a power of two give their data to a partner
// before and take the result after.
// Source: R. Thakur, R. Rabenseifner and W. Gropp, IJHPCA 19 (2005), section 4.5 (Rabenseifner).

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/algorithms/step_program.h"
#include "collectives/patterns/power_of_two.h"
#include "collectives/patterns/split.h"

namespace upfabric::collectives {

namespace {

constexpr int64_t kContribution = 0;  // sequence numbers
constexpr int64_t kResult = 1;

class Program final : public StepProgram {
 public:
  Program(const CollectiveRequest& request, int rank) : StepProgram(1, 2) {
    const Fold fold(request.ranks);
    const BalancedSplit chunks(request.count, fold.core());
    const auto range = [&chunks](Buffer buffer, int first, int count) {
      const int64_t offset = chunks.offset(first);
      return Range{buffer, offset, chunks.offset(first + count) - offset};
    };
    const Partition partition{.block_count = request.count, .inner = fold.core()};
    SetPartition(Buffer::kInput, partition);
    SetPartition(Buffer::kOutput, partition);
    const Range output = range(Buffer::kOutput, 0, fold.core());
    if (fold.IsExtra(rank)) {
      const int partner = fold.PartnerOf(rank);
      Add(0, Send(partner, 0, kContribution, range(Buffer::kInput, 0, fold.core())));
      Add(0, Recv(partner, 0, kResult, output));
      return;
    }
    Buffer held = Buffer::kInput;
    if (fold.HasExtra(rank)) {
      Add(0, RecvReduce(fold.ExtraOf(rank), 0, kContribution, range(held, 0, fold.core()), output));
      held = Buffer::kOutput;
    }
    // After the step of `half`, the rank is responsible for as many chunks.
    for (int half = fold.core() / 2; half > 0; half /= 2) {
      const int peer = rank ^ half;
      const int kept = rank & -half;
      const int given = peer & -half;
      Add(0, Send(peer, 0, kContribution, range(held, given, half)));
      Add(0, RecvReduce(peer, 0, kContribution, range(held, kept, half),
                        range(Buffer::kOutput, kept, half)));
      held = Buffer::kOutput;
    }
    for (int half = 1; half < fold.core(); half *= 2) {
      const int peer = rank ^ half;
      Add(0, Send(peer, 0, kResult, range(Buffer::kOutput, rank & -half, half)));
      Add(0, Recv(peer, 0, kResult, range(Buffer::kOutput, peer & -half, half)));
    }
    if (fold.HasExtra(rank)) {
      Add(0, Send(fold.ExtraOf(rank), 0, kResult, output));
    }
  }
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const Fold fold(request.ranks);
  const BalancedSplit chunks(request.count, fold.core());
  Picoseconds sum;
  for (int half = fold.core() / 2; half > 0; half /= 2) {
    const int64_t count = chunks.offset(half);
    sum += terms.Exchange(count, 2, half) * 2 + terms.Local(3 * count);
  }
  if (fold.extras() > 0) {
    sum += terms.Unloaded(request.count) * 2 + terms.Local(3 * request.count);
  }
  return sum;
}

}  // namespace

std::unique_ptr<Algorithm> AllReduceHalvingDoubling() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "recursive_halving_doubling",
                    .collective = Collective::kAllReduce,
                    .description = "recursive halving reduce-scatter, then doubling all-gather"},
      &Cost);
}

}  // namespace upfabric::collectives
