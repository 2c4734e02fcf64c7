// All-reduce on a ring: a ring reduce-scatter, then a ring all-gather, on several channels at once.
//
// Each channel has a balanced share of the data, cut into one chunk for each rank. In step p = 0 ..
// 2(n-1)-1 rank r receives chunk r-1-p from the rank before it and passes it on in step p+1; the
// first n-1 steps reduce. Bandwidth-optimal; latency grows with 2(n-1) steps.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/ring.h"
#include "collectives/patterns/split.h"

namespace upfabric::collectives {

namespace {

int Channels(const CollectiveRequest& request) {
  return ChannelCount(request, request.count / request.ranks);
}

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count),
        ranks_(request.ranks),
        rank_(rank),
        channels_(Channels(request)),
        split_(count_, channels_) {}

  int streams() const override { return channels_; }
  // One send of its own chunk, then 2(n-1) receives, each but the last followed by a send.
  int64_t length(int) const override { return 4 * int64_t{ranks_} - 4; }

  Instruction At(int channel, int64_t index) const override {
    const int next = RingShift(rank_, 1, ranks_);
    if (index == 0) {
      return Send(next, channel, 0, Chunk(channel, Buffer::kInput, 0));
    }
    const int64_t step = (index - 1) / 2;
    const Range output = Chunk(channel, Buffer::kOutput, -1 - step);
    if (index % 2 == 0) {
      return Send(next, channel, step + 1, output);
    }
    const int previous = RingShift(rank_, -1, ranks_);
    if (step >= ranks_ - 1) {
      return Recv(previous, channel, step, output);
    }
    return RecvReduce(previous, channel, step, Chunk(channel, Buffer::kInput, -1 - step), output);
  }

  uint32_t sequences() const override { return 2 * static_cast<uint32_t>(ranks_ - 1); }
  Partition partition(Buffer buffer) const override {
    return {.block_count = buffer == Buffer::kScratch ? 0 : count_,
            .outer = channels_,
            .inner = ranks_};
  }

 private:
  // The chunk of the rank `shift` steps further on the ring.
  Range Chunk(int channel, Buffer buffer, int64_t shift) const {
    const BalancedSplit chunks(split_.count(channel), ranks_);
    const int chunk = RingShift(rank_, shift, ranks_);
    return {buffer, split_.offset(channel) + chunks.offset(chunk), chunks.count(chunk)};
  }

  int64_t count_;
  int ranks_;
  int rank_;
  int channels_;
  BalancedSplit split_;
};

// A channel's step ends when its message is there (and reduced) or, with many channels, when the
// link or the memory has served them all.
Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const int64_t steps = request.ranks - 1;
  const int channels = Channels(request);
  const int64_t chunk =
      BalancedSplit(BalancedSplit(request.count, channels).count_max(), request.ranks).count_max();
  const Picoseconds arrival = terms.Shift(chunk, 1);
  const Picoseconds local = terms.Local(3 * chunk);
  const Picoseconds all_local = terms.Local(3 * chunk * channels);
  const Picoseconds injected = terms.ShiftInjection(chunk, 1, channels);
  const Picoseconds reduce_step = std::max({arrival + local, injected, all_local});
  const Picoseconds gather_step = std::max(arrival, injected);
  // The last channel follows the first one.
  const Picoseconds behind =
      std::max(terms.ShiftInjection(chunk, 1, channels - 1), all_local - local);
  const Picoseconds turn = std::max(arrival + local, injected);  // from reducing to gathering
  return reduce_step * (steps - 1) + turn + gather_step * (steps - 1) + arrival + behind;
}

}  // namespace

std::unique_ptr<Algorithm> AllReduceRing() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "ring",
                    .collective = Collective::kAllReduce,
                    .description = "ring reduce-scatter and all-gather on up to 8 channels"},
      &Cost);
}

}  // namespace upfabric::collectives
