// All-gather in one exchange: each rank sends its block to every other.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count), ranks_(request.ranks), rank_(rank), in_place_(request.in_place) {}

  int streams() const override { return 2; }
  // Stream 0 sends, then copies the own block; stream 1 receives.
  int64_t length(int stream) const override {
    return stream == kSends && !in_place_ ? ranks_ : ranks_ - 1;
  }

  Instruction At(int stream, int64_t index) const override {
    const Range input{Buffer::kInput, 0, count_};
    if (stream != kSends) {
      const int peer = RingShift(rank_, -1 - index, ranks_);
      return Recv(peer, 0, 0, Block(peer));
    }
    if (index < ranks_ - 1) {
      return Send(RingShift(rank_, 1 + index, ranks_), 0, 0, input);
    }
    return Copy(input, Block(rank_));
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    return {.blocks = buffer == Buffer::kOutput ? ranks_ : 1,
            .block_count = buffer == Buffer::kScratch ? 0 : count_};
  }

 private:
  static constexpr int kSends = 0;

  Range Block(int rank) const { return {Buffer::kOutput, rank * count_, count_}; }

  int64_t count_;
  int ranks_;
  int rank_;
  bool in_place_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const Picoseconds exchange = terms.Exchange(request.count, request.ranks);
  return request.in_place ? exchange : std::max(exchange, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> AllGatherDirect() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "direct",
                    .collective = Collective::kAllGather,
                    .description = "each rank sends its block to every other",
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
