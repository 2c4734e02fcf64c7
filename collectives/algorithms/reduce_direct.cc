// Reduce in one exchange: each rank sends all its data to the root, which reduces them at once.

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count),
        peers_(request.ranks - 1),
        root_(request.root),
        is_root_(rank == request.root) {}

  int streams() const override { return 1; }
  int64_t length(int) const override { return is_root_ ? peers_ + 1 : 1; }

  Instruction At(int, int64_t index) const override {
    const Range input{Buffer::kInput, 0, count_};
    if (!is_root_) {
      return Send(root_, 0, 0, input);
    }
    if (index < peers_) {
      return Recv(RingShift(root_, 1 + index, peers_ + 1), 0, 0,
                  {Buffer::kScratch, index * count_, count_});
    }
    return Reduce({Buffer::kScratch, 0, peers_ * count_}, input, {Buffer::kOutput, 0, count_}, 0,
                  peers_);
  }

  uint32_t sequences() const override { return 1; }
  Partition partition(Buffer buffer) const override {
    if (buffer == Buffer::kInput) {
      return {.block_count = count_};
    }
    return {.blocks = buffer == Buffer::kScratch ? peers_ : 1,
            .block_count = is_root_ ? count_ : 0};
  }

 private:
  int64_t count_;
  int peers_;
  int root_;
  bool is_root_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  return terms.RootExchange(request.count) + terms.Local((request.ranks + 1) * request.count);
}

}  // namespace

std::unique_ptr<Algorithm> ReduceDirect() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "direct",
                    .collective = Collective::kReduce,
                    .description = "each rank sends everything to the root, which reduces it all"},
      &Cost);
}

}  // namespace upfabric::collectives
