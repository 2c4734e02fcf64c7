// Broadcast along a chain from the root, in pieces that follow each other.
//
// Every link carries the data once; latency grows with the n-1 hops of the chain.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/ring.h"
#include "collectives/patterns/split.h"

namespace upfabric::collectives {

namespace {

// Chosen: filling the chain costs 72 pieces in a rack of 72, below 10 % of 1,024.
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
        position_(RingShift(rank, -request.root, request.ranks)),
        in_place_(request.in_place),
        pieces_(Pieces(request)),
        split_(count_, pieces_) {}

  int streams() const override { return position_ == 0 && !in_place_ ? 2 : 1; }
  // The root sends the pieces and copies in stream 1; the others receive and pass on, the last only
  // receives.
  int64_t length(int stream) const override {
    if (position_ == 0) {
      return stream == 0 ? pieces_ : 1;
    }
    return position_ == ranks_ - 1 ? pieces_ : 2 * int64_t{pieces_};
  }

  Instruction At(int stream, int64_t index) const override {
    const int next = RingShift(rank_, 1, ranks_);
    if (position_ == 0) {
      if (stream == 1) {
        return Copy({Buffer::kInput, 0, count_}, {Buffer::kOutput, 0, count_});
      }
      return Send(next, 0, index, Piece(Buffer::kInput, index));
    }
    const bool passes_on = position_ != ranks_ - 1;
    const int64_t piece = passes_on ? index / 2 : index;
    if (passes_on && index % 2 == 1) {
      return Send(next, 0, piece, Piece(Buffer::kOutput, piece));
    }
    return Recv(RingShift(rank_, -1, ranks_), 0, piece, Piece(Buffer::kOutput, piece));
  }

  uint32_t sequences() const override { return static_cast<uint32_t>(pieces_); }
  Partition partition(Buffer buffer) const override {
    return {.block_count = buffer == Buffer::kScratch ? 0 : count_, .outer = pieces_};
  }

 private:
  Range Piece(Buffer buffer, int64_t piece) const {
    return {buffer, split_.offset(piece), split_.count(piece)};
  }

  int64_t count_;
  int ranks_;
  int rank_;
  int position_;  // from the root
  bool in_place_;
  int pieces_;
  BalancedSplit split_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const int pieces = Pieces(request);
  const int64_t piece = BalancedSplit(request.count, pieces).count_max();
  const Picoseconds passed =
      terms.Shift(piece, 1) * (request.ranks - 1) + terms.ShiftInjection(piece, 1, pieces - 1);
  return request.in_place ? passed : std::max(passed, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> BroadcastChain() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "chain",
                    .collective = Collective::kBroadcast,
                    .description = "pieces travel along a chain that starts at the root",
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
