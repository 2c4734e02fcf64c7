// All-to-all step by step: in step i each rank sends to the rank i after it and waits for the block
// of the rank i before it.
//
// One message of a rank is under way at a time: the least that meets on the way, for n-1 latencies.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count), ranks_(request.ranks), rank_(rank) {}

  // Stream 0 exchanges, stream 1 copies the own block.
  int streams() const override { return 2; }
  int64_t length(int stream) const override {
    return stream == kExchange ? 2 * (int64_t{ranks_} - 1) : 1;
  }

  Instruction At(int stream, int64_t index) const override {
    if (stream != kExchange) {
      return Copy(Block(Buffer::kInput, rank_), Block(Buffer::kOutput, rank_));
    }
    const int64_t step = 1 + index / 2;
    if (index % 2 == 0) {
      const int peer = RingShift(rank_, step, ranks_);
      return Send(peer, 0, 0, Block(Buffer::kInput, peer));
    }
    const int peer = RingShift(rank_, -step, ranks_);
    return Recv(peer, 0, 0, Block(Buffer::kOutput, peer));
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    return {.blocks = ranks_, .block_count = buffer == Buffer::kScratch ? 0 : count_};
  }

 private:
  static constexpr int kExchange = 0;

  Range Block(Buffer buffer, int rank) const { return {buffer, rank * count_, count_}; }

  int64_t count_;
  int ranks_;
  int rank_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  Picoseconds sum;
  for (int step = 1; step < request.ranks; ++step) {
    sum += terms.Shift(request.count, step);
  }
  return std::max(sum, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> AllToAllPairwise() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "pairwise",
                    .collective = Collective::kAllToAll,
                    .description = "one block at a time: to the next rank, the one after it, ...",
                    .limits = {.in_place = false},
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
