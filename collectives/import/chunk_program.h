// The program of one rank as a file has it, in chunks, and as a rank runs it, in elements.

#ifndef UPFABRIC_COLLECTIVES_IMPORT_CHUNK_PROGRAM_H_
#define UPFABRIC_COLLECTIVES_IMPORT_CHUNK_PROGRAM_H_

#include <array>
#include <cstdint>
#include <vector>

#include "collectives/program.h"

namespace upfabric::collectives {

// Where an instruction was read.
struct ImportedPlace {
  int line = 0;
  int step = 0;  // of its thread block
};

struct ChunkStream {
  std::vector<Instruction> instructions;
  std::vector<ImportedPlace> places;  // of each
};
struct ChunkProgram {
  std::vector<ChunkStream> streams;
  std::array<int64_t, 3> chunks{};  // by Buffer
  uint32_t sequences = 1;
};

// Requires: `program` outlives it.
class ScaledProgram final : public RankProgram {
 public:
  ScaledProgram(const ChunkProgram& program, int64_t elements_of_chunk)
      : program_(program), scale_(elements_of_chunk) {}

  int streams() const override { return static_cast<int>(program_.streams.size()); }
  int64_t length(int stream) const override {
    return static_cast<int64_t>(program_.streams[static_cast<size_t>(stream)].instructions.size());
  }
  Instruction At(int stream, int64_t index) const override {
    Instruction instruction =
        program_.streams[static_cast<size_t>(stream)].instructions[static_cast<size_t>(index)];
    for (Range* range : {&instruction.source, &instruction.operand, &instruction.target}) {
      range->offset *= scale_;
      range->count *= scale_;
    }
    return instruction;
  }
  uint32_t sequences() const override { return program_.sequences; }
  Partition partition(Buffer buffer) const override {
    return {.blocks = program_.chunks[static_cast<size_t>(buffer)], .block_count = scale_};
  }

 private:
  const ChunkProgram& program_;
  int64_t scale_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_IMPORT_CHUNK_PROGRAM_H_
