// All-to-all after Bruck: in step k each rank passes all blocks on whose way bit k is set to the
// rank 2^k after it.
//
// A block for the rank i after travels by the bits of i, the lowest first: log2 n steps, at the
// price of log2 n / 2 as many bytes. It leaves from the input, waits in scratch, ends in the
// output. Source: as all_gather_bruck.cc.

#include <algorithm>

#include "collectives/algorithms/builtin.h"
#include "collectives/algorithms/builtins.h"
#include "collectives/patterns/power_of_two.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

// Numbers below `ranks` that have a bit.
constexpr int64_t WithBit(int ranks, int bit) {
  const int64_t half = int64_t{1} << bit;
  const int64_t whole = ranks / (2 * half) * half;
  return whole + std::max<int64_t>(ranks % (2 * half) - half, 0);
}

class Program final : public RankProgram {
 public:
  Program(const CollectiveRequest& request, int rank)
      : count_(request.count), ranks_(request.ranks), rank_(rank) {}

  // Stream 0 exchanges: in each step sends, then as many receives; stream 1 copies the own block.
  int streams() const override { return 2; }
  int64_t length(int stream) const override {
    int64_t blocks = 0;
    for (int bit = 0; bit < DoublingSteps(ranks_); ++bit) {
      blocks += WithBit(ranks_, bit);
    }
    return stream == kExchange ? 2 * blocks : 1;
  }

  Instruction At(int stream, int64_t index) const override {
    if (stream != kExchange) {
      return Copy(Block(Buffer::kInput, rank_), Block(Buffer::kOutput, rank_));
    }
    int bit = 0;
    while (index >= 2 * WithBit(ranks_, bit)) {
      index -= 2 * WithBit(ranks_, bit++);
    }
    const int64_t blocks = WithBit(ranks_, bit);
    const int64_t nth = index % blocks;
    const int64_t half = int64_t{1} << bit;
    const int way = static_cast<int>(nth / half * 2 * half + half + nth % half);
    if (index < blocks) {
      const bool first = (way & (half - 1)) == 0;
      return Send(RingShift(rank_, half, ranks_), 0, way,
                  first ? Block(Buffer::kInput, RingShift(rank_, way, ranks_)) : Waiting(way));
    }
    const bool last = way < 2 * half;
    return Recv(RingShift(rank_, -half, ranks_), 0, way,
                last ? Block(Buffer::kOutput, RingShift(rank_, -way, ranks_)) : Waiting(way));
  }

  uint32_t sequences() const override { return static_cast<uint32_t>(ranks_); }
  Partition partition(Buffer) const override { return {.blocks = ranks_, .block_count = count_}; }

 private:
  static constexpr int kExchange = 0;

  Range Block(Buffer buffer, int rank) const { return {buffer, rank * count_, count_}; }
  Range Waiting(int way) const { return {Buffer::kScratch, way * count_, count_}; }

  int64_t count_;
  int ranks_;
  int rank_;
};

Picoseconds Cost(const CollectiveRequest& request, const CostTerms& terms) {
  Picoseconds sum;
  for (int bit = 0; bit < DoublingSteps(request.ranks); ++bit) {
    const int64_t distance = int64_t{1} << bit;
    sum += terms.Shift(request.count, distance) +
           terms.ShiftInjection(request.count, distance, WithBit(request.ranks, bit) - 1);
  }
  return std::max(sum, terms.Local(2 * request.count));
}

}  // namespace

std::unique_ptr<Algorithm> AllToAllBruck() {
  return MakeBuiltin<Program>(
      AlgorithmInfo{.name = "bruck",
                    .collective = Collective::kAllToAll,
                    .description = "log2 n steps: blocks travel by the bits of their way",
                    .limits = {.in_place = false},
                    .copies_own_part = true},
      &Cost);
}

}  // namespace upfabric::collectives
