// A program written down as its instructions, for algorithms in which a rank has few of them: in
// proportion to the logarithm of the ranks. What has more computes them (RankProgram).

#ifndef UPFABRIC_COLLECTIVES_ALGORITHMS_STEP_PROGRAM_H_
#define UPFABRIC_COLLECTIVES_ALGORITHMS_STEP_PROGRAM_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "collectives/program.h"

namespace upfabric::collectives {

// Made by its constructor, which adds instructions and sets the buffers' partitions.
class StepProgram : public RankProgram {
 public:
  int streams() const override { return static_cast<int>(streams_.size()); }
  int64_t length(int stream) const override {
    return static_cast<int64_t>(streams_[static_cast<size_t>(stream)].size());
  }
  Instruction At(int stream, int64_t index) const override {
    return streams_[static_cast<size_t>(stream)][static_cast<size_t>(index)];
  }
  uint32_t sequences() const override { return sequences_; }
  Partition partition(Buffer buffer) const override {
    return partitions_[static_cast<size_t>(buffer)];
  }

 protected:
  // All ranks must name the same number of sequences.
  explicit StepProgram(int streams, uint32_t sequences = 1)
      : streams_(static_cast<size_t>(streams)), sequences_(sequences) {}

  // What moves nothing is left out.
  void Add(int stream, const Instruction& instruction) {
    if (MovedCount(instruction) > 0) {
      streams_[static_cast<size_t>(stream)].push_back(instruction);
    }
  }
  // The same, once stream `other` has finished all that it has now.
  void AddAfter(int other, int stream, Instruction instruction) {
    instruction.depends_stream = other;
    instruction.depends_count = length(other);
    Add(stream, instruction);
  }
  void SetPartition(Buffer buffer, const Partition& partition) {
    partitions_[static_cast<size_t>(buffer)] = partition;
  }

 private:
  std::vector<std::vector<Instruction>> streams_;
  uint32_t sequences_;
  std::array<Partition, 3> partitions_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_ALGORITHMS_STEP_PROGRAM_H_
