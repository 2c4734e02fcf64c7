// Broadcast in one exchange: the root sends everything to every rank.
//
// Lowest latency; the root's links carry the data n-1 times.

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
  int64_t length(int) const override { return is_root_ ? ranks_ - (in_place_ ? 1 : 0) : 1; }

  Instruction At(int, int64_t index) const override {
    const Range input{Buffer::kInput, 0, count_};
    const Range output{Buffer::kOutput, 0, count_};
    if (!is_root_) {
      return Recv(root_, 0, 0, output);
    }
    if (index < ranks_ - 1) {
      return Send(RingShift(root_, 1 + index, ranks_), 0, 0, input);
    }
    return Copy(input, output);
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    return {.block_count = buffer == Buffer::kScratch ? 0 : count_};
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

std::unique_ptr<Algorithm> BroadcastFlat() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "flat",
                    .collective = Collective::kBroadcast,
                    .description = "the root sends everything to every rank",
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
