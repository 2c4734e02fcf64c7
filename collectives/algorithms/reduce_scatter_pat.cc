// Reduce-scatter by parallel trees, after NCCL's PAT: all_gather_pat.cc backwards. In steps of
// distance 1, 2, 4, ... each rank sends its partial results of the blocks at odd multiples of the
// distance after it to the rank at that distance, which adds its own.
//
// Source: as all_gather_pat.cc.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/parallel_trees.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count), ranks_(request.ranks), rank_(rank), trees_(request.ranks) {}

  int streams() const override { return 1; }
  int64_t length(int) const override { return 2 * (int64_t{ranks_} - 1); }

  Instruction At(int, int64_t index) const override {
    const ParallelTrees::Place place = trees_.NearFirst(index);
    if (place.sends) {
      const int to = RingShift(rank_, place.distance, ranks_);
      return Send(to, 0, place.offset, Held(place.offset, place.distance));
    }
    const int from = RingShift(rank_, -place.distance, ranks_);
    const int own = place.offset - place.distance;
    return RecvReduce(from, 0, place.offset, Held(own, place.distance), Partial(own));
  }

  uint32_t sequences() const override { return static_cast<uint32_t>(ranks_); }
  Partition partition(Buffer buffer) const override {
    return {.blocks = buffer == Buffer::kOutput ? 1 : ranks_, .block_count = count_};
  }

 private:
  // The block of the rank at an offset: of the own one the output, else scratch.
  Range Partial(int offset) const {
    return offset == 0 ? Range{Buffer::kOutput, 0, count_}
                       : Range{Buffer::kScratch, offset * count_, count_};
  }
  // The same before this step: input, until something was added in a step before. That was so if
  // at its distance d an even multiple of d, offset + d, was still below n.
  Range Held(int offset, int distance) const {
    const bool added = distance > 1 && offset + 1 < ranks_ && offset % 2 == 0;
    return added ? Partial(offset)
                 : Range{Buffer::kInput, RingShift(rank_, offset, ranks_) * count_, count_};
  }

  int64_t count_;
  int ranks_;
  int rank_;
  ParallelTrees trees_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const ParallelTrees trees(request.ranks);
  const Picoseconds local = terms.Local(3 * request.count);
  Picoseconds sum;
  for (int step = trees.steps() - 1; step >= 0; --step) {
    const int64_t more = trees.Offsets(step) - 1;
    sum += terms.Shift(request.count, trees.Distance(step)) + local +
           std::max(terms.ShiftInjection(request.count, trees.Distance(step), more), local * more);
  }
  return sum;
}

}  // namespace

std::unique_ptr<Algorithm> ReduceScatterPat() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "pat",
                    .collective = Collective::kReduceScatter,
                    .description = "parallel trees: partial results to ranks 1, 2, 4, ... after",
                    .limits = {.in_place = false}},
      &Cost);
}

}  // namespace upfabric::collectives
