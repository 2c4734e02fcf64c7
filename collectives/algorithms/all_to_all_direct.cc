// All-to-all in one exchange: each rank sends a block to every other, the next rank's first.

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

  int streams() const override { return 2; }
  // Stream 0 sends, then copies the own block; stream 1 receives.
  int64_t length(int stream) const override { return stream == kSends ? ranks_ : ranks_ - 1; }

  Instruction At(int stream, int64_t index) const override {
    if (stream != kSends) {
      const int peer = RingShift(rank_, -1 - index, ranks_);
      return Recv(peer, 0, 0, blocks_.From(peer));
    }
    if (index < ranks_ - 1) {
      const int peer = RingShift(rank_, 1 + index, ranks_);
      return Send(peer, 0, 0, blocks_.To(peer));
    }
    return Copy(blocks_.To(rank_), blocks_.From(rank_));
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override { return blocks_.partition(buffer); }

 private:
  static constexpr int kSends = 0;

  PairBlocks blocks_;
  int ranks_;
  int rank_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  return std::max(terms.Exchange(request.count, request.ranks), terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> AllToAllDirect() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "direct",
                    .collective = Collective::kAllToAll,
                    .description = "each rank sends a block to every other, in shifted order",
                    .limits = {.in_place = false, .matrix = true},
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
