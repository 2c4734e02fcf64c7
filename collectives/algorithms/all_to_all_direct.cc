// All-to-all in one exchange: each rank sends a block to every other, the next rank's first.

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

  int streams() const override { return 2; }
  // Stream 0 sends, then copies the own block; stream 1 receives.
  int64_t length(int stream) const override { return stream == kSends ? ranks_ : ranks_ - 1; }

  Instruction At(int stream, int64_t index) const override {
    if (stream != kSends) {
      const int peer = RingShift(rank_, -1 - index, ranks_);
      return Recv(peer, 0, 0, Block(Buffer::kOutput, peer));
    }
    if (index < ranks_ - 1) {
      const int peer = RingShift(rank_, 1 + index, ranks_);
      return Send(peer, 0, 0, Block(Buffer::kInput, peer));
    }
    return Copy(Block(Buffer::kInput, rank_), Block(Buffer::kOutput, rank_));
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    return {.blocks = ranks_, .block_count = buffer == Buffer::kScratch ? 0 : count_};
  }

 private:
  static constexpr int kSends = 0;

  Range Block(Buffer buffer, int rank) const { return {buffer, rank * count_, count_}; }

  int64_t count_;
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
                    .limits = {.in_place = false},
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
