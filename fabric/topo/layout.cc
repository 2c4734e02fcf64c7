#include "fabric/topo/layout.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "fabric/base/check.h"
#include "fabric/base/status.h"
#include "fabric/topo/shapes.h"

namespace upfabric::fabric {

absl::StatusOr<Layout> Layout::Create(const FabricSpec& spec, int partitions) {
  Layout layout;
  layout.endpoints_ = spec.endpoints;
  layout.partitions_ = partitions;
  UPF_RETURN_IF_ERROR(BuildShape(spec, layout));
  layout.place_.endpoints = spec.endpoints;
  layout.place_.planes = static_cast<int>(layout.planes_.size());
  return layout;
}

absl::Status Layout::CheckSize(int64_t links_per_endpoint, int64_t trunks_of_plane, int64_t planes,
                               int endpoints_max) const {
  constexpr int64_t kLinksMax = std::numeric_limits<uint8_t>::max();  // Record::shares
  constexpr int64_t kTrunksMax = 1 << 22;  // chosen: a trunk takes over 1 KB once it is built
  if (links_per_endpoint < 1 || links_per_endpoint > kLinksMax) {
    return absl::InvalidArgumentError(absl::StrCat("topology: ", links_per_endpoint,
                                                   " links for each endpoint; 1 to ", kLinksMax,
                                                   " are supported"));
  }
  if (endpoints_ < 1 || endpoints_ > endpoints_max) {
    return absl::InvalidArgumentError(absl::StrCat("topology: ", endpoints_, " endpoints; 1 to ",
                                                   endpoints_max, " are supported"));
  }
  if (trunks_of_plane > kTrunksMax / planes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "topology: ", trunks_of_plane, " links between the switches of a plane; at most ",
        kTrunksMax / planes, " are supported"));
  }
  return absl::OkStatus();
}

void Layout::AddPlane(int links) {
  const int plane = static_cast<int>(planes_.size());
  planes_.push_back({links_per_endpoint_, links, static_cast<int>(chips_.size()), 0});
  links_per_endpoint_ += links;
  plane_of_link_.insert(plane_of_link_.end(), static_cast<size_t>(links), plane);
}

int Layout::AddChip(int kind, const std::string& name, int ports) {
  chips_.push_back({static_cast<int>(planes_.size()) - 1, kind, name, ports});
  peers_.emplace_back(static_cast<size_t>(ports));
  ++planes_.back().chips;
  return static_cast<int>(chips_.size()) - 1;
}

// Requires: all planes have been added.
void Layout::Attach(int endpoint, int link, ChipPort to) {
  if (attached_.empty()) {
    attached_.resize(static_cast<size_t>(endpoints_ * links_per_endpoint_));
  }
  attached_[static_cast<size_t>(LinkOf(endpoint, link))] = to;
  peers_[static_cast<size_t>(to.chip)][static_cast<size_t>(to.port)] = {endpoint, link};
}

void Layout::AddTrunk(const Trunk& trunk) {
  const int index = static_cast<int>(trunks_.size());
  trunks_.push_back(trunk);
  const auto join = [&](const ChipPort& end, bool starts_here) {
    peers_[static_cast<size_t>(end.chip)][static_cast<size_t>(end.port)] = {-1, -1, index,
                                                                            starts_here};
  };
  join(trunk.from, true);
  join(trunk.to, false);
}

int Layout::OwnerOfEndpoint(EndpointId endpoint) const {
  return static_cast<int>(int64_t{place_.first_endpoint + endpoint.value()} * partitions_ /
                          place_.endpoints);
}

int Layout::OwnerOfPlane(int plane) const {
  return static_cast<int>(int64_t{place_.first_plane + plane} * partitions_ / place_.planes);
}

int Layout::OwnerOfPort(EndpointId endpoint, int link) const {
  if (direct_.has_value()) {
    return LinkOf(endpoint.value(), link) % partitions_;
  }
  return OwnerOfPlane(PlaneOfLink(link));
}

ChannelId Layout::PostChannel(EndpointId endpoint, int link) const {
  return ChannelId(place_.first_channel + endpoint.value() * links_per_endpoint_ + link);
}

ChannelId Layout::DeliveryChannel(EndpointId endpoint, int link) const {
  return ChannelId(place_.first_channel + (endpoints_ + endpoint.value()) * links_per_endpoint_ +
                   link);
}

ChannelId Layout::ReturnChannel(EndpointId endpoint, int link) const {
  return ChannelId(place_.first_channel +
                   (2 * endpoints_ + endpoint.value()) * links_per_endpoint_ + link);
}

std::string Layout::ChannelName(EndpointId endpoint, int link, bool from_endpoint) const {
  const auto gpu_name = [this](int e, int l) {
    return absl::StrCat("gpu", place_.first_endpoint + e, ":", place_.first_link + l);
  };
  const std::string gpu = gpu_name(endpoint.value(), link);
  std::string far;
  if (direct_.has_value()) {
    const DirectLinks::End end = direct_->FarEnd(endpoint.value(), link);
    far = gpu_name(end.endpoint, end.link);
  } else {
    const ChipPort& at = ChipOf(endpoint.value(), link);
    const Plane& plane = planes_[static_cast<size_t>(PlaneOfLink(link))];
    far = absl::StrCat(place_.prefix, chips_[static_cast<size_t>(at.chip)].name, ":",
                       router_ != nullptr ? at.port : link - plane.first_link);
  }
  return from_endpoint ? absl::StrCat(gpu, ">", far) : absl::StrCat(far, ">", gpu);
}

std::string Layout::TrunkName(int trunk, bool forward) const {
  const auto name = [this](const ChipPort& end) {
    return absl::StrCat(place_.prefix, chips_[static_cast<size_t>(end.chip)].name, ":", end.port);
  };
  const Trunk& ends = trunks_[static_cast<size_t>(trunk)];
  return forward ? absl::StrCat(name(ends.from), ">", name(ends.to))
                 : absl::StrCat(name(ends.to), ">", name(ends.from));
}

}  // namespace upfabric::fabric
