#include "fabric/topo/layout.h"

#include <limits>

#include "absl/strings/str_cat.h"

namespace upfabric::fabric {

absl::StatusOr<Layout> Layout::Create(const FabricSpec& spec, int partitions) {
  Layout layout;
  layout.endpoints_ = spec.endpoints;
  layout.partitions_ = partitions;
  for (const PlaneGroupSpec& group : spec.groups) {
    for (int i = 0; i < group.planes; ++i) {
      const int plane = static_cast<int>(layout.planes_.size());
      layout.planes_.push_back({layout.links_per_endpoint_, group.links});
      layout.links_per_endpoint_ += group.links;
      layout.plane_of_link_.insert(layout.plane_of_link_.end(), static_cast<size_t>(group.links),
                                   plane);
    }
  }
  constexpr int kLinksMax = std::numeric_limits<uint8_t>::max();       // Record::shares
  constexpr int kEndpointsMax = std::numeric_limits<uint16_t>::max();  // Record::source
  if (layout.links_per_endpoint_ < 1 || layout.links_per_endpoint_ > kLinksMax) {
    return absl::InvalidArgumentError(absl::StrCat("topology: ", layout.links_per_endpoint_,
                                                   " links for each endpoint; 1 to ", kLinksMax,
                                                   " are supported"));
  }
  if (spec.endpoints < 1 || spec.endpoints > kEndpointsMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "topology: ", spec.endpoints, " endpoints; 1 to ", kEndpointsMax, " are supported"));
  }
  return layout;
}

int Layout::OwnerOfEndpoint(EndpointId endpoint) const {
  return static_cast<int>(int64_t{endpoint.value()} * partitions_ / endpoints_);
}

int Layout::OwnerOfPlane(int plane) const {
  return static_cast<int>(int64_t{plane} * partitions_ / static_cast<int64_t>(planes_.size()));
}

ChannelId Layout::PostChannel(EndpointId endpoint, int link) const {
  return ChannelId(endpoint.value() * links_per_endpoint_ + link);
}

ChannelId Layout::DeliveryChannel(EndpointId endpoint, int link) const {
  return ChannelId((endpoints_ + endpoint.value()) * links_per_endpoint_ + link);
}

ChannelId Layout::ReturnChannel(EndpointId endpoint, int link) const {
  return ChannelId((2 * endpoints_ + endpoint.value()) * links_per_endpoint_ + link);
}

std::string Layout::ChannelName(EndpointId endpoint, int link, bool to_switch) const {
  const int plane = PlaneOfLink(link);
  const std::string gpu = absl::StrCat("gpu", endpoint.value(), ":", link);
  const std::string chip =
      absl::StrCat("sw", plane, ":", link - planes_[static_cast<size_t>(plane)].first_link);
  return to_switch ? absl::StrCat(gpu, ">", chip) : absl::StrCat(chip, ">", gpu);
}

}  // namespace upfabric::fabric
