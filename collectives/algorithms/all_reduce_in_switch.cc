// All-reduce by the switches: each rank reads its chunk of everyone's data, reduced on the way, and
// multicasts the result to everyone.
//
// A rank sends all its data once, as answers to the reads, and its chunk of the result once; it
// receives its chunk and everyone's: S + S/n each way, where a ring needs up to 2S. Chunks go in
// pieces, a few of them under way at a time.
//
// Omits: the barrier by which ranks learn that all have entered; inputs count as in place from the
// start on.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/ring.h"
#include "collectives/patterns/split.h"

namespace upfabric::collectives {

namespace {

// chosen: reading and multicasting overlap but for one piece in kPiecesMin, unless pieces would be
// a few packets for each link; on 18 links the largest is some 60 packets a link.
constexpr int64_t kPiecesMin = 16;
constexpr int64_t kPieceBytesMin = 16 << 10;
constexpr int64_t kPieceBytesMax = 256 << 10;
// chosen: all ranks together read more than the fastest fabric carries in a round trip, and some
// are read while others' results are held up; what is more would only queue before the results.
constexpr int64_t kReadersMin = 4;
constexpr int64_t kReadersMax = 16;
constexpr int64_t kBytesUnderWay = 2 << 20;

int64_t Pieces(const CollectiveRequest& request) {
  const int64_t chunk = BalancedSplit(request.count, request.ranks).count_max();
  const int64_t bytes = (ElementSize(request.type) * chunk).count();
  return std::max(std::clamp<int64_t>(bytes / kPieceBytesMin, 1, kPiecesMin),
                  bytes / kPieceBytesMax);
}

// Pieces that a rank has under way.
int64_t Readers(const CollectiveRequest& request) {
  const int64_t pieces = Pieces(request);
  const int64_t bytes = (ElementSize(request.type) * request.count).count() / pieces;
  return std::min(
      pieces, std::clamp(kBytesUnderWay / std::max<int64_t>(bytes, 1), kReadersMin, kReadersMax));
}

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count),
        ranks_(request.ranks),
        rank_(rank),
        pieces_(Pieces(request)),
        readers_(Readers(request)),
        chunks_(request.count, request.ranks) {}

  // Those that read and multicast, then one that receives.
  int streams() const override { return static_cast<int>(readers_) + 1; }
  int64_t length(int stream) const override {
    return stream == readers_ ? pieces_ * ranks_
                              : 2 * BalancedSplit(pieces_, readers_).count(stream);
  }

  Instruction At(int stream, int64_t index) const override {
    if (stream == readers_) {
      const int64_t piece = index / ranks_;
      const int peer = RingShift(rank_, index % ranks_, ranks_);
      return Recv(peer, kResults, piece, Piece(Buffer::kOutput, peer, piece));
    }
    const int64_t piece = stream + index / 2 * readers_;
    const Range own = Piece(Buffer::kOutput, rank_, piece);
    return index % 2 == 0 ? ReduceRead(kReads, piece, own) : Multicast(kResults, piece, own);
  }

  int64_t exposures() const override { return pieces_ * ranks_; }
  Exposure ExposureAt(int64_t index) const override {
    const int64_t piece = index / ranks_;
    const int reader = static_cast<int>(index % ranks_);
    return {.reader = reader,
            .connection = kReads,
            .sequence = static_cast<uint32_t>(piece),
            .source = Piece(Buffer::kInput, reader, piece)};
  }

  uint32_t sequences() const override { return static_cast<uint32_t>(pieces_); }
  Partition partition(Buffer buffer) const override {
    return {.block_count = buffer == Buffer::kScratch ? 0 : count_,
            .outer = ranks_,
            .inner = static_cast<int>(pieces_)};
  }

 private:
  static constexpr int kReads = 0;  // connections
  static constexpr int kResults = 1;

  Range Piece(Buffer buffer, int chunk, int64_t piece) const {
    const BalancedSplit pieces(chunks_.count(chunk), pieces_);
    return {buffer, chunks_.offset(chunk) + pieces.offset(piece), pieces.count(piece)};
  }

  int64_t count_;
  int ranks_;
  int rank_;
  int64_t pieces_;
  int64_t readers_;
  BalancedSplit chunks_;
};

// The first results leave behind the answers that are queued by then, and all others follow them;
// or a rank's links are busy with answers and results all the time.
Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const int64_t pieces = Pieces(request);
  const int64_t chunk = BalancedSplit(request.count, request.ranks).count_max();
  const int64_t piece = BalancedSplit(chunk, pieces).count_max();
  const int64_t queued = request.ranks * Readers(request);
  const Picoseconds unloaded = terms.Unloaded(piece);
  const Picoseconds results = std::max(unloaded, terms.Injection(piece, queued)) +
                              terms.Injection(piece, request.ranks * pieces - 1);
  const Picoseconds links = terms.Injection(piece, (request.ranks + 1) * pieces - 2) + unloaded;
  return terms.ReduceRead(piece) + std::max(results, links);
}

}  // namespace

std::unique_ptr<Algorithm> AllReduceInSwitch() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "in_switch",
                    .collective = Collective::kAllReduce,
                    .description = "each reads its chunk reduced by the switches, multicasts it",
                    .limits = {.ranks_min = 2, .needs_in_switch = true}},
      &Cost);
}

}  // namespace upfabric::collectives
