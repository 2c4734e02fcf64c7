// Chooses the algorithm of a request by name or by closed form, and lists what could be chosen.

#ifndef UPFABRIC_COLLECTIVES_SELECTOR_H_
#define UPFABRIC_COLLECTIVES_SELECTOR_H_

#include <array>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "collectives/algorithm_registry.h"

namespace upfabric::collectives {

// The name that asks for the cheapest algorithm by closed form, and those that ask a run to try all
// candidates: for the fastest, or for a row of each.
inline constexpr std::string_view kAutoAlgorithm = "auto";
inline constexpr std::string_view kBestAlgorithm = "best";
inline constexpr std::string_view kAllAlgorithms = "all";

// What can serve the request on this fabric, the cheapest by closed form first, ties in the order
// of the registry. Returns kUnimplemented, naming a limit, when nothing can; kInvalidArgument for a
// bad request.
absl::StatusOr<std::vector<const Algorithm*>> Candidates(const AlgorithmRegistry& registry,
                                                         const CollectiveRequest& request,
                                                         const fabric::FabricView& view);

// `name` is kAutoAlgorithm or a registered name. Algorithms that reduce in the switch are taken by
// name only: using the switch is an ability of the library as much as of the fabric, and no
// software profile says yet that its library has it. Returns kNotFound for an unknown name;
// kUnimplemented, naming the limits, when the named one, or none, can serve the request on this
// fabric; kInvalidArgument for a bad request.
absl::StatusOr<const Algorithm*> SelectAlgorithm(const AlgorithmRegistry& registry,
                                                 std::string_view name,
                                                 const CollectiveRequest& request,
                                                 const fabric::FabricView& view);

// CollectiveRequest::group of ranks on these endpoints: how many ranks in a row are in one pod, if
// it is the same number for all pods in use; 0 if not, or if the fabric has no pods.
int RanksOfPod(const std::vector<EndpointId>& endpoints, const fabric::FabricView& view);

// CollectiveRequest::axes of ranks on these endpoints: those of the fabric, if the ranks are all
// its endpoints in their order and it has two or three.
std::array<int, 3> AxesOfRanks(const std::vector<EndpointId>& endpoints,
                               const fabric::FabricView& view);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_SELECTOR_H_
