// Scatter in one exchange: the root sends each rank its block, the next rank's first.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count),
        ranks_(request.ranks),
        root_(request.root),
        is_root_(rank == request.root),
        in_place_(request.in_place) {}

  int streams() const override { return 1; }
  // The root sends, then copies its own block.
  int64_t length(int) const override { return is_root_ ? ranks_ - (in_place_ ? 1 : 0) : 1; }

  Instruction At(int, int64_t index) const override {
    const Range output{Buffer::kOutput, 0, count_};
    if (!is_root_) {
      return Recv(root_, 0, 0, output);
    }
    const int peer = RingShift(root_, 1 + index, ranks_);  // the root itself at last
    const Range block{Buffer::kInput, peer * count_, count_};
    return peer == root_ ? Copy(block, output) : Send(peer, 0, 0, block);
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    if (buffer == Buffer::kInput && is_root_) {
      return {.blocks = ranks_, .block_count = count_};
    }
    return {.block_count = buffer == Buffer::kOutput ? count_ : 0};
  }

 private:
  int64_t count_;
  int ranks_;
  int root_;
  bool is_root_;
  bool in_place_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const Picoseconds sent = terms.RootExchange(request.count);
  return request.in_place ? sent : std::max(sent, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> ScatterDirect() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "direct",
                    .collective = Collective::kScatter,
                    .description = "the root sends each rank its block, in shifted order",
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
