// Scatter in one exchange: the root sends each rank its block, the next rank's first.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/algorithms/rooted_program.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

class Program final : public RootedProgram {
 public:
  Program(const CollectiveRequest& request, int rank) : RootedProgram(request, rank) {}

  int streams() const override { return 1; }
  // The root sends, then copies its own block.
  int64_t length(int) const override { return is_root() ? ranks() - (in_place() ? 1 : 0) : 1; }

  Instruction At(int, int64_t index) const override {
    const Range output{Buffer::kOutput, 0, count()};
    if (!is_root()) {
      return Recv(root(), 0, 0, output);
    }
    const int peer = RingShift(root(), 1 + index, ranks());  // the root itself at last
    const Range block{Buffer::kInput, peer * count(), count()};
    return peer == root() ? Copy(block, output) : Send(peer, 0, 0, block);
  }

  Partition partition(Buffer buffer) const override {
    if (buffer == Buffer::kInput && is_root()) {
      return {.blocks = ranks(), .block_count = count()};
    }
    return {.block_count = buffer == Buffer::kOutput ? count() : 0};
  }
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
