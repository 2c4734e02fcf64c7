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

int RanksOfPod(const std::vector<EndpointId>& endpoints, const fabric::FabricView& view) {
  const int pod_size = view.endpoints() / view.pods();
  const auto pod_of = [&](size_t rank) { return endpoints[rank].value() / pod_size; };
  size_t group = 0;
  size_t first = 0;  // of the ranks in a row that share a pod
  for (size_t rank = 1; rank <= endpoints.size() && view.pods() > 1; ++rank) {
    if (rank < endpoints.size() && pod_of(rank) == pod_of(first)) {
      continue;
    }
    if (group != 0 && group != rank - first) {
      return 0;
    }
    group = rank - first;
    first = rank;
  }
  return static_cast<int>(group);
}

}  // namespace upfabric::collectives
