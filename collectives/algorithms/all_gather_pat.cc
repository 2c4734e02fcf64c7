// All-gather by parallel trees, after NCCL's PAT: in steps of distance d, the largest power of two
// first, each rank sends what it has to the rank d before it.
//
// log2 n steps for any number of ranks, and the far messages are the small ones. The blocks that a
// rank has are those of the ranks at multiples of 2d after it; each is a message of its own, so
// none passes the last rank in the middle.
// Source: NCCL 2.23 release notes and S. Jeaugey, "PAT: a new algorithm for all-gather and
//         reduce-scatter operations at scale", arXiv:2506.20252.

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
      : count_(request.count),
        ranks_(request.ranks),
        rank_(rank),
        trees_(request.ranks),
        copies_(!request.in_place) {}

  // Stream 0 exchanges, stream 1 copies the own block.
  int streams() const override { return 2; }
  int64_t length(int stream) const override {
    return stream == kCopy ? (copies_ ? 1 : 0) : 2 * (int64_t{ranks_} - 1);
  }

  Instruction At(int stream, int64_t index) const override {
    if (stream == kCopy) {
      return Copy(Input(), Block(rank_));
    }
    const ParallelTrees::Place place = trees_.FarFirst(index);
    const int to = RingShift(rank_, -place.distance, ranks_);
    const int from = RingShift(rank_, place.distance, ranks_);
    // What the other is to have from us is `offset` after it, so offset - distance after us.
    const int own = place.offset - place.distance;
    if (place.sends) {
      return Send(to, 0, place.offset, own == 0 ? Input() : Block(RingShift(rank_, own, ranks_)));
    }
    return Recv(from, 0, place.offset, Block(RingShift(rank_, place.offset, ranks_)));
  }

  uint32_t sequences() const override { return static_cast<uint32_t>(ranks_); }
  Partition partition(Buffer buffer) const override {
    return {.blocks = buffer == Buffer::kInput ? 1 : ranks_,
            .block_count = buffer == Buffer::kScratch ? 0 : count_};
  }

 private:
  static constexpr int kCopy = 1;

  Range Input() const { return {Buffer::kInput, 0, count_}; }
  Range Block(int rank) const { return {Buffer::kOutput, rank * count_, count_}; }

  int64_t count_;
  int ranks_;
  int rank_;
  ParallelTrees trees_;
  bool copies_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const ParallelTrees trees(request.ranks);
  Picoseconds sum;
  for (int step = 0; step < trees.steps(); ++step) {
    sum += terms.Shift(request.count, -trees.Distance(step)) +
           terms.ShiftInjection(request.count, -trees.Distance(step), trees.Offsets(step) - 1);
  }
  return request.in_place ? sum : std::max(sum, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> AllGatherPat() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "pat",
                    .collective = Collective::kAllGather,
                    .description = "parallel trees: blocks to ranks ..., 4, 2, 1 before",
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
