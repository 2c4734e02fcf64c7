// The arithmetic that all components of one fabric share: kinds of links and channels, the clock,
// the window.
//
// Models:  a channel's kind is that of its link and of what receives there, an endpoint or a chip.
// Ownership: components keep pointers into it; it does not move.

#ifndef UPFABRIC_FABRIC_API_FABRIC_TIMES_H_
#define UPFABRIC_FABRIC_API_FABRIC_TIMES_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "fabric/api/fabric.h"
#include "fabric/model/endpoint_times.h"
#include "fabric/model/fault_timeline.h"
#include "fabric/model/flit_errors.h"
#include "fabric/model/groups.h"
#include "fabric/model/hop_times.h"
#include "fabric/model/read_requester.h"
#include "fabric/model/reduction_unit.h"
#include "fabric/model/transport_port.h"
#include "fabric/topo/layout.h"

namespace upfabric::fabric {

inline constexpr int kEndpointReceives = -1;

class FabricTimes {
 public:
  struct Delay {
    std::string name;
    sim::Ticks ticks = 0;
  };

  // In ticks of `clock`, if it is given. Returns kInvalidArgument as Fabric::Create does.
  static absl::StatusOr<std::unique_ptr<FabricTimes>> Create(const FabricSpec& spec,
                                                             const FabricOptions& options,
                                                             const Layout& layout,
                                                             const sim::Clock* clock = nullptr);

  const LinkTiming& timing(int link_kind) const { return kinds_[Index(link_kind)]->timing; }
  const sim::Clock& clock() const { return timing(0).clock(); }
  const EndpointTimes& endpoint() const { return endpoint_; }
  // Of channels on such links to `receiver`: a kind of switch, or kEndpointReceives.
  const HopTimes& Channel(int link_kind, int receiver) const {
    return channels_.at({link_kind, receiver}).times;
  }
  // Wire units of the receiver's buffer.
  uint32_t BufferUnitsOf(int link_kind, int receiver) const {
    return channels_.at({link_kind, receiver}).buffer_units;
  }
  int64_t WireBytes(int64_t units) const {
    return (timing(0).framing().unit_bytes() * Ratio(units)).Ceil();
  }
  // The smallest delay of any channel, those inside clusters left out.
  const Delay& window() const { return window_; }
  // The smallest delay of links; empty unless it is shorter than FabricOptions::min_window, which
  // makes each plane a cluster.
  const std::optional<Delay>& cluster_window() const { return cluster_window_; }

  // What switches reduce with; null where they do not. Limits of reads are by plane.
  const ReductionTimes* reduction() const { return read_limits_.empty() ? nullptr : &reduction_; }
  const ReadLimits* reads(int plane) const {
    return read_limits_.empty() ? nullptr : &read_limits_[Index(plane)];
  }

  // Null where switches do not drop.
  const TransportTimes* transport() const { return transport_.get(); }

  // The state that components look at; it changes between rows and windows.
  FaultTimeline faults;
  GroupTable groups;

 private:
  struct LinkKind {
    LinkTiming timing;
    FlitErrorTables errors;
    ShapeTables shapes;

    LinkKind(const LinkSpec& spec, LinkTiming from);
  };
  struct ChannelKind {
    HopTimes times;
    uint32_t buffer_units = 0;
  };

  FabricTimes() = default;
  static size_t Index(int index) { return static_cast<size_t>(index); }
  absl::Status MakeKinds(const FabricSpec& spec, const sim::Clock* given);
  absl::Status MakeChannels(const FabricSpec& spec, const FabricOptions& options,
                            const Layout& layout);
  absl::Status AddChannel(const FabricSpec& spec, const HopTimes& common, int link_kind,
                          int receiver);
  void MakeEndpoint(const FabricSpec& spec, const FabricOptions& options, const Layout& layout);
  void MakeTransport(const FabricSpec& spec, const Layout& layout);
  void MakeReduction(const FabricSpec& spec, const Layout& layout);
  absl::Status MakeWindow(const FabricOptions& options);

  std::vector<std::unique_ptr<LinkKind>> kinds_;
  std::map<std::pair<int, int>, ChannelKind> channels_;  // by kind of link and receiver
  EndpointTimes endpoint_;
  ReductionTimes reduction_;
  std::vector<ReadLimits> read_limits_;
  std::unique_ptr<TransportTimes> transport_;
  Delay window_;
  std::optional<Delay> cluster_window_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_API_FABRIC_TIMES_H_
