// Broadcast by the switches: the root multicasts everything to everyone, itself included.

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count), root_(request.root), is_root_(rank == request.root) {}

  int streams() const override { return 1; }
  int64_t length(int) const override { return is_root_ ? 2 : 1; }
  Instruction At(int, int64_t index) const override {
    return is_root_ && index == 0 ? Multicast(0, 0, {Buffer::kInput, 0, count_})
                                  : Recv(root_, 0, 0, {Buffer::kOutput, 0, count_});
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    return {.block_count = buffer == Buffer::kScratch ? 0 : count_};
  }

 private:
  int64_t count_;
  int root_;
  bool is_root_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  return terms.Unloaded(request.count);
}

}  // namespace

std::unique_ptr<Algorithm> BroadcastInSwitch() {
  return MakeBuiltin<Program>(AlgorithmInfo{.name = "in_switch",
                                            .collective = Collective::kBroadcast,
                                            .description = "the root multicasts everything",
                                            .limits = {.ranks_min = 2, .needs_in_switch = true}},
                              &Cost);
}

}  // namespace upfabric::collectives
