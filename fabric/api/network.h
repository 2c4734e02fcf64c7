// One network of a fabric: all of it, or a pod, or what joins the pods.
//
// Ownership: the specification must outlive it; it does not move.

#ifndef UPFABRIC_FABRIC_API_NETWORK_H_
#define UPFABRIC_FABRIC_API_NETWORK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "fabric/api/fabric.h"
#include "fabric/api/fabric_parts.h"
#include "fabric/api/fabric_times.h"
#include "fabric/api/fabric_view.h"
#include "fabric/model/spec.h"
#include "fabric/topo/layout.h"

namespace upfabric::fabric {

struct Network {
  const FabricSpec* spec = nullptr;
  FabricOptions options;
  Layout layout;
  std::unique_ptr<FabricTimes> times;
  std::unique_ptr<FabricParts> parts;  // once there is an engine
  int first_trunk = 0;                 // how many there are in the networks before

  // From the fabric's numbers to those here.
  bool HasLink(int endpoint, int link) const {
    const NetworkPlace& place = layout.place();
    return endpoint >= place.first_endpoint &&
           endpoint < place.first_endpoint + layout.endpoints() && link >= place.first_link &&
           link < place.first_link + layout.links_per_endpoint();
  }
  std::vector<LinkTiming> timings() const;
};

using Networks = std::vector<std::unique_ptr<Network>>;

// Pod after pod, then what joins them; one for a fabric that has no pods. All count in one clock.
// Returns errors as Fabric::Create does.
absl::StatusOr<Networks> MakeNetworks(const FabricSpec& spec, const FabricOptions& options);

// Of a pod, of the network that joins them, and last of all; one of a fabric that has no pods. Each
// is the view of networks that outlive it.
std::vector<std::unique_ptr<FabricView>> MakeViews(const FabricSpec& spec,
                                                   const Networks& networks);

// The smallest window of all networks.
const FabricTimes::Delay& WindowOf(const Networks& networks);
std::optional<ClusterInfo> ClustersOf(const Networks& networks);

// About the memory of all of an idle fabric.
int64_t IdleBytes(const Networks& networks);

// The part of a schedule that one of several networks sees, in its own numbers. Returns
// kInvalidArgument if a fault names what no network has.
absl::StatusOr<FaultSchedule> FaultsOf(const FaultSchedule& schedule, const Networks& networks,
                                       size_t network);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_API_NETWORK_H_
