// The table of collective algorithms.

#ifndef UPFABRIC_COLLECTIVES_ALGORITHM_REGISTRY_H_
#define UPFABRIC_COLLECTIVES_ALGORITHM_REGISTRY_H_

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "collectives/algorithm.h"

namespace upfabric::collectives {

class AlgorithmRegistry {
 public:
  // Requires: no algorithm of this name serves the same collective yet.
  void Add(std::unique_ptr<Algorithm> algorithm);

  // Returns kNotFound, listing the known names sorted. The registry keeps ownership.
  absl::StatusOr<const Algorithm*> Find(Collective collective, std::string_view name) const;

  // Those of one collective, or all, in the order of registration.
  std::vector<const Algorithm*> List(Collective collective) const;
  std::vector<const Algorithm*> All() const;

 private:
  std::vector<std::unique_ptr<Algorithm>> algorithms_;
};

// Adds every algorithm of algorithms/.
void RegisterBuiltins(AlgorithmRegistry& registry);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_ALGORITHM_REGISTRY_H_
