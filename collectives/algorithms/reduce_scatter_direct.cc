// Reduce-scatter in one exchange: each rank gets its block from every other and reduces them.

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count), peers_(request.ranks - 1), rank_(rank) {}

  int streams() const override { return 2; }
  int64_t length(int stream) const override { return stream == kSends ? peers_ : peers_ + 1; }

  Instruction At(int stream, int64_t index) const override {
    if (stream == kSends) {
      const int peer = RingShift(rank_, 1 + index, peers_ + 1);
      return Send(peer, 0, 0, Block(peer));
    }
    if (index < peers_) {
      return Recv(RingShift(rank_, -1 - index, peers_ + 1), 0, 0,
                  {Buffer::kScratch, index * count_, count_});
    }
    return Reduce({Buffer::kScratch, 0, peers_ * count_}, Block(rank_),
                  {Buffer::kOutput, 0, count_}, kSends, peers_);
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    switch (buffer) {
      case Buffer::kInput:
        return {.blocks = peers_ + 1, .block_count = count_};
      case Buffer::kOutput:
        return {.block_count = count_};
      case Buffer::kScratch:
        return {.blocks = peers_, .block_count = count_};
    }
    return {};
  }

 private:
  static constexpr int kSends = 0;

  Range Block(int rank) const { return {Buffer::kInput, rank * count_, count_}; }

  int64_t count_;
  int peers_;
  int rank_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  return terms.Exchange(request.count, request.ranks) +
         terms.Local((request.ranks + 1) * request.count);
}

}  // namespace

std::unique_ptr<Algorithm> ReduceScatterDirect() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "direct",
                    .collective = Collective::kReduceScatter,
                    .description = "each rank gets its block from every other and reduces them"},
      &Cost);
}

}  // namespace upfabric::collectives
