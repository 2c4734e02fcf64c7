// The chips and ports of one partition of a network, joined by channels.
//
// Ownership: it owns them; the engine and the times must outlive it.

#ifndef UPFABRIC_FABRIC_API_FABRIC_PARTS_H_
#define UPFABRIC_FABRIC_API_FABRIC_PARTS_H_

#include <memory>
#include <string>
#include <vector>

#include "fabric/api/endpoint_set.h"
#include "fabric/api/fabric.h"
#include "fabric/api/fabric_times.h"
#include "fabric/model/endpoint_port.h"
#include "fabric/model/switch_chip.h"
#include "fabric/sim/engine.h"
#include "fabric/topo/layout.h"

namespace upfabric::fabric {

class FabricParts {
 public:
  struct PortParts {
    EndpointId endpoint;
    int link = 0;
    std::unique_ptr<EndpointPort> port;
    ComponentId component;
  };
  struct ChipParts {
    int chip = 0;
    std::unique_ptr<SwitchChip> part;
    ComponentId component;
    int64_t packets_stranded = 0;  // in it at the ends of rows that were blocked
  };
  // One direction of a link between two parts of this partition.
  struct Channel {
    std::string name;
    int endpoint = -1;  // at one end, unless it is a trunk
    int plane = 0;
    int link = 0;      // of the endpoint; a trunk: its number
    int number = 0;    // of the link
    int kind = 0;      // likewise
    int receiver = 0;  // as FabricTimes::Channel has it
    bool from_endpoint = false;
    Transmitter* sender = nullptr;
    const ReceiveCounters* received = nullptr;
    const EndpointPort* port = nullptr;  // the sender, if it is one
    const SwitchChip* chip = nullptr;    // likewise, with the sending port
    int chip_port = 0;
  };

  // Chips and ports that will be made.
  static int CountOf(const Layout& layout, const FabricOptions& options);

  FabricParts(const FabricSpec& spec, const FabricOptions& options, const Layout& layout,
              const FabricTimes& times, sim::Engine& engine);

  std::vector<PortParts>& ports() { return ports_; }
  const std::vector<PortParts>& ports() const { return ports_; }
  std::vector<ChipParts>& chips() { return chips_; }
  const std::vector<ChipParts>& chips() const { return chips_; }
  // Plane after plane: each link of an endpoint, away from it and back; then the trunks.
  const std::vector<Channel>& channels() const { return channels_; }
  // Once: joins them to each other, and to the endpoints.
  void Join(EndpointSet& endpoints);

 private:
  void MakePlane(int plane);
  void MakeChip(int chip);
  void MakePort(EndpointId endpoint, int link);
  void JoinPort(PortParts& parts);
  void JoinToChip(PortParts& parts);
  void JoinToPort(PortParts& parts);
  void JoinTrunk(int trunk);
  void JoinEndpoint(EndpointId id, EndpointParts& parts);
  EndpointParts* Owned(EndpointId endpoint);
  void AddChannels(PortParts& parts);
  void AddTrunkChannels(int trunk);
  ChannelPlace PlaceOf(int link, bool forward) const;
  PortParts& PortOf(EndpointId endpoint, int link);
  ChipParts* ChipPartsOf(int chip);

  const FabricSpec& spec_;
  const FabricOptions& options_;
  const Layout& layout_;
  const FabricTimes& times_;
  sim::Engine& engine_;
  EndpointSet* endpoints_ = nullptr;
  std::vector<PortParts> ports_;  // in order of construction, as all of them
  std::vector<ChipParts> chips_;
  std::vector<int> port_index_;  // by endpoint and link: in ports_, or -1
  std::vector<int> chip_index_;  // by chip: in chips_, or -1
  std::vector<Channel> channels_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_API_FABRIC_PARTS_H_
