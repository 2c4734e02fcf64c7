// How a software profile runs a row on the emulated fabric.
//
// Models:  the profile's choice of algorithm and protocol for the size; what the library adds
// before
//          the first byte moves; what each byte takes of the wire, by the protocol's format and the
//          limits of kernels. Both are set so that on a quiet fabric the row takes what
//          collectives/software/library_model.h says; traffic, faults and shapes do the rest.
// Omits:   where in an operation its overhead falls: all of it comes first, in every iteration.
// Errors:  kInvalidArgument, kUnimplemented: one line that names the flag.

#ifndef UPFABRIC_DAEMON_SOFTWARE_PLAN_H_
#define UPFABRIC_DAEMON_SOFTWARE_PLAN_H_

#include <string>

#include "absl/status/statusor.h"
#include "collectives/algorithm_registry.h"
#include "collectives/collective.h"
#include "collectives/software/software_case.h"
#include "daemon/config/software.h"
#include "fabric/api/fabric_view.h"
#include "fabric/base/ratio.h"
#include "fabric/base/units.h"

namespace upfabric::daemon {

struct SoftwareUse {
  const Software* software = nullptr;
  std::string fabric;     // its id
  std::string algorithm;  // "auto", ring, tree, nvls or a kernel's name
  collectives::Launch launch = collectives::Launch::kAuto;
};

struct SoftwarePlan {
  const collectives::Algorithm* algorithm = nullptr;  // that runs it
  std::string protocol;                               // "ll", "ll128", "simple" or "-"
  Picoseconds overhead;                               // of each iteration
  Ratio stretch{1};                                   // of a byte on the wire, at least 1
};

// `request` is that of the row, of `bytes` as nccl-tests counts them.
absl::StatusOr<SoftwarePlan> PlanSoftware(const SoftwareUse& use,
                                          const collectives::CollectiveRequest& request,
                                          Bytes bytes, const fabric::FabricView& view,
                                          const collectives::AlgorithmRegistry& registry);

// What is known of a profile's error on a fabric: "9.7 % off 485 measured rows of hopper, ...",
// "transferred, estimate" or "not validated".
std::string ErrorClass(const v1::SoftwareProfile& profile, const std::string& fabric,
                       const std::string& algorithm);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_SOFTWARE_PLAN_H_
