// Broadcast in two exchanges: the root gives each rank a part, each sends its part to the others.
//
// Large data goes in slices that follow each other. Every link carries the data once, in two steps
// of latency; every rank talks with every other.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/ring.h"
#include "collectives/patterns/split.h"

namespace upfabric::collectives {

namespace {

int Slices(const CollectiveRequest& request) {
  return ChannelCount(request, request.count / (request.ranks - 1));
}

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count),
        receivers_(request.ranks - 1),
        root_(request.root),
        part_(RingShift(rank, -request.root, request.ranks) - 1),
        in_place_(request.in_place),
        slices_(Slices(request)),
        split_(count_, slices_) {}

  int streams() const override { return IsRoot() && in_place_ ? 1 : 2; }
  // The root sends a part of each slice to each rank and copies in stream 1. Elsewhere stream 0
  // receives a part of each slice and sends it to all others; stream 1 receives the others' parts.
  int64_t length(int stream) const override {
    if (IsRoot()) {
      return stream == 0 ? int64_t{slices_} * receivers_ : 1;
    }
    return int64_t{slices_} * (stream == 0 ? receivers_ : receivers_ - 1);
  }

  Instruction At(int stream, int64_t index) const override {
    if (IsRoot()) {
      if (stream == 1) {
        return Copy({Buffer::kInput, 0, count_}, {Buffer::kOutput, 0, count_});
      }
      const int64_t slice = index / receivers_;
      const int part = static_cast<int>(index % receivers_);
      return Send(RankOf(part), 0, slice, Part(Buffer::kInput, slice, part));
    }
    if (stream == 0) {
      const int64_t slice = index / receivers_;
      const int64_t turn = index % receivers_;
      const Range own = Part(Buffer::kOutput, slice, part_);
      return turn == 0 ? Recv(root_, 0, slice, own)
                       : Send(RankOf(RingShift(part_, turn, receivers_)), 0, slice, own);
    }
    const int64_t slice = index / (receivers_ - 1);
    const int part = RingShift(part_, -1 - index % (receivers_ - 1), receivers_);
    return Recv(RankOf(part), 0, slice, Part(Buffer::kOutput, slice, part));
  }

  uint32_t sequences() const override { return static_cast<uint32_t>(slices_); }
  Partition partition(Buffer buffer) const override {
    return {.block_count = buffer == Buffer::kScratch ? 0 : count_,
            .outer = slices_,
            .inner = receivers_};
  }

 private:
  bool IsRoot() const { return part_ < 0; }
  int RankOf(int part) const { return RingShift(root_, 1 + part, receivers_ + 1); }
  Range Part(Buffer buffer, int64_t slice, int part) const {
    const BalancedSplit parts(split_.count(slice), receivers_);
    return {buffer, split_.offset(slice) + parts.offset(part), parts.count(part)};
  }

  int64_t count_;
  int receivers_;
  int root_;
  int part_;  // which part of each slice comes from the root; -1 at the root
  bool in_place_;
  int slices_;
  BalancedSplit split_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  const int receivers = request.ranks - 1;
  const int slices = Slices(request);
  const int64_t part =
      BalancedSplit(BalancedSplit(request.count, slices).count_max(), receivers).count_max();
  Picoseconds spread =
      terms.Unloaded(part) + terms.Injection(part, int64_t{slices} * receivers - 1);
  if (receivers > 1) {
    spread += terms.Unloaded(part) + terms.Injection(part, receivers - 2);
  }
  return request.in_place ? spread : std::max(spread, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> BroadcastScatterGather() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{
          .name = "scatter_gather",
          .collective = Collective::kBroadcast,
          .description = "the root scatters parts, each rank sends its part to the others",
          .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
