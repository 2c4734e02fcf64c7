// Every rank sends to the next one and receives from the one before it.

#include <algorithm>

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
  int64_t length(int) const override { return 2; }

  Instruction At(int, int64_t index) const override {
    if (index == 0) {
      return Send(RingShift(rank_, 1, ranks_), 0, 0, {Buffer::kInput, 0, count_});
    }
    return Recv(RingShift(rank_, -1, ranks_), 0, 0, {Buffer::kOutput, 0, count_});
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    return {.block_count = buffer == Buffer::kScratch ? 0 : count_};
  }

 private:
  int64_t count_;
  int ranks_;
  int rank_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  return terms.Shift(request.count, 1);
}

}  // namespace

std::unique_ptr<Algorithm> SendRecvDirect() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "direct",
                    .collective = Collective::kSendRecv,
                    .description = "each rank sends to the next and receives from the previous",
                    .limits = {.in_place = false}},
      &Cost);
}

}  // namespace upfabric::collectives
