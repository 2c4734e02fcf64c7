// Reduce-scatter on a ring, on several channels at once, each with a balanced share of every block.
//
// In step p = 0 .. n-2 rank r receives partial block r-2-p, adds its own part and passes it on;
// what it adds in the last step is its result.

#include <algorithm>

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
        rank_(rank),
        channels_(ChannelCount(request, request.count)),
        split_(count_, channels_) {}

  int streams() const override { return channels_; }
  int64_t length(int) const override { return 2 * int64_t{ranks_} - 2; }

  Instruction At(int channel, int64_t index) const override {
    const int next = RingShift(rank_, 1, ranks_);
    if (index == 0) {
      return Send(next, channel, 0, InputPart(channel, -1));
    }
    const int64_t step = (index - 1) / 2;
    Range partial{Buffer::kScratch, split_.offset(channel), split_.count(channel)};
    if (index % 2 == 0) {
      return Send(next, channel, step + 1, partial);
    }
    if (step == ranks_ - 2) {
      partial.buffer = Buffer::kOutput;
    }
    return RecvReduce(RingShift(rank_, -1, ranks_), channel, step, InputPart(channel, -2 - step),
                      partial);
  }

  uint32_t sequences() const override { return static_cast<uint32_t>(ranks_ - 1); }
  Partition partition(Buffer buffer) const override {
    return {
        .blocks = buffer == Buffer::kInput ? ranks_ : 1, .block_count = count_, .outer = channels_};
  }

 private:
  // The channel's share of the block of the rank `shift` steps further on the ring.
  Range InputPart(int channel, int64_t shift) const {
    const int block = RingShift(rank_, shift, ranks_);
    return {Buffer::kInput, block * count_ + split_.offset(channel), split_.count(channel)};
  }

  int64_t count_;
  int ranks_;
  int rank_;
  int channels_;
  BalancedSplit split_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const int channels = ChannelCount(request, request.count);
  const int64_t part = BalancedSplit(request.count, channels).count_max();
  const Picoseconds local = terms.Local(3 * part);
  const Picoseconds all_local = terms.Local(3 * part * channels);
  const Picoseconds reduced = terms.Shift(part, 1) + local;
  const Picoseconds step = std::max({reduced, terms.ShiftInjection(part, 1, channels), all_local});
  // The last channel follows the first one.
  const Picoseconds behind =
      std::max(terms.ShiftInjection(part, 1, channels - 1), all_local - local);
  return step * (request.ranks - 2) + reduced + behind;
}

}  // namespace

std::unique_ptr<Algorithm> ReduceScatterRing() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "ring",
                    .collective = Collective::kReduceScatter,
                    .description = "partial blocks travel around a ring on up to 8 channels"},
      &Cost);
}

}  // namespace upfabric::collectives
