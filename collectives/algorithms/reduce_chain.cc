// Reduce along a chain to the root, in pieces that follow each other.
//
// The rank after the root sends its data on, each adds its own, and the root is the last. Every
// link carries the data once; latency grows with the n-1 hops of the chain.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/ring.h"
#include "collectives/patterns/split.h"

namespace upfabric::collectives {

namespace {

// Chosen: as the chain of broadcast.
constexpr int64_t kPieceBytesMin = 64 << 10;
constexpr int64_t kPiecesMax = 1024;

int Pieces(const CollectiveRequest& request) {
  const int64_t bytes = (ElementSize(request.type) * request.count).count();
  return static_cast<int>(std::clamp<int64_t>(bytes / kPieceBytesMin, 1, kPiecesMax));
}

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count),
        ranks_(request.ranks),
        rank_(rank),
        position_(RingShift(rank, -1 - request.root, request.ranks)),
        pieces_(Pieces(request)),
        split_(count_, pieces_) {}

  int streams() const override { return 1; }
  // The first sends; the others receive, reduce and pass on; the root does not pass on.
  int64_t length(int) const override { return IsBetween() ? 2 * int64_t{pieces_} : pieces_; }

  Instruction At(int, int64_t index) const override {
    const int64_t piece = IsBetween() ? index / 2 : index;
    if (position_ == 0) {
      return Send(RingShift(rank_, 1, ranks_), 0, piece, Piece(Buffer::kInput, piece));
    }
    const Range reduced = Piece(IsBetween() ? Buffer::kScratch : Buffer::kOutput, piece);
    if (IsBetween() && index % 2 == 1) {
      return Send(RingShift(rank_, 1, ranks_), 0, piece, reduced);
    }
    return RecvReduce(RingShift(rank_, -1, ranks_), 0, piece, Piece(Buffer::kInput, piece),
                      reduced);
  }

  uint32_t sequences() const override { return static_cast<uint32_t>(pieces_); }
  Partition partition(Buffer buffer) const override {
    const bool has = buffer == Buffer::kInput ||
                     (buffer == Buffer::kScratch ? IsBetween() : position_ == ranks_ - 1);
    return {.block_count = has ? count_ : 0, .inner = pieces_};
  }

 private:
  bool IsBetween() const { return position_ > 0 && position_ < ranks_ - 1; }
  Range Piece(Buffer buffer, int64_t piece) const {
    return {buffer, split_.offset(piece), split_.count(piece)};
  }

  int64_t count_;
  int ranks_;
  int rank_;
  int position_;  // from the rank after the root, which is the last
  int pieces_;
  BalancedSplit split_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const int pieces = Pieces(request);
  const int64_t piece = BalancedSplit(request.count, pieces).count_max();
  const Picoseconds local = terms.Local(3 * piece);
  return (terms.Shift(piece, 1) + local) * (request.ranks - 1) +
         std::max(terms.ShiftInjection(piece, 1, 1), local) * (pieces - 1);
}

}  // namespace

std::unique_ptr<Algorithm> ReduceChain() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "chain",
                    .collective = Collective::kReduce,
                    .description = "pieces travel along a chain of all ranks to the root"},
      &Cost);
}

}  // namespace upfabric::collectives
