// All-reduce on a ring in both directions: half of the data each way round, on several channels.
//
// Where the two neighbors are reached by different links it takes half the time of a ring. Even
// channels go to the next rank, odd ones to the one before; see all_reduce_ring.cc for the steps.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/ring.h"
#include "collectives/patterns/split.h"

namespace upfabric::collectives {

namespace {

// Of each direction.
int Channels(const CollectiveRequest& request) {
  return ChannelCount(request, request.count / request.ranks / 2);
}

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count),
        ranks_(request.ranks),
        rank_(rank),
        channels_(2 * Channels(request)),
        split_(count_, channels_) {}

  int streams() const override { return channels_; }
  // One send of its own chunk, then 2(n-1) receives, each but the last followed by a send.
  int64_t length(int) const override { return 4 * int64_t{ranks_} - 4; }

  Instruction At(int channel, int64_t index) const override {
    const int direction = channel % 2 == 0 ? 1 : -1;
    const int next = RingShift(rank_, direction, ranks_);
    if (index == 0) {
      return Send(next, channel, 0, Chunk(channel, Buffer::kInput, 0));
    }
    const int64_t step = (index - 1) / 2;
    const int64_t shift = direction * (-1 - step);
    const Range output = Chunk(channel, Buffer::kOutput, shift);
    if (index % 2 == 0) {
      return Send(next, channel, step + 1, output);
    }
    const int previous = RingShift(rank_, -direction, ranks_);
    if (step >= ranks_ - 1) {
      return Recv(previous, channel, step, output);
    }
    return RecvReduce(previous, channel, step, Chunk(channel, Buffer::kInput, shift), output);
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

// As a ring of half the data, if the links to either neighbor and all links together carry it.
Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const int64_t steps = request.ranks - 1;
  const int channels = Channels(request);
  const int64_t chunk =
      BalancedSplit(BalancedSplit(request.count, int64_t{2} * channels).count_max(), request.ranks)
          .count_max();
  const auto injection = [&](int64_t of_each) {
    // With two ranks both directions lead to the same one.
    const int64_t to_one = request.ranks == 2 ? 2 * of_each : of_each;
    return std::max(terms.ShiftInjection(chunk, 1, to_one), terms.Injection(chunk, 2 * of_each));
  };
  const Picoseconds arrival = terms.Shift(chunk, 1);
  const Picoseconds local = terms.Local(3 * chunk);
  const Picoseconds all_local = terms.Local(3 * chunk * 2 * channels);
  const Picoseconds injected = injection(channels);
  const Picoseconds reduce_step = std::max({arrival + local, injected, all_local});
  const Picoseconds gather_step = std::max(arrival, injected);
  // The last channel follows the first one.
  const Picoseconds behind = std::max(injected - terms.Injection(chunk, 1), all_local - local);
  const Picoseconds turn = std::max(arrival + local, injected);  // from reducing to gathering
  return reduce_step * (steps - 1) + turn + gather_step * (steps - 1) + arrival + behind;
}

}  // namespace

std::unique_ptr<Algorithm> AllReduceRingBidirectional() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "ring_bidirectional",
                    .collective = Collective::kAllReduce,
                    .description = "half of the data each way round a ring, on up to 16 channels"},
      &Cost);
}

}  // namespace upfabric::collectives
