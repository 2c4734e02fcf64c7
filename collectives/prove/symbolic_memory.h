// The buffers of all ranks, holding symbols, with who touched each element last.
//
// In place, input and output are one memory, whether or not the collective has that form in
// nccl-tests.

#ifndef UPFABRIC_COLLECTIVES_PROVE_SYMBOLIC_MEMORY_H_
#define UPFABRIC_COLLECTIVES_PROVE_SYMBOLIC_MEMORY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "collectives/collective.h"
#include "collectives/program.h"
#include "collectives/prove/symbolic.h"

namespace upfabric::collectives {

// By stream, those of all ranks in one row: how many of its instructions are known to have
// finished.
using Clock = std::vector<uint32_t>;

// Who touches memory: a stream, its rank, the number of its instruction from 1, what it knows.
struct Access {
  int rank = 0;
  size_t stream = 0;
  uint32_t time = 0;
  const Clock& clock;
};

// An earlier access that nothing orders before a new one.
struct Race {
  int64_t offset = 0;  // of the element in its buffer
  size_t stream = 0;
  uint32_t time = 0;
  bool wrote = false;
};

class SymbolicMemory {
 public:
  // `scratch` by rank. Inputs hold symbols of their own, all else nothing.
  SymbolicMemory(const CollectiveRequest& request, const std::vector<int64_t>& scratch,
                 SymbolTable& symbols);

  // Reads or writes a range; returns the first race if there is one. The access takes place all the
  // same. Requires: the range is inside its buffer.
  std::optional<Race> Read(const Access& access, const Range& range, std::vector<Symbol>& symbols);
  std::optional<Race> Write(const Access& access, const Range& range,
                            const std::vector<Symbol>& symbols);

  // What a rank put in.
  Symbol Input(int rank, int64_t element) const {
    return inputs_[static_cast<size_t>(rank)][static_cast<size_t>(element)];
  }
  // What an element of a rank's output holds; the stream and time of its last write, time 0 if
  // there was none.
  struct Held {
    Symbol symbol = 0;
    size_t stream = 0;
    uint32_t time = 0;
  };
  Held Output(int rank, int64_t element);

  // Writes of which no element was ever read or is in an output that was looked at: stream and
  // time, sorted.
  std::vector<std::pair<size_t, uint32_t>> UnusedWrites() const;

 private:
  struct Cell {
    Symbol symbol = 0;
    size_t writer = 0;
    uint32_t write_time = 0;                                // 0: never
    std::vector<std::pair<size_t, uint32_t>> readers = {};  // since then, each stream's last
  };

  int64_t Address(int rank, Buffer buffer, int64_t offset) const;
  Cell& At(int rank, Buffer buffer, int64_t offset);

  CollectiveRequest request_;
  std::vector<std::vector<Cell>> cells_;     // by rank
  std::vector<std::vector<Symbol>> inputs_;  // by rank
  // By stream and time of a write: whether it was of use.
  std::map<std::pair<size_t, uint32_t>, bool> used_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PROVE_SYMBOLIC_MEMORY_H_
