// The shape of a multi-plane, single-stage fabric: which link of an endpoint goes to which plane,
// and which partition owns what.
//
// Models:  planes that do not meet; each plane is one switch chip with one or more links from every
//          endpoint. Links of an endpoint are numbered plane after plane.
// Ownership: a partition owns whole planes with the ports that face them, and a block of endpoints.
//          Packets never cross partitions; only messages on their way between an endpoint and its
//          ports do.

#ifndef UPFABRIC_FABRIC_TOPO_LAYOUT_H_
#define UPFABRIC_FABRIC_TOPO_LAYOUT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fabric/base/ids.h"
#include "fabric/model/spec.h"

namespace upfabric::fabric {

class Layout {
 public:
  struct Plane {
    int first_link = 0;  // among the links of an endpoint
    int links = 0;
  };

  // Returns kInvalidArgument if a record cannot name all endpoints or links.
  static absl::StatusOr<Layout> Create(const FabricSpec& spec, int partitions);

  int endpoints() const { return endpoints_; }
  int links_per_endpoint() const { return links_per_endpoint_; }
  const std::vector<Plane>& planes() const { return planes_; }
  int PlaneOfLink(int link) const { return plane_of_link_[static_cast<size_t>(link)]; }

  int OwnerOfEndpoint(EndpointId endpoint) const;
  int OwnerOfPlane(int plane) const;

  // Channels between an endpoint and its port; the only ones that can cross partitions.
  ChannelId PostChannel(EndpointId endpoint, int link) const;
  ChannelId DeliveryChannel(EndpointId endpoint, int link) const;
  ChannelId ReturnChannel(EndpointId endpoint, int link) const;

  // "gpu0:3>sw3:0" from link 3 of endpoint 0 to plane 3 (its link 0 there), or "sw3:0>gpu0:3".
  std::string ChannelName(EndpointId endpoint, int link, bool to_switch) const;

 private:
  int endpoints_ = 0;
  int links_per_endpoint_ = 0;
  int partitions_ = 1;
  std::vector<Plane> planes_;
  std::vector<int> plane_of_link_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_TOPO_LAYOUT_H_
