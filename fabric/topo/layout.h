// The shape of a fabric as a graph: endpoints, switch chips, and the links between them; and which
// partition owns what.
//
// Models:  planes that do not meet, each a network of chips (or, in a full mesh, none) to which
//          every endpoint has one or more links. Links of an endpoint are numbered plane after
//          plane. Links have one number each: those of endpoints first (endpoint x links + link),
//          then the trunks between chips.
// Ownership: a partition owns whole planes with the ports that face them, and a block of endpoints;
//          without planes, both ends of a link. Packets never cross partitions; only messages on
//          their way between an endpoint and its ports do.

#ifndef UPFABRIC_FABRIC_TOPO_LAYOUT_H_
#define UPFABRIC_FABRIC_TOPO_LAYOUT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fabric/base/ids.h"
#include "fabric/model/direct_links.h"
#include "fabric/model/router.h"
#include "fabric/model/spec.h"
#include "fabric/topo/network_place.h"

namespace upfabric::fabric {

class Layout {
 public:
  // That a record can name; a Clos network may have more, for analysis alone.
  static constexpr int kEndpointsMax = 65'535;
  struct Plane {
    int first_link = 0;  // among the links of an endpoint
    int links = 0;
    int first_chip = 0;
    int chips = 0;
  };
  struct Chip {
    int plane = 0;
    int kind = 0;  // see FabricSpec::SwitchOfKind
    std::string name;
    int ports = 0;
  };
  struct ChipPort {
    int chip = -1;
    int port = -1;
  };
  struct Trunk {
    ChipPort from;
    ChipPort to;
    int kind = 0;  // see FabricSpec::LinkOfKind
  };
  // What a port of a chip is joined to: link `link` of an endpoint, or a trunk.
  struct Peer {
    int endpoint = -1;
    int link = -1;
    int trunk = -1;
    bool trunk_starts_here = false;
  };

  // Returns kInvalidArgument if a record cannot name all endpoints (but of a Clos network) or
  // links, or the shape's counts do not fit the endpoints.
  static absl::StatusOr<Layout> Create(const FabricSpec& spec, int partitions);

  // After Create it is a fabric by itself.
  void SetPlace(const NetworkPlace& place) { place_ = place; }
  const NetworkPlace& place() const { return place_; }
  // Numbers that channels between endpoints and their ports have.
  int channels() const { return 3 * endpoints_ * links_per_endpoint_; }

  int endpoints() const { return endpoints_; }
  int links_per_endpoint() const { return links_per_endpoint_; }
  const std::vector<Plane>& planes() const { return planes_; }
  int PlaneOfLink(int link) const { return plane_of_link_[static_cast<size_t>(link)]; }
  const std::vector<Chip>& chips() const { return chips_; }
  const std::vector<Trunk>& trunks() const { return trunks_; }
  // Null where planes are single switches, or there are none.
  const Router* router() const { return router_.get(); }
  // Set in a full mesh.
  const std::optional<DirectLinks>& direct() const { return direct_; }
  // Virtual channels that a message's one takes, so that no cycle of full buffers can form.
  int channel_classes() const { return channel_classes_; }

  // Requires: direct() is not set.
  ChipPort ChipOf(int endpoint, int link) const {
    return attached_[static_cast<size_t>(LinkOf(endpoint, link))];
  }
  const Peer& PeerOf(int chip, int port) const {
    return peers_[static_cast<size_t>(chip)][static_cast<size_t>(port)];
  }
  // Numbers of links. In a full mesh the end at the lower endpoint gives the number.
  int LinkOf(int endpoint, int link) const {
    return direct_.has_value() ? direct_->LinkOf(endpoint, link)
                               : endpoint * links_per_endpoint_ + link;
  }
  int LinkOfTrunk(int trunk) const { return endpoints_ * links_per_endpoint_ + trunk; }
  int links() const { return LinkOfTrunk(static_cast<int>(trunks_.size())); }

  int OwnerOfEndpoint(EndpointId endpoint) const;
  int OwnerOfPlane(int plane) const;
  int OwnerOfPort(EndpointId endpoint, int link) const;

  // Channels between an endpoint and its port; the only ones that can cross partitions.
  ChannelId PostChannel(EndpointId endpoint, int link) const;
  ChannelId DeliveryChannel(EndpointId endpoint, int link) const;
  ChannelId ReturnChannel(EndpointId endpoint, int link) const;

  // "gpu0:3>sw3:0" from link 3 of endpoint 0 to plane 3 (its link 0 there), or "sw3:0>gpu0:3";
  // "gpu0:0>leaf0:4" behind which there are more chips; "gpu0:1>gpu2:5" without.
  std::string ChannelName(EndpointId endpoint, int link, bool from_endpoint) const;
  std::string TrunkName(int trunk, bool forward) const;  // "leaf0:8>spine1:0"

  // For the shapes, before they add anything: kInvalidArgument if a record cannot name so many
  // links of an endpoint, or there are more endpoints or trunks in all planes than anyone can
  // build.
  absl::Status CheckSize(int64_t links_per_endpoint, int64_t trunks_of_plane, int64_t planes = 1,
                         int endpoints_max = kEndpointsMax) const;
  // Chips of a plane are added together; all chips before what joins them.
  void AddPlane(int links);
  int AddChip(int kind, const std::string& name, int ports);  // to the last plane; its number
  void Attach(int endpoint, int link, ChipPort to);
  void AddTrunk(const Trunk& trunk);
  void SetRouter(std::shared_ptr<const Router> router, int channel_classes) {
    router_ = std::move(router);
    channel_classes_ = channel_classes;
  }
  void SetDirect(const DirectLinks& direct) { direct_ = direct; }

 private:
  int endpoints_ = 0;
  int links_per_endpoint_ = 0;
  int partitions_ = 1;
  std::vector<Plane> planes_;
  std::vector<int> plane_of_link_;
  std::vector<Chip> chips_;
  std::vector<Trunk> trunks_;
  std::vector<ChipPort> attached_;        // by endpoint and link
  std::vector<std::vector<Peer>> peers_;  // by chip and port
  std::shared_ptr<const Router> router_;
  std::optional<DirectLinks> direct_;
  int channel_classes_ = 1;
  NetworkPlace place_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_TOPO_LAYOUT_H_
