// Gather in one exchange: each rank sends its block to the root.

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

  // The root receives, and copies its own block in stream 1.
  int streams() const override { return is_root_ && !in_place_ ? 2 : 1; }
  int64_t length(int stream) const override { return is_root_ && stream == 0 ? ranks_ - 1 : 1; }

  Instruction At(int stream, int64_t index) const override {
    const Range input{Buffer::kInput, 0, count_};
    if (!is_root_) {
      return Send(root_, 0, 0, input);
    }
    const int peer = stream == 0 ? RingShift(root_, 1 + index, ranks_) : root_;
    const Range block{Buffer::kOutput, peer * count_, count_};
    return stream == 0 ? Recv(peer, 0, 0, block) : Copy(input, block);
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    if (buffer == Buffer::kOutput && is_root_) {
      return {.blocks = ranks_, .block_count = count_};
    }
    return {.block_count = buffer == Buffer::kInput ? count_ : 0};
  }

 private:
  int64_t count_;
  int ranks_;
  int root_;
  bool is_root_;
  bool in_place_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const Picoseconds taken = terms.RootExchange(request.count);
  return request.in_place ? taken : std::max(taken, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> GatherDirect() {
  return MakeBuiltin<Program>(AlgorithmInfo{.name = "direct",
                                            .collective = Collective::kGather,
                                            .description = "each rank sends its block to the root",
                                            .copies_own_part = true},
                              &Cost);
}

}  // namespace upfabric::collectives
