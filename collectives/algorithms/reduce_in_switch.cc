// Reduce by the switches: the root reads everyone's data, reduced on the way.
//
// Omits: the barrier by which the root learns that all have entered; inputs count as in place from
// the start on.

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count), root_(request.root), is_root_(rank == request.root) {}

  int streams() const override { return 1; }
  int64_t length(int) const override { return is_root_ ? 1 : 0; }
  Instruction At(int, int64_t) const override {
    return ReduceRead(0, 0, {Buffer::kOutput, 0, count_});
  }

  int64_t exposures() const override { return 1; }
  Exposure ExposureAt(int64_t) const override {
    return {.reader = root_, .connection = 0, .sequence = 0, .source = {Buffer::kInput, 0, count_}};
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    const bool has = buffer == Buffer::kInput || (buffer == Buffer::kOutput && is_root_);
    return {.block_count = has ? count_ : 0};
  }

 private:
  int64_t count_;
  int root_;
  bool is_root_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  return terms.ReduceRead(request.count);
}

}  // namespace

std::unique_ptr<Algorithm> ReduceInSwitch() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "in_switch",
                    .collective = Collective::kReduce,
                    .description = "the root reads everything, reduced by the switches",
                    .limits = {.ranks_min = 2, .needs_in_switch = true}},
      &Cost);
}

}  // namespace upfabric::collectives
