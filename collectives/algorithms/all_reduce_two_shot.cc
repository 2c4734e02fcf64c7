// All-reduce in two exchanges: each rank reduces one chunk, which everyone sends to it, and sends
// the result to everyone.
//
// The bytes of a ring in two steps of latency; every rank talks with every other.

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/ring.h"
#include "collectives/patterns/split.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count),
        ranks_(request.ranks),
        peers_(request.ranks - 1),
        rank_(rank),
        chunks_(request.count, request.ranks) {}

  int streams() const override { return 2; }
  // Stream 1: receive contributions, reduce, send the result, receive the others' results.
  int64_t length(int stream) const override { return stream == kSends ? peers_ : 3 * peers_ + 1; }

  Instruction At(int stream, int64_t index) const override {
    if (stream == kSends) {
      const int peer = RingShift(rank_, 1 + index, ranks_);
      return Send(peer, 0, kContribution, Chunk(Buffer::kInput, peer));
    }
    const int64_t own = chunks_.count(rank_);
    if (index < peers_) {
      return Recv(RingShift(rank_, -1 - index, ranks_), 0, kContribution,
                  {Buffer::kScratch, index * own, own});
    }
    if (index == peers_) {
      return Reduce({Buffer::kScratch, 0, peers_ * own}, Chunk(Buffer::kInput, rank_),
                    Chunk(Buffer::kOutput, rank_), kSends, peers_);
    }
    const int64_t step = index - peers_ - 1;
    if (step < peers_) {
      return Send(RingShift(rank_, 1 + step, ranks_), 0, kResult, Chunk(Buffer::kOutput, rank_));
    }
    const int peer = RingShift(rank_, -1 - (step - peers_), ranks_);
    return Recv(peer, 0, kResult, Chunk(Buffer::kOutput, peer));
  }

  uint32_t sequences() const override { return 2; }
  Partition partition(Buffer buffer) const override {
    if (buffer == Buffer::kScratch) {
      return {.blocks = peers_, .block_count = chunks_.count(rank_)};
    }
    return {.block_count = count_, .inner = ranks_};
  }

 private:
  static constexpr int kSends = 0;
  static constexpr int64_t kContribution = 0;  // sequence numbers
  static constexpr int64_t kResult = 1;

  Range Chunk(Buffer buffer, int chunk) const {
    return {buffer, chunks_.offset(chunk), chunks_.count(chunk)};
  }

  int64_t count_;
  int ranks_;
  int peers_;
  int rank_;
  BalancedSplit chunks_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const int64_t chunk = BalancedSplit(request.count, request.ranks).count_max();
  const Picoseconds exchange = terms.Exchange(chunk, request.ranks);
  return exchange * 2 + terms.Local((request.ranks + 1) * chunk);
}

}  // namespace

std::unique_ptr<Algorithm> AllReduceTwoShot() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "two_shot",
                    .collective = Collective::kAllReduce,
                    .description = "direct reduce-scatter, then direct all-gather"},
      &Cost);
}

}  // namespace upfabric::collectives
