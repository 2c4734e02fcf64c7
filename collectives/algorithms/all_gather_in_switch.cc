// All-gather by the switches: each rank multicasts its block to everyone, itself included.
//
// A rank sends its block once, where a ring or a direct exchange send n-1 blocks.

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count), ranks_(request.ranks), rank_(rank) {}

  int streams() const override { return 1; }
  int64_t length(int) const override { return 1 + int64_t{ranks_}; }

  Instruction At(int, int64_t index) const override {
    if (index == 0) {
      return Multicast(0, 0, {Buffer::kInput, 0, count_});
    }
    const int peer = RingShift(rank_, 1 - index, ranks_);
    return Recv(peer, 0, 0, {Buffer::kOutput, peer * count_, count_});
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    return {.blocks = buffer == Buffer::kOutput ? ranks_ : 1,
            .block_count = buffer == Buffer::kScratch ? 0 : count_};
  }

 private:
  int64_t count_;
  int ranks_;
  int rank_;
};

// A rank's links bring it n blocks.
Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  return terms.Unloaded(request.count) + terms.Injection(request.count, request.ranks - 1);
}

}  // namespace

std::unique_ptr<Algorithm> AllGatherInSwitch() {
  return MakeBuiltin<Program>(AlgorithmInfo{.name = "in_switch",
                                            .collective = Collective::kAllGather,
                                            .description = "each rank multicasts its block",
                                            .limits = {.ranks_min = 2, .needs_in_switch = true}},
                              &Cost);
}

}  // namespace upfabric::collectives
