// All-reduce in one exchange: everyone sends all of its data to everyone, each reduces it all.
//
// Lowest latency; the bytes on the wire grow with the number of ranks.

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
    const Range input{Buffer::kInput, 0, count_};
    if (stream == kSends) {
      return Send(RingShift(rank_, 1 + index, peers_ + 1), 0, 0, input);
    }
    if (index < peers_) {
      return Recv(RingShift(rank_, -1 - index, peers_ + 1), 0, 0,
                  {Buffer::kScratch, index * count_, count_});
    }
    return Reduce({Buffer::kScratch, 0, peers_ * count_}, input, {Buffer::kOutput, 0, count_},
                  kSends, peers_);
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    return {.blocks = buffer == Buffer::kScratch ? peers_ : 1, .block_count = count_};
  }

 private:
  static constexpr int kSends = 0;  // stream 1 receives

  int64_t count_;
  int peers_;
  int rank_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  return terms.Exchange(request.count, request.ranks) +
         terms.Local((request.ranks + 1) * request.count);
}

}  // namespace

std::unique_ptr<Algorithm> AllReduceOneShot() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "one_shot",
                    .collective = Collective::kAllReduce,
                    .description = "everyone sends everything to everyone, each reduces it all"},
      &Cost);
}

}  // namespace upfabric::collectives
