#include "fabric/api/network.h"

#include <numeric>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "fabric/base/fingerprint.h"
#include "fabric/base/status.h"
#include "fabric/topo/deadlock_check.h"
#include "fabric/topo/network_view.h"
#include "fabric/topo/pods_view.h"

namespace upfabric::fabric {
namespace {

absl::StatusOr<std::unique_ptr<Network>> MakeNetwork(const FabricSpec& spec,
                                                     const FabricOptions& options, bool first) {
  auto network = std::make_unique<Network>();
  network->spec = &spec;
  network->options = options;
  UPF_ASSIGN_OR_RETURN(network->layout, Layout::Create(spec, options.partitions));
  // What has more endpoints than records can name goes up and then down (Layout).
  if (options.check_deadlock && first && spec.endpoints <= Layout::kEndpointsMax) {
    UPF_RETURN_IF_ERROR(CheckDeadlockFree(spec, network->layout));
  }
  UPF_ASSIGN_OR_RETURN(network->times, FabricTimes::Create(spec, options, network->layout));
  return network;
}

// Gives each its place in the fabric.
void Place(const FabricSpec& spec, Networks& networks) {
  NetworkPlace place;
  place.endpoints = spec.all_endpoints();
  for (const std::unique_ptr<Network>& network : networks) {
    place.planes += static_cast<int>(network->layout.planes().size());
  }
  int trunks = 0;
  for (size_t i = 0; i < networks.size(); ++i) {
    Network& network = *networks[i];
    const bool joins_pods = i + 1 == networks.size();
    const int pod = joins_pods ? 0 : static_cast<int>(i);
    place.first_endpoint = pod * spec.endpoints;
    place.first_link = joins_pods ? networks.front()->layout.links_per_endpoint() : 0;
    place.prefix = joins_pods ? "out." : absl::StrCat("pod", pod, ".");
    network.layout.SetPlace(place);
    network.first_trunk = trunks;
    place.first_plane += static_cast<int>(network.layout.planes().size());
    place.first_channel += network.layout.channels();
    trunks += static_cast<int>(network.layout.trunks().size());
    if (i > 0) {  // draws of its own
      network.options.seed = Chain(network.options.seed, i);
    }
  }
}

// A link of the fabric as `network` names it, or nothing if it is in another one.
std::optional<LinkRef> Translate(const LinkRef& link, const Network& network) {
  const NetworkPlace& place = network.layout.place();
  if (link.endpoint.value() < 0) {
    const int trunk = link.link - network.first_trunk;
    const bool here = trunk >= 0 && trunk < static_cast<int>(network.layout.trunks().size());
    return here ? std::optional<LinkRef>({link.endpoint, trunk}) : std::nullopt;
  }
  if (!network.HasLink(link.endpoint.value(), link.link)) {
    return std::nullopt;
  }
  return LinkRef{EndpointId(link.endpoint.value() - place.first_endpoint),
                 link.link - place.first_link};
}

struct Translator {
  const Network& network;

  std::optional<Fault> operator()(const PlaneStateFault& fault) const {
    const int plane = fault.plane - network.layout.place().first_plane;
    const bool here = plane >= 0 && plane < static_cast<int>(network.layout.planes().size());
    return here ? std::optional<Fault>({SimTime(), PlaneStateFault{plane, fault.up}})
                : std::nullopt;
  }
  std::optional<Fault> operator()(const SlowEndpointFault& fault) const {
    SlowEndpointFault here = fault;
    const int endpoint = fault.endpoint.value() - network.layout.place().first_endpoint;
    here.endpoint = EndpointId(endpoint);
    return endpoint >= 0 && endpoint < network.layout.endpoints()
               ? std::optional<Fault>({SimTime(), here})
               : std::nullopt;
  }
  template <typename OfLink>
  std::optional<Fault> operator()(const OfLink& fault) const {
    const std::optional<LinkRef> link = Translate(fault.link, network);
    if (!link.has_value()) {
      return std::nullopt;
    }
    OfLink here = fault;
    here.link = *link;
    return Fault{SimTime(), here};
  }
};

}  // namespace

std::vector<LinkTiming> Network::timings() const {
  std::vector<LinkTiming> timings;
  for (size_t kind = 0; kind <= spec->more_links.size(); ++kind) {
    timings.push_back(times->timing(static_cast<int>(kind)));
  }
  return timings;
}

absl::StatusOr<Networks> MakeNetworks(const FabricSpec& spec, const FabricOptions& options) {
  Networks networks;
  for (int pod = 0; pod < spec.pods(); ++pod) {
    UPF_ASSIGN_OR_RETURN(networks.emplace_back(), MakeNetwork(spec, options, pod == 0));
  }
  if (!spec.scale_out.has_value()) {
    return networks;
  }
  UPF_ASSIGN_OR_RETURN(networks.emplace_back(),
                       MakeNetwork(*spec.scale_out->network, options, true));
  int64_t q = 1;
  for (const std::unique_ptr<Network>& network : networks) {
    q = std::min(std::lcm(q, network->times->clock().ticks_per_picosecond()),
                 sim::Clock::kTicksPerPicosecondMax);
  }
  const sim::Clock clock(q);
  for (const std::unique_ptr<Network>& network : networks) {
    UPF_ASSIGN_OR_RETURN(network->times,
                         FabricTimes::Create(*network->spec, options, network->layout, &clock));
  }
  Place(spec, networks);
  return networks;
}

std::vector<std::unique_ptr<FabricView>> MakeViews(const FabricSpec& spec,
                                                   const Networks& networks) {
  const auto view_of = [](const Network& network) {
    return std::make_unique<NetworkView>(*network.spec, network.layout, network.timings());
  };
  std::vector<std::unique_ptr<FabricView>> views;
  views.push_back(view_of(*networks.front()));
  if (networks.size() > 1) {
    views.push_back(view_of(*networks.back()));
    views.push_back(std::make_unique<PodsView>(spec.pods(), *views[0], *views[1]));
  }
  return views;
}

const FabricTimes::Delay& WindowOf(const Networks& networks) {
  const FabricTimes::Delay* smallest = &networks.front()->times->window();
  for (const std::unique_ptr<Network>& network : networks) {
    if (network->times->window().ticks < smallest->ticks) {
      smallest = &network->times->window();
    }
  }
  return *smallest;
}

std::optional<ClusterInfo> ClustersOf(const Networks& networks) {
  ClusterInfo info;
  for (const std::unique_ptr<Network>& network : networks) {
    const std::optional<FabricTimes::Delay>& inner = network->times->cluster_window();
    if (!inner.has_value()) {
      continue;
    }
    const Picoseconds window = network->times->clock().ToPicoseconds(inner->ticks);
    if (info.clusters == 0 || window < info.window) {
      info.window = window;
      info.limit = inner->name;
    }
    info.clusters += static_cast<int>(network->layout.planes().size());
  }
  return info.clusters > 0 ? std::optional<ClusterInfo>(info) : std::nullopt;
}

int64_t IdleBytes(const Networks& networks) {
  constexpr int64_t kBytesOfLink = 1'200;  // measured: both directions, and the way to the endpoint
  int64_t links = 0;
  for (const std::unique_ptr<Network>& network : networks) {
    links += network->layout.links();
  }
  return links * kBytesOfLink;
}

absl::StatusOr<FaultSchedule> FaultsOf(const FaultSchedule& schedule, const Networks& networks,
                                       size_t network) {
  if (networks.size() == 1) {
    return schedule;
  }
  FaultSchedule here;
  for (size_t i = 0; i < schedule.size(); ++i) {
    bool anywhere = false;
    for (size_t n = 0; n < networks.size(); ++n) {
      std::optional<Fault> fault = std::visit(Translator{*networks[n]}, schedule[i].what);
      anywhere |= fault.has_value();
      if (fault.has_value() && n == network) {
        fault->time = schedule[i].time;
        here.push_back(*fault);
      }
    }
    if (!anywhere) {
      return absl::InvalidArgumentError(
          absl::StrCat("faults[", i,
                       "]: no network of the fabric has such an endpoint, link or "
                       "plane; `upfabric show` tells how many there are"));
    }
  }
  return here;
}

}  // namespace upfabric::fabric
