// Broadcast in one exchange: the root sends everything to every rank.
//
// Lowest latency; the root's links carry the data n-1 times.

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
  int64_t length(int) const override { return is_root() ? ranks() - (in_place() ? 1 : 0) : 1; }

  Instruction At(int, int64_t index) const override {
    const Range input{Buffer::kInput, 0, count()};
    const Range output{Buffer::kOutput, 0, count()};
    if (!is_root()) {
      return Recv(root(), 0, 0, output);
    }
    if (index < ranks() - 1) {
      return Send(RingShift(root(), 1 + index, ranks()), 0, 0, input);
    }
    return Copy(input, output);
  }

  Partition partition(Buffer buffer) const override {
    return {.block_count = buffer == Buffer::kScratch ? 0 : count()};
  }
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const Picoseconds sent = terms.RootExchange(request.count);
  return request.in_place ? sent : std::max(sent, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> BroadcastFlat() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "flat",
                    .collective = Collective::kBroadcast,
                    .description = "the root sends everything to every rank",
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
