// All-reduce on two binary trees: half of the data up and down each, in pieces that follow each
// other.
//
// A rank with children in one tree has none in the other, so each sends and receives about its data
// twice; 2 log2 n hops of latency.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/binary_tree.h"
#include "collectives/patterns/power_of_two.h"
#include "collectives/patterns/split.h"

namespace upfabric::collectives {

namespace {

constexpr int kTrees = 2;
// Chosen: the pieces on their way up and down, 2 log2 n, stay a tenth of all at 64 pieces and more.
constexpr int64_t kPieceBytesMin = 32 << 10;
constexpr int64_t kPiecesMax = 256;

// Of the half of one tree.
int Pieces(const CollectiveRequest& request) {
  const int64_t bytes = (ElementSize(request.type) * request.count).count() / kTrees;
  return static_cast<int>(std::clamp<int64_t>(bytes / kPieceBytesMin, 1, kPiecesMax));
}

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count), pieces_(Pieces(request)), halves_(request.count, kTrees) {
    for (int tree = 0; tree < kTrees; ++tree) {
      Place& place = places_[static_cast<size_t>(tree)];
      const TreePlace found = TwoTreePlace(tree, rank, request.ranks);
      place.parent = found.parent;
      for (const int child : found.children) {
        if (child >= 0) {
          place.children[static_cast<size_t>(place.children_count++)] = child;
        }
      }
    }
  }

  // Of each tree one that reduces upwards and one that passes results downwards.
  int streams() const override { return 2 * kTrees; }
  // Up: a piece of each child, then to the parent. Down: of the parent, then to each child.
  int64_t length(int stream) const override { return int64_t{pieces_} * Steps(PlaceOf(stream)); }

  Instruction At(int stream, int64_t index) const override {
    const Place& place = PlaceOf(stream);
    const int64_t steps = Steps(place);
    const int64_t piece = index / steps;
    const int64_t step = index % steps;
    const int tree = stream / 2;
    const Range input = Piece(Buffer::kInput, tree, piece);
    const Range output = Piece(Buffer::kOutput, tree, piece);
    if (stream % 2 == 0) {
      const Range held = step == 0 ? input : output;
      return step < place.children_count ? RecvReduce(place.children[static_cast<size_t>(step)],
                                                      Up(tree), piece, held, output)
                                         : Send(place.parent, Up(tree), piece, held);
    }
    if (place.parent >= 0 && step == 0) {
      return Recv(place.parent, Down(tree), piece, output);
    }
    const int child = place.children[static_cast<size_t>(step - (place.parent >= 0 ? 1 : 0))];
    Instruction send = Send(child, Down(tree), piece, output);
    if (place.parent < 0) {
      send.depends_stream = stream - 1;
      send.depends_count = (piece + 1) * steps;
    }
    return send;
  }

  uint32_t sequences() const override { return static_cast<uint32_t>(pieces_); }
  Partition partition(Buffer buffer) const override {
    return {
        .block_count = buffer == Buffer::kScratch ? 0 : count_, .outer = kTrees, .inner = pieces_};
  }

 private:
  struct Place {
    int parent = -1;
    int children_count = 0;
    std::array<int, 2> children = {};
  };

  static int Up(int tree) { return tree; }  // connections
  static int Down(int tree) { return kTrees + tree; }

  const Place& PlaceOf(int stream) const { return places_[static_cast<size_t>(stream / 2)]; }
  // Instructions of a piece, either way.
  static int Steps(const Place& place) {
    return place.children_count + (place.parent >= 0 ? 1 : 0);
  }
  Range Piece(Buffer buffer, int tree, int64_t piece) const {
    const BalancedSplit pieces(halves_.count(tree), pieces_);
    return {buffer, halves_.offset(tree) + pieces.offset(piece), pieces.count(piece)};
  }

  int64_t count_;
  int pieces_;
  BalancedSplit halves_;
  std::array<Place, kTrees> places_;
};

// The first pieces go up and down alone; then a rank in the middle is busy with one piece of each
// tree: it sends two down, one up in one tree and one up in the other, and reduces two.
Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const int pieces = Pieces(request);
  const int64_t piece =
      BalancedSplit(BalancedSplit(request.count, kTrees).count_max(), pieces).count_max();
  const Picoseconds local = terms.Local(3 * piece);
  const Picoseconds sent = terms.TreeHop(piece);
  if (request.ranks == 2) {
    const Picoseconds busy = std::max(terms.InjectionToOne(piece, 2), local);
    return sent * 2 + local + busy * (pieces - 1) + terms.InjectionToOne(piece, 1);
  }
  const int hops = DoublingSteps(request.ranks);
  const Picoseconds busy = std::max(terms.TreeInjection(piece), local * 2);
  return (sent * 2 + local * 2) * hops - local + busy * (pieces - 1);
}

}  // namespace

std::unique_ptr<Algorithm> AllReduceDoubleBinaryTree() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "double_binary_tree",
                    .collective = Collective::kAllReduce,
                    .description = "half of the data up and down each of two binary trees"},
      &Cost);
}

}  // namespace upfabric::collectives
