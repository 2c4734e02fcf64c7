// How long an operation of a collective library takes.
//
// Models:  launch; steps of the ring by protocol over the fabric's unloaded latency; the least of
//          what the fabric carries with the library's packets and what its kernels load and store;
//          reduction in the switch; point-to-point channels; several domains by ring or tree over
//          adapters; kernels of serving frameworks and hand-written ones. docs/software.md derives
//          each term.
// Units:   microseconds; bytes as nccl-tests counts them.
// Omits:   contention beyond the fabric's shape, noise, clocks that change, NUMA effects of hosts.
// Threads: none; functions of values.

#ifndef UPFABRIC_COLLECTIVES_SOFTWARE_LIBRARY_MODEL_H_
#define UPFABRIC_COLLECTIVES_SOFTWARE_LIBRARY_MODEL_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "collectives/software/nccl_tuner.h"
#include "collectives/software/profile.h"
#include "collectives/software/software_case.h"

namespace upfabric::collectives {

// The parts of profiles that serve one use. All outlive the model.
struct SoftwareParts {
  const SoftwareGeneration* library = nullptr;  // launches, rings, point to point
  const OwnKernels* own = nullptr;              // of a framework, or null
  const NamedKernel* kernel = nullptr;          // asked for by name, or null
  const SoftwareNetwork* network = nullptr;     // of several domains
};

struct Prediction {
  double microseconds = 0;
  std::string algorithm;  // "ring", "tree", "nvls", "p2p", "one_shot", "two_shot", a kernel's name
  std::string protocol;   // "ll", "ll128", "simple", or ""
  double wire_us = 0;     // of it, while bytes move at the rate that bounds them
};

// Requires: parts.library is set, or parts.kernel with launched false; parts.network is set for
// several domains; bytes >= 0.
Prediction Predict(const SoftwareParts& parts, const SoftwareCase& use, int64_t bytes);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_SOFTWARE_LIBRARY_MODEL_H_
