// All-gather on a ring, on several channels at once, each with a balanced share of every block.
//
// In step p = 0 .. n-2 rank r receives its channel's share of block r-1-p and passes it on.

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
        in_place_(request.in_place),
        channels_(ChannelCount(request, request.count)),
        split_(count_, channels_) {}

  // Out of place the last stream copies the own block.
  int streams() const override { return channels_ + (in_place_ ? 0 : 1); }
  int64_t length(int stream) const override {
    return stream == channels_ ? 1 : 2 * int64_t{ranks_} - 2;
  }

  Instruction At(int stream, int64_t index) const override {
    if (stream == channels_) {
      return Copy({Buffer::kInput, 0, count_}, {Buffer::kOutput, rank_ * count_, count_});
    }
    const int next = RingShift(rank_, 1, ranks_);
    const int64_t part = split_.count(stream);
    if (index == 0) {
      return Send(next, stream, 0, {Buffer::kInput, split_.offset(stream), part});
    }
    const int64_t step = (index - 1) / 2;
    const int block = RingShift(rank_, -1 - step, ranks_);
    const Range output{Buffer::kOutput, block * count_ + split_.offset(stream), part};
    if (index % 2 == 0) {
      return Send(next, stream, step + 1, output);
    }
    return Recv(RingShift(rank_, -1, ranks_), stream, step, output);
  }

  uint32_t sequences() const override { return static_cast<uint32_t>(ranks_ - 1); }
  Partition partition(Buffer buffer) const override {
    return {.blocks = buffer == Buffer::kOutput ? ranks_ : 1,
            .block_count = buffer == Buffer::kScratch ? 0 : count_,
            .outer = channels_};
  }

 private:
  int64_t count_;
  int ranks_;
  int rank_;
  bool in_place_;
  int channels_;
  BalancedSplit split_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const int channels = ChannelCount(request, request.count);
  const int64_t part = BalancedSplit(request.count, channels).count_max();
  const Picoseconds arrival = terms.Shift(part, 1);
  const Picoseconds step = std::max(arrival, terms.ShiftInjection(part, 1, channels));
  const Picoseconds passed =
      step * (request.ranks - 2) + arrival + terms.ShiftInjection(part, 1, channels - 1);
  return request.in_place ? passed : std::max(passed, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> AllGatherRing() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "ring",
                    .collective = Collective::kAllGather,
                    .description = "blocks travel around a ring on up to 8 channels",
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
