// Gather in one exchange: each rank sends its block to the root.

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

  // The root receives, and copies its own block in stream 1.
  int streams() const override { return is_root() && !in_place() ? 2 : 1; }
  int64_t length(int stream) const override { return is_root() && stream == 0 ? ranks() - 1 : 1; }

  Instruction At(int stream, int64_t index) const override {
    const Range input{Buffer::kInput, 0, count()};
    if (!is_root()) {
      return Send(root(), 0, 0, input);
    }
    const int peer = stream == 0 ? RingShift(root(), 1 + index, ranks()) : root();
    const Range block{Buffer::kOutput, peer * count(), count()};
    return stream == 0 ? Recv(peer, 0, 0, block) : Copy(input, block);
  }

  Partition partition(Buffer buffer) const override {
    if (buffer == Buffer::kOutput && is_root()) {
      return {.blocks = ranks(), .block_count = count()};
    }
    return {.block_count = buffer == Buffer::kInput ? count() : 0};
  }
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
