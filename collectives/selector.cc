#include "collectives/selector.h"

#include "fabric/base/status.h"

namespace upfabric::collectives {

absl::StatusOr<const Algorithm*> SelectAlgorithm(const AlgorithmRegistry& registry,
                                                 std::string_view name,
                                                 const CollectiveRequest& request,
                                                 const fabric::FabricView& view) {
  UPF_RETURN_IF_ERROR(ValidateRequest(request));
  if (name != kAutoAlgorithm) {
    UPF_ASSIGN_OR_RETURN(const Algorithm* named, registry.Find(request.collective, name));
    UPF_RETURN_IF_ERROR(CheckRequest(*named, request));
    UPF_RETURN_IF_ERROR(CheckFabric(*named, view));
    return named;
  }
  const Algorithm* cheapest = nullptr;
  Picoseconds cheapest_cost;
  absl::Status refused = absl::UnimplementedError("no algorithm is registered for the collective");
  for (const Algorithm* candidate : registry.List(request.collective)) {
    if (candidate->info().limits.needs_in_switch) {
      continue;
    }
    absl::Status served = CheckRequest(*candidate, request);
    served.Update(CheckFabric(*candidate, view));
    if (!served.ok()) {
      refused = served;
      continue;
    }
    const Picoseconds cost = candidate->Cost(request, view);
    if (cheapest == nullptr || cost < cheapest_cost) {
      cheapest = candidate;
      cheapest_cost = cost;
    }
  }
  if (cheapest == nullptr) {
    return refused;
  }
  return cheapest;
}

}  // namespace upfabric::collectives
