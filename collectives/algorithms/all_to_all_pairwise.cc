// All-to-all step by step: in step i each rank sends to the rank i after it and waits for the block
// of the rank i before it.
//
// One message of a rank is under way at a time: the least that meets on the way, for n-1 latencies.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/pair_blocks.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : blocks_(request, rank), ranks_(request.ranks), rank_(rank) {}

  // Stream 0 exchanges, stream 1 copies the own block.
  int streams() const override { return 2; }
  int64_t length(int stream) const override {
    return stream == kExchange ? 2 * (int64_t{ranks_} - 1) : 1;
  }

  Instruction At(int stream, int64_t index) const override {
    if (stream != kExchange) {
      return Copy(blocks_.To(rank_), blocks_.From(rank_));
    }
    const int64_t step = 1 + index / 2;
    if (index % 2 == 0) {
      const int peer = RingShift(rank_, step, ranks_);
      return Send(peer, 0, 0, blocks_.To(peer));
    }
    const int peer = RingShift(rank_, -step, ranks_);
    return Recv(peer, 0, 0, blocks_.From(peer));
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override { return blocks_.partition(buffer); }

 private:
  static constexpr int kExchange = 0;

  PairBlocks blocks_;
  int ranks_;
  int rank_;
};

// Elements of the largest block that a rank sends in a step.
int64_t LargestOfStep(const CollectiveRequest& request, int step) {
  if (request.matrix == nullptr) {
    return request.count;
  }
  int64_t largest = 0;
  for (int rank = 0; rank < request.ranks; ++rank) {
    largest = std::max(largest, request.matrix->Count(rank, RingShift(rank, step, request.ranks)));
  }
  return largest;
}

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  Picoseconds sum;
  for (int step = 1; step < request.ranks; ++step) {
    sum += terms.Shift(LargestOfStep(request, step), step);
  }
  return std::max(sum, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> AllToAllPairwise() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "pairwise",
                    .collective = Collective::kAllToAll,
                    .description = "one block at a time: to the next rank, the one after it, ...",
                    .limits = {.in_place = false, .matrix = true},
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
