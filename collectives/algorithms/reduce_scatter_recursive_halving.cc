// Reduce-scatter by recursive halving: in each step a rank gives half of the blocks it is
// responsible for to the rank that is as far away, and adds what it gets of the others.
//
// Ranks beyond a power of two give all their data to a partner before and take their block after;
// the partner is then responsible for both blocks.

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/algorithms/step_program.h"
#include "collectives/patterns/power_of_two.h"

namespace upfabric::collectives {

namespace {

constexpr int64_t kFirst = 0;  // sequence numbers: of the run of ranks, of the run of extras
constexpr int64_t kSecond = 1;
constexpr int64_t kResult = 2;

class Program final : public StepProgram {
 public:
  Program(const CollectiveRequest& request, int rank) : StepProgram(1, 3) {
    const Fold fold(request.ranks);
    const Range output{Buffer::kOutput, 0, request.count};
    const auto blocks = [&request](Buffer buffer, int first, int count) {
      return Range{buffer, first * request.count, count * request.count};
    };
    SetPartition(Buffer::kInput, {.blocks = request.ranks, .block_count = request.count});
    SetPartition(Buffer::kOutput, {.block_count = request.count});
    if (fold.IsExtra(rank)) {
      const int partner = fold.PartnerOf(rank);
      Add(0, Send(partner, 0, kFirst, blocks(Buffer::kInput, 0, request.ranks)));
      Add(0, Recv(partner, 0, kResult, output));
      return;
    }
    SetPartition(Buffer::kScratch, {.blocks = request.ranks, .block_count = request.count});
    Buffer held = Buffer::kInput;
    const auto reduce = [&](int peer, int64_t sequence, int first, int count, bool last) {
      const Range target = last ? output : blocks(Buffer::kScratch, first, count);
      Add(0, RecvReduce(peer, 0, sequence, blocks(held, first, count), target));
    };
    if (fold.HasExtra(rank)) {
      reduce(fold.ExtraOf(rank), kFirst, 0, request.ranks, false);
      held = Buffer::kScratch;
    }
    for (int half = fold.core() / 2; half > 0; half /= 2) {
      const int peer = rank ^ half;
      const int kept = rank & -half;
      const int given = peer & -half;
      Add(0, Send(peer, 0, kFirst, blocks(held, given, half)));
      Add(0, Send(peer, 0, kSecond, blocks(held, given + fold.core(), fold.ExtrasOf(given, half))));
      reduce(peer, kFirst, kept, half, half == 1);
      reduce(peer, kSecond, kept + fold.core(), fold.ExtrasOf(kept, half), false);
      held = Buffer::kScratch;
    }
    if (fold.HasExtra(rank)) {
      const int extra = fold.ExtraOf(rank);
      Add(0, Send(extra, 0, kResult, blocks(Buffer::kScratch, extra, 1)));
    }
  }
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const Fold fold(request.ranks);
  const auto run = [&](int64_t first, int64_t second) {
    return terms.Unloaded(first * request.count) + terms.Local(3 * first * request.count) +
           terms.InjectionToOne(second * request.count, 1) +
           terms.Local(3 * second * request.count);
  };
  Picoseconds sum;
  for (int half = fold.core() / 2; half > 0; half /= 2) {
    sum += run(half, fold.ExtrasOf(0, half)) - terms.Unloaded(half * request.count) +
           terms.Exchange(half * request.count, 2, half);
  }
  return fold.extras() > 0 ? sum + run(request.ranks, 0) + terms.Unloaded(request.count) : sum;
}

}  // namespace

std::unique_ptr<Algorithm> ReduceScatterRecursiveHalving() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "recursive_halving",
                    .collective = Collective::kReduceScatter,
                    .description = "each step gives away half of the blocks, to ever nearer ranks"},
      &Cost);
}

}  // namespace upfabric::collectives
