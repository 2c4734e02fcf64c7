// Scatter by remote reads: each rank asks the root for its block, and the root answers. So
// accelerators read what a memory pool holds.
//
// A request is a token of one element. The root answers in whatever order they come, as far as it
// has streams for them.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/algorithms/rooted_program.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

constexpr int kReadersMax = 255;  // at once; a program has at most 256 streams

class Program final : public RootedProgram {
 public:
  Program(const CollectiveRequest& request, int rank) : RootedProgram(request, rank) {}

  // The root has streams of requests and their answers, and one that copies its own block.
  int streams() const override { return is_root() ? ReaderStreams() + (in_place() ? 0 : 1) : 1; }
  int64_t length(int stream) const override {
    return !is_root() ? 2 : stream == ReaderStreams() ? 1 : 2 * Readers(stream);
  }

  Instruction At(int stream, int64_t index) const override {
    const Range output{Buffer::kOutput, 0, count()};
    const int64_t token = std::min<int64_t>(count(), 1);
    if (!is_root()) {
      return index == 0 ? Send(root(), 0, 0, {Buffer::kScratch, 0, token})
                        : Recv(root(), 0, 0, output);
    }
    if (stream == ReaderStreams()) {
      return Copy({Buffer::kInput, root() * count(), count()}, output);
    }
    const int64_t reader = stream + index / 2 * ReaderStreams();
    const int peer = RingShift(root(), 1 + reader, ranks());
    return index % 2 == 0 ? Recv(peer, 0, 0, {Buffer::kScratch, reader, token})
                          : Send(peer, 0, 0, {Buffer::kInput, peer * count(), count()});
  }

  Partition partition(Buffer buffer) const override {
    if (buffer == Buffer::kScratch) {
      return {.blocks = is_root() ? ranks() - 1 : 1, .block_count = 1};
    }
    if (buffer == Buffer::kInput && is_root()) {
      return {.blocks = ranks(), .block_count = count()};
    }
    return {.block_count = buffer == Buffer::kOutput ? count() : 0};
  }

 private:
  int ReaderStreams() const { return std::min(ranks() - 1, kReadersMax); }
  int64_t Readers(int stream) const { return (ranks() - 2 - stream) / ReaderStreams() + 1; }
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const Picoseconds read =
      terms.Unloaded(std::min<int64_t>(request.count, 1)) + terms.RootExchange(request.count);
  return request.in_place ? read : std::max(read, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> ScatterRead() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "read",
                    .collective = Collective::kScatter,
                    .description = "each rank asks the root for its block: remote reads",
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
