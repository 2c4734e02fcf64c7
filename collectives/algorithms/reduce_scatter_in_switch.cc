// Reduce-scatter by the switches: each rank reads its block of everyone's data, reduced on the way.
//
// A rank sends all its data, as answers, and receives one block, where a ring or a direct exchange
// receive n-1.
//
// Omits: the barrier by which ranks learn that all have entered; inputs count as in place from the
// start on.

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int) : count_(request.count), ranks_(request.ranks) {}

  int streams() const override { return 1; }
  int64_t length(int) const override { return 1; }
  Instruction At(int, int64_t) const override {
    return ReduceRead(0, 0, {Buffer::kOutput, 0, count_});
  }

  int64_t exposures() const override { return ranks_; }
  Exposure ExposureAt(int64_t index) const override {
    return {.reader = static_cast<int>(index),
            .connection = 0,
            .sequence = 0,
            .source = {Buffer::kInput, index * count_, count_}};
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    return {.blocks = buffer == Buffer::kInput ? ranks_ : 1,
            .block_count = buffer == Buffer::kScratch ? 0 : count_};
  }

 private:
  int64_t count_;
  int ranks_;
};

// A rank's links carry the answers to all n reads.
Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  return terms.ReduceRead(request.count) + terms.Injection(request.count, request.ranks - 1);
}

}  // namespace

std::unique_ptr<Algorithm> ReduceScatterInSwitch() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "in_switch",
                    .collective = Collective::kReduceScatter,
                    .description = "each rank reads its block, reduced by the switches",
                    .limits = {.ranks_min = 2, .needs_in_switch = true}},
      &Cost);
}

}  // namespace upfabric::collectives
