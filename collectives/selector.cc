#include "collectives/selector.h"

#include <algorithm>
#include <utility>

#include "fabric/base/status.h"

namespace upfabric::collectives {

absl::StatusOr<std::vector<const Algorithm*>> Candidates(const AlgorithmRegistry& registry,
                                                         const CollectiveRequest& request,
                                                         const fabric::FabricView& view) {
  UPF_RETURN_IF_ERROR(ValidateRequest(request));
  std::vector<std::pair<Picoseconds, const Algorithm*>> costs;
  absl::Status refused = absl::UnimplementedError("no algorithm is registered for the collective");
  for (const Algorithm* candidate : registry.List(request.collective)) {
    absl::Status served = CheckRequest(*candidate, request);
    served.Update(CheckFabric(*candidate, view));
    if (served.ok()) {
      costs.emplace_back(candidate->Cost(request, view), candidate);
    } else {
      refused = served;
    }
  }
  if (costs.empty()) {
    return refused;
  }
  std::stable_sort(costs.begin(), costs.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const Algorithm*> candidates;
  for (const auto& [cost, algorithm] : costs) {
    candidates.push_back(algorithm);
  }
  return candidates;
}

absl::StatusOr<const Algorithm*> SelectAlgorithm(const AlgorithmRegistry& registry,
                                                 std::string_view name,
                                                 const CollectiveRequest& request,
                                                 const fabric::FabricView& view) {
  if (name != kAutoAlgorithm) {
    UPF_RETURN_IF_ERROR(ValidateRequest(request));
    UPF_ASSIGN_OR_RETURN(const Algorithm* named, registry.Find(request.collective, name));
    UPF_RETURN_IF_ERROR(CheckRequest(*named, request));
    UPF_RETURN_IF_ERROR(CheckFabric(*named, view));
    return named;
  }
  UPF_ASSIGN_OR_RETURN(const std::vector<const Algorithm*> candidates,
                       Candidates(registry, request, view));
  for (const Algorithm* candidate : candidates) {
    const AlgorithmLimits& limits = candidate->info().limits;
    if (!limits.needs_in_switch && (!limits.for_axes || request.axes[0] > 0)) {
      return candidate;
    }
  }
  return absl::UnimplementedError(
      "only algorithms that reduce in the switch can serve this; name one");
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

std::array<int, 3> AxesOfRanks(const std::vector<EndpointId>& endpoints,
                               const fabric::FabricView& view) {
  const std::vector<int> axes = view.axes();
  std::array<int, 3> of_ranks = {1, 1, 1};
  if (axes.size() < 2 || axes.size() > of_ranks.size() ||
      endpoints.size() != static_cast<size_t>(view.endpoints())) {
    return {};
  }
  for (size_t rank = 0; rank < endpoints.size(); ++rank) {
    if (endpoints[rank].index() != rank) {
      return {};
    }
  }
  std::copy(axes.begin(), axes.end(), of_ranks.begin());
  return of_ranks;
}

}  // namespace upfabric::collectives
