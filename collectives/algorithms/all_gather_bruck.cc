// All-gather after Bruck: in step k each rank sends what it has, up to 2^k blocks, to the rank 2^k
// before it.
//
// log2 n steps for any number of ranks. A rank has its own block and those after it, so what it
// sends is one run of blocks, or two where that passes the last rank.
// Source: J. Bruck, C.-T. Ho, S. Kipnis, E. Upfal and D. Weathersby, "Efficient algorithms for
// all-to-all communications in multiport message-passing systems", IEEE TPDS 8 (1997).

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/algorithms/step_program.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

constexpr int kMain = 0;  // streams
constexpr int kCopy = 1;

class Program final : public StepProgram {
 public:
  Program(const CollectiveRequest& request, int rank) : StepProgram(2, 2) {
    const int ranks = request.ranks;
    const Range input{Buffer::kInput, 0, request.count};
    // Blocks first, first + 1, ... up to the last rank, and those that go on from rank 0.
    const auto before = [&](int first, int blocks) {
      return Range{Buffer::kOutput, first * request.count,
                   std::min(blocks, ranks - first) * request.count};
    };
    const auto after = [&](int first, int blocks) {
      return Range{Buffer::kOutput, 0, std::max(first + blocks - ranks, 0) * request.count};
    };
    SetPartition(Buffer::kInput, {.block_count = request.count});
    SetPartition(Buffer::kOutput, {.blocks = ranks, .block_count = request.count});
    if (!request.in_place) {
      Add(kCopy, Copy(input, before(rank, 1)));
    }
    for (int distance = 1; distance < ranks; distance *= 2) {
      const int blocks = std::min(distance, ranks - distance);
      const int to = RingShift(rank, -distance, ranks);
      const int from = RingShift(rank, distance, ranks);
      if (distance == 1) {
        Add(kMain, Send(to, 0, 0, input));
      } else {
        AddAfter(kCopy, kMain, Send(to, 0, 0, before(rank, blocks)));
        Add(kMain, Send(to, 0, 1, after(rank, blocks)));
      }
      Add(kMain, Recv(from, 0, 0, before(from, blocks)));
      Add(kMain, Recv(from, 0, 1, after(from, blocks)));
    }
  }
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const Picoseconds copied = request.in_place ? Picoseconds(0) : terms.Local(2 * request.count);
  Picoseconds sum;
  for (int distance = 1; distance < request.ranks; distance *= 2) {
    sum += terms.Shift(std::min(distance, request.ranks - distance) * request.count, -distance);
    sum = std::max(sum, copied);
  }
  return sum;
}

}  // namespace

std::unique_ptr<Algorithm> AllGatherBruck() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "bruck",
                    .collective = Collective::kAllGather,
                    .description = "blocks to ranks 1, 2, 4, ... before, any number of ranks",
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
