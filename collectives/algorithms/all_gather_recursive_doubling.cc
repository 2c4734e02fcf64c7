// All-gather by recursive doubling: in step k ranks that are 2^k apart exchange all blocks they
// have.
//
// Ranks beyond a power of two give their block to a partner before and take all others after; the
// partner's blocks are then those of two runs of ranks.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/algorithms/step_program.h"
#include "collectives/patterns/power_of_two.h"

namespace upfabric::collectives {

namespace {

constexpr int kMain = 0;  // streams
constexpr int kCopy = 1;
constexpr int64_t kFirst = 0;  // sequence numbers: of the run of ranks, of the run of extras
constexpr int64_t kSecond = 1;
constexpr int64_t kRest = 2;  // and of what an extra rank takes after

class Program final : public StepProgram {
 public:
  Program(const CollectiveRequest& request, int rank) : StepProgram(2, 4) {
    const Fold fold(request.ranks);
    const Range input{Buffer::kInput, 0, request.count};
    const auto blocks = [&request](int first, int count) {
      return Range{Buffer::kOutput, first * request.count, count * request.count};
    };
    SetPartition(Buffer::kInput, {.block_count = request.count});
    SetPartition(Buffer::kOutput, {.blocks = request.ranks, .block_count = request.count});
    if (!request.in_place) {
      Add(kCopy, Copy(input, blocks(rank, 1)));
    }
    if (fold.IsExtra(rank)) {
      const int partner = fold.PartnerOf(rank);
      Add(kMain, Send(partner, 0, kFirst, input));
      Add(kMain, Recv(partner, 0, kRest, blocks(0, rank)));
      Add(kMain, Recv(partner, 0, kRest + 1, blocks(rank + 1, request.ranks - rank - 1)));
      return;
    }
    const int extra = fold.ExtraOf(rank);
    if (fold.HasExtra(rank)) {
      Add(kMain, Recv(extra, 0, kFirst, blocks(extra, 1)));
    }
    for (int distance = 1; distance < fold.core(); distance *= 2) {
      const int peer = rank ^ distance;
      const int own = rank & -distance;
      const int others = peer & -distance;
      if (distance == 1) {
        Add(kMain, Send(peer, 0, kFirst, input));
      } else {
        AddAfter(kCopy, kMain, Send(peer, 0, kFirst, blocks(own, distance)));
      }
      Add(kMain, Send(peer, 0, kSecond, blocks(own + fold.core(), fold.ExtrasOf(own, distance))));
      Add(kMain, Recv(peer, 0, kFirst, blocks(others, distance)));
      Add(kMain,
          Recv(peer, 0, kSecond, blocks(others + fold.core(), fold.ExtrasOf(others, distance))));
    }
    if (fold.HasExtra(rank)) {
      AddAfter(kCopy, kMain, Send(extra, 0, kRest, blocks(0, extra)));
      Add(kMain, Send(extra, 0, kRest + 1, blocks(extra + 1, request.ranks - extra - 1)));
    }
  }
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const Fold fold(request.ranks);
  const auto run = [&](int64_t first, int64_t second) {
    return terms.Unloaded(first * request.count) + terms.InjectionToOne(second * request.count, 1);
  };
  const auto step = [&](int distance) {
    return terms.Exchange(distance * request.count, 2, distance) +
           terms.InjectionToOne(fold.ExtrasOf(0, distance) * request.count, 1);
  };
  const Picoseconds copied = request.in_place ? Picoseconds(0) : terms.Local(2 * request.count);
  Picoseconds sum = fold.extras() > 0 ? run(1, 0) : Picoseconds(0);
  for (int distance = 1; distance < fold.core(); distance *= 2) {
    sum += step(distance);
    sum = std::max(sum, copied);
  }
  return fold.extras() > 0 ? sum + run(fold.core(), fold.extras() - 1) : sum;
}

}  // namespace

std::unique_ptr<Algorithm> AllGatherRecursiveDoubling() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "recursive_doubling",
                    .collective = Collective::kAllGather,
                    .description = "ranks 1, 2, 4, ... apart exchange the blocks they have",
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
