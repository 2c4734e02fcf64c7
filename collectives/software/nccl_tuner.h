// Which algorithm and protocol NCCL chooses, by the cost model that it publishes.
//
// Source: NCCL 2.30.7, src/graph/tuning.cc, src/include/device.h: latency + bytes / bandwidth for
//         each candidate, the least wins. The numbers choose; they do not predict.
// Omits:  CollNet, PAT, NVLSTree; limits on the sizes of protocols; tuner plugins.

#ifndef UPFABRIC_COLLECTIVES_SOFTWARE_NCCL_TUNER_H_
#define UPFABRIC_COLLECTIVES_SOFTWARE_NCCL_TUNER_H_

#include <cstdint>

#include "collectives/software/software_case.h"

namespace upfabric::collectives {

enum class LibraryAlgorithm { kRing, kTree, kNvls };
enum class Protocol { kLl, kLl128, kSimple };

struct LibraryChoice {
  LibraryAlgorithm algorithm = LibraryAlgorithm::kRing;
  Protocol protocol = Protocol::kSimple;
  double tuner_us = 0;  // what the cost model gives for it

  friend bool operator==(const LibraryChoice& a, const LibraryChoice& b) {
    return a.algorithm == b.algorithm && a.protocol == b.protocol;
  }
};

// Requires: the pattern is all_reduce, all_gather, reduce_scatter or a chain; ranks >= 2.
LibraryChoice ChooseByTuner(const SoftwareCase& use, const NcclTuning& tuning, int64_t bytes);

// Steps of a ring, and the algorithm bandwidth for each byte a second that a rank sends.
int RingSteps(Pattern pattern, int ranks);
double RingRatio(Pattern pattern, int ranks);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_SOFTWARE_NCCL_TUNER_H_
