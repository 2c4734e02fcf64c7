#include "fabric/api/fabric.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "fabric/api/endpoint_set.h"
#include "fabric/api/fabric_faults.h"
#include "fabric/api/fabric_parts.h"
#include "fabric/api/fabric_times.h"
#include "fabric/api/message_paths.h"
#include "fabric/api/network.h"
#include "fabric/api/spec_checks.h"
#include "fabric/base/fingerprint.h"
#include "fabric/base/status.h"
#include "fabric/sim/engine.h"
#include "fabric/topo/layout.h"

namespace upfabric::fabric {
namespace {

using sim::Ticks;

class FabricImpl final : public Fabric {
 public:
  // `networks` are of `spec`.
  FabricImpl(std::unique_ptr<const FabricSpec> spec, const FabricOptions& options,
             Networks networks);

  const FabricView& view() const override { return *views_.back(); }
  const FabricView& ViewOf(const std::vector<EndpointId>& endpoints) const override;
  bool Owns(EndpointId endpoint) const override { return OwnerOf(endpoint) == options_.partition; }
  int OwnerOf(EndpointId endpoint) const override {
    return networks_.back()->layout.OwnerOfEndpoint(endpoint);
  }
  Picoseconds Window() const override { return clock().ToPicoseconds(WindowOf(networks_).ticks); }
  std::string WindowLimit() const override { return WindowOf(networks_).name; }
  std::optional<ClusterInfo> Clusters() const override { return ClustersOf(networks_); }
  absl::Status SetGroups(GroupTable groups) override;
  void Attach(EndpointId endpoint, MessagePortClient* client) override;
  absl::Status SetFaults(const FaultSchedule& schedule) override;
  absl::Status Watch(const std::vector<WatchedMessage>& messages) override;
  std::vector<MessagePath> WatchedPaths() const override;
  absl::Status RunRow(sim::WindowExchange& exchange) override;
  std::vector<std::string> Blocked() const override { return running_ ? FindBlocked() : blocked_; }
  std::vector<std::pair<EndpointId, uint64_t>> DeliveryHashes() const override { return hashes_; }
  std::vector<ChannelCounters> Counters() const override;
  FabricTotals Totals() const override;
  SimTime Now() const override { return TimeOf(engine_.now()); }
  SimTime TimeOf(Ticks ticks) const override { return SimTime(clock().ToPicoseconds(ticks)); }
  int64_t MemoryBytes() const override {
    return engine_.MemoryBytes() + static_cast<int64_t>(sizeof(FabricImpl));
  }

 private:
  void MakeEndpoints();
  const sim::Clock& clock() const { return networks_.front()->times->clock(); }
  int64_t FaultsBefore(Ticks end) const;
  void AddCounters(const Network& network, std::vector<ChannelCounters>& all) const;
  void WakeWaiting();
  void CheckConservation(const FabricParts& all) const;
  absl::Status RowStatus() const;
  std::vector<std::string> FindBlocked() const;

  std::unique_ptr<const FabricSpec> spec_;
  FabricOptions options_;
  Networks networks_;
  std::vector<std::unique_ptr<FabricView>> views_;  // the last one is of all networks
  sim::Engine engine_;
  EndpointSet endpoints_;
  std::vector<std::unique_ptr<NetworkWatch>> watches_;  // by network, or none
  std::vector<std::pair<EndpointId, uint64_t>> hashes_;
  std::vector<std::string> blocked_;
  std::vector<Ticks> fault_times_;  // of the schedule
  int64_t faults_happened_ = 0;     // in the rows before
  bool running_ = false;
  bool routes_move_ = false;  // links or planes go down or up in the schedule
};

int ComponentsOf(const Networks& networks, const FabricOptions& options) {
  int count = 0;
  for (const std::unique_ptr<Network>& network : networks) {
    count += FabricParts::CountOf(network->layout, network->options);
  }
  const Layout& all = networks.back()->layout;
  for (int e = 0; e < all.endpoints(); ++e) {
    count += all.OwnerOfEndpoint(EndpointId(e)) == options.partition ? 1 : 0;
  }
  return count;
}

FabricImpl::FabricImpl(std::unique_ptr<const FabricSpec> spec, const FabricOptions& options,
                       Networks networks)
    : spec_(std::move(spec)),
      options_(options),
      networks_(std::move(networks)),
      views_(MakeViews(*spec_, networks_)),
      engine_(ComponentsOf(networks_, options_), options.partitions) {
  if (!options_.reverse_construction) {
    MakeEndpoints();
  }
  for (const std::unique_ptr<Network>& network : networks_) {
    network->parts = std::make_unique<FabricParts>(*network->spec, network->options,
                                                   network->layout, *network->times, engine_);
  }
  if (options_.reverse_construction) {
    MakeEndpoints();
  }
  for (const std::unique_ptr<Network>& network : networks_) {
    network->parts->Join(endpoints_);
  }
}

const FabricView& FabricImpl::ViewOf(const std::vector<EndpointId>& endpoints) const {
  const auto pod_of = [this](EndpointId endpoint) { return endpoint.value() / spec_->endpoints; };
  const bool in_one_pod = std::all_of(endpoints.begin(), endpoints.end(), [&](EndpointId endpoint) {
    return pod_of(endpoint) == pod_of(endpoints[0]);
  });
  return in_one_pod ? *views_.front() : *views_.back();
}

void FabricImpl::MakeEndpoints() {
  const int count = networks_.back()->layout.endpoints();
  for (int i = 0; i < count; ++i) {
    const EndpointId id(options_.reverse_construction ? count - 1 - i : i);
    if (!Owns(id)) {
      continue;
    }
    std::vector<EndpointSide> sides;
    for (const std::unique_ptr<Network>& network : networks_) {
      const Layout& layout = network->layout;
      const EndpointSide side = {&network->times->endpoint(), layout.place().first_link,
                                 layout.links_per_endpoint(), layout.place().first_endpoint,
                                 layout.endpoints()};
      if (side.Reaches(id.value())) {
        sides.push_back(side);
      }
    }
    EndpointParts parts;
    parts.id = id;
    parts.endpoint = std::make_unique<Endpoint>(sides, id, count);
    parts.component = engine_.Add(*parts.endpoint);
    endpoints_.Add(std::move(parts));
  }
}

absl::Status FabricImpl::SetGroups(GroupTable groups) {
  FabricTimes& times = *networks_.front()->times;
  if (times.reduction() == nullptr) {
    return absl::UnimplementedError(
        absl::StrCat(spec_->id, ": the switches neither copy nor reduce packets"));
  }
  if (networks_.size() > 1) {
    return absl::UnimplementedError(
        absl::StrCat(spec_->id,
                     ": copies and reductions are not modelled in pods that another "
                     "network joins"));
  }
  if (!groups.empty() && routes_move_) {
    return RefuseRoutesWithGroups();
  }
  const auto groups_max = static_cast<size_t>(spec_->switch_chip.in_switch->groups);
  if (groups.size() > groups_max) {
    return absl::InvalidArgumentError(
        absl::StrCat(groups.size(), " groups; the switches have ", groups_max));
  }
  const int endpoints = networks_.front()->layout.endpoints();
  for (size_t i = 0; i < groups.size(); ++i) {
    std::vector<EndpointId>& members = groups[i];
    std::sort(members.begin(), members.end());
    const bool twice = std::adjacent_find(members.begin(), members.end()) != members.end();
    if (members.empty() || twice || members.front().value() < 0 ||
        members.back().value() >= endpoints) {
      return absl::InvalidArgumentError(
          absl::StrCat("group ", i, ": needs members, all different, from 0 to ", endpoints - 1));
    }
  }
  times.groups = std::move(groups);
  return absl::OkStatus();
}

void FabricImpl::Attach(EndpointId endpoint, MessagePortClient* client) {
  EndpointParts* parts = endpoints_.Owned(endpoint);
  UPF_CHECK(parts != nullptr);
  parts->endpoint->Attach(client);
  engine_.WakeAt(parts->component, 0);
}

absl::Status FabricImpl::SetFaults(const FaultSchedule& schedule) {
  if (!networks_.front()->times->groups.empty() && MovesRoutes(schedule)) {
    return RefuseRoutesWithGroups();
  }
  UPF_RETURN_IF_ERROR(CheckTrunksStayUp(schedule));
  std::vector<FaultTimeline> timelines;
  for (size_t i = 0; i < networks_.size(); ++i) {
    const Network& network = *networks_[i];
    UPF_ASSIGN_OR_RETURN(const FaultSchedule here, FaultsOf(schedule, networks_, i));
    const bool scatters = Scatters(*network.spec) || network.times->transport() != nullptr;
    if (scatters && MovesRoutes(here)) {
      return absl::UnimplementedError(
          "faults: links and planes that go down are not modelled where switches spray packets, "
          "route adaptively or drop");
    }
    UPF_ASSIGN_OR_RETURN(timelines.emplace_back(),
                         FaultTimeline::Create(here, FaultTargetsOf(*network.spec, network.layout,
                                                                    network.times->timing(0))));
  }
  for (size_t i = 0; i < networks_.size(); ++i) {
    networks_[i]->times->faults = std::move(timelines[i]);
  }
  fault_times_.clear();
  for (const Fault& fault : schedule) {
    fault_times_.push_back(clock().FromPicoseconds(fault.time.since_start()));
  }
  routes_move_ = MovesRoutes(schedule);
  if (running_ && !schedule.empty()) {
    WakeWaiting();
  }
  return absl::OkStatus();
}

int64_t FabricImpl::FaultsBefore(Ticks end) const {
  return std::count_if(fault_times_.begin(), fault_times_.end(),
                       [end](Ticks time) { return time < end; });
}

// Who waits knows only the faults of the last schedule.
void FabricImpl::WakeWaiting() {
  for (const std::unique_ptr<Network>& network : networks_) {
    const Ticks next = network->times->faults.NextTime(engine_.now());
    for (const FabricParts::PortParts& parts : network->parts->ports()) {
      if (parts.port->waiting()) {
        engine_.WakeAt(parts.component, next);
      }
    }
    for (const FabricParts::ChipParts& parts : network->parts->chips()) {
      engine_.WakeAt(parts.component, next);
    }
  }
}

absl::Status FabricImpl::Watch(const std::vector<WatchedMessage>& messages) {
  for (const std::unique_ptr<Network>& network : networks_) {
    if (network->times->transport() != nullptr) {
      return absl::UnimplementedError(
          absl::StrCat(spec_->id,
                       ": switches drop packets and endpoints send them again; the way "
                       "of a message is not written down there"));
    }
  }
  watches_.clear();
  for (const std::unique_ptr<Network>& network : networks_) {
    if (!messages.empty()) {
      const bool joins = networks_.size() > 1 && network == networks_.back();
      watches_.push_back(
          std::make_unique<NetworkWatch>(*network, joins, spec_->endpoints, messages));
    }
  }
  return absl::OkStatus();
}

std::vector<MessagePath> FabricImpl::WatchedPaths() const {
  std::vector<MessagePath> paths;
  for (const std::unique_ptr<NetworkWatch>& watch : watches_) {
    watch->AppendPaths(paths);
  }
  return paths;
}

absl::Status FabricImpl::RunRow(sim::WindowExchange& exchange) {
  sim::Engine::Shorten shorten;
  if (options_.random_window_seed != 0) {
    shorten = [this](int64_t index, Ticks longest) -> Ticks {
      const uint64_t draw = Chain(options_.random_window_seed, static_cast<uint64_t>(index));
      return 1 + static_cast<Ticks>(draw % static_cast<uint64_t>(longest));
    };
  }
  running_ = true;
  absl::Status status = engine_.Run(exchange, WindowOf(networks_).ticks, shorten);
  running_ = false;
  hashes_.clear();
  for (const EndpointParts& parts : endpoints_.all()) {
    hashes_.emplace_back(parts.id, parts.endpoint->delivery_hash());
  }
  std::sort(hashes_.begin(), hashes_.end());
  faults_happened_ += FaultsBefore(engine_.now());
  for (const std::unique_ptr<Network>& network : networks_) {
    for (FabricParts::ChipParts& parts : network->parts->chips()) {
      parts.part->PassFaults(sim::kNever);
    }
    for (FabricParts::PortParts& parts : network->parts->ports()) {
      parts.port->PassFaults(sim::kNever);
    }
  }
  blocked_ = FindBlocked();
  if (status.ok()) {
    for (const std::unique_ptr<Network>& network : networks_) {
      CheckConservation(*network->parts);
    }
    status = RowStatus();
  }
  for (const std::unique_ptr<Network>& network : networks_) {
    for (FabricParts::ChipParts& parts : network->parts->chips()) {
      parts.packets_stranded += parts.part->packets_held();
    }
  }
  engine_.Reset();
  return status;
}

// A quiet fabric: what was sent has arrived, and all credits are home; but what waits for leaked
// credits keeps its place in a buffer.
void FabricImpl::CheckConservation(const FabricParts& all) const {
  for (const FabricParts::Channel& channel : all.channels()) {
    CheckArrived(channel.sender->sent(), *channel.received);
    UPF_CHECK(!blocked_.empty() || channel.sender->credits_complete());
    UPF_CHECK(!blocked_.empty() || channel.port == nullptr || channel.port->sessions_complete());
  }
  for (const FabricParts::ChipParts& parts : all.chips()) {
    const SwitchChip& chip = *parts.part;
    int64_t in = 0;
    int64_t out = 0;
    for (int i = 0; i < chip.ports(); ++i) {
      in += chip.received(i).packets;
      out += chip.transmitter(i).sent().packets;
    }
    UPF_CHECK_OP(in + chip.packets_replicated() - chip.packets_reduced(), ==,
                 out + parts.packets_stranded + chip.packets_held() + chip.packets_dropped());
  }
}

std::vector<std::string> FabricImpl::FindBlocked() const {
  std::vector<std::string> blocked;
  for (const std::unique_ptr<Network>& network : networks_) {
    const FabricTimes& times = *network->times;
    for (const FabricParts::Channel& channel : network->parts->channels()) {
      const bool waits = channel.port != nullptr ? channel.port->waiting()
                                                 : channel.chip->waiting(channel.chip_port);
      if (waits) {
        const int64_t leaked = times.WireBytes(channel.sender->credits_leaked());
        blocked.push_back(absl::StrCat(
            channel.name, times.transport() != nullptr ? " waits for acks" : " waits for credits",
            leaked > 0 ? absl::StrCat("; ", leaked, " B of them have leaked") : ""));
      }
    }
  }
  std::sort(blocked.begin(), blocked.end());
  return blocked;
}

// How a row that ran dry ended.
absl::Status FabricImpl::RowStatus() const {
  const EndpointParts* failed = nullptr;
  for (const EndpointParts& parts : endpoints_.all()) {
    const MessageFailure& failure = parts.endpoint->failure();
    if (failure.destination >= 0 &&
        (failed == nullptr || std::pair(failure.time, parts.id) <
                                  std::pair(failed->endpoint->failure().time, failed->id))) {
      failed = &parts;
    }
  }
  if (failed == nullptr) {
    return absl::OkStatus();
  }
  const MessageFailure& failure = failed->endpoint->failure();
  const size_t pod = static_cast<size_t>(failed->id.value() / spec_->endpoints);
  const Network& network = failure.side > 0 ? *networks_.back() : *networks_[pod];
  return NoLinkLeft(failure, failed->id, network.times->faults, network.layout, clock());
}

std::vector<ChannelCounters> FabricImpl::Counters() const {
  std::vector<ChannelCounters> all;
  for (const std::unique_ptr<Network>& network : networks_) {
    AddCounters(*network, all);
  }
  return all;
}

void FabricImpl::AddCounters(const Network& network, std::vector<ChannelCounters>& all) const {
  const FabricTimes& times = *network.times;
  for (const FabricParts::Channel& channel : network.parts->channels()) {
    const SendCounters& sent = channel.sender->sent();
    ChannelCounters& counters = all.emplace_back();
    counters.name = channel.name;
    counters.endpoint = channel.endpoint;
    counters.plane = channel.plane;
    counters.link = channel.link + (channel.endpoint < 0 ? network.first_trunk : 0);
    counters.to_switch = channel.from_endpoint;
    counters.to_peer = network.layout.direct().has_value();
    counters.rate = times.timing(channel.kind).rate();
    counters.packets = sent.packets;
    counters.payload_bytes = sent.payload_bytes;
    counters.wire_bytes = times.WireBytes(sent.wire_units);
    counters.busy = clock().ToPicoseconds(sent.busy);
    counters.credit_stall = clock().ToPicoseconds(sent.credit_stall);
    counters.queue_packets_max = sent.queue_packets_max;
    counters.replays = sent.replays;
    counters.discarded_wire_bytes = times.WireBytes(sent.discarded_units);
    counters.shares_returned = channel.port != nullptr ? channel.port->shares_returned() : 0;
    counters.leaked_wire_bytes = times.WireBytes(sent.leaked_units);
    const EthernetCounters ethernet = channel.sender->ethernet();
    counters.congestion.marked_packets = ethernet.marked;
    counters.congestion.trimmed_packets = ethernet.trimmed;
    counters.congestion.dropped_packets = ethernet.dropped;
    counters.congestion.retransmitted_packets = ethernet.retransmitted;
    counters.congestion.paused = clock().ToPicoseconds(channel.sender->paused());
    counters.up = times.faults.empty() || times.faults.LinkUp(channel.number, engine_.now());
  }
}

FabricTotals FabricImpl::Totals() const {
  FabricTotals totals;
  for (const std::unique_ptr<Network>& network : networks_) {
    for (const FabricParts::Channel& channel : network->parts->channels()) {
      totals.hops += channel.sender->sent().packets - channel.sender->ethernet().control_packets;
      totals.records += channel.sender->sent().records;
    }
    for (const FabricParts::ChipParts& parts : network->parts->chips()) {
      totals.packets_replicated += parts.part->packets_replicated();
      totals.packets_reduced += parts.part->packets_reduced();
    }
  }
  for (const EndpointParts& parts : endpoints_.all()) {
    totals.records += parts.endpoint->records_taken();
    totals.messages_posted += parts.endpoint->messages_posted();
    totals.messages_delivered += parts.endpoint->messages_delivered();
  }
  totals.records_crossed = engine_.totals().records_crossed;
  totals.windows = engine_.totals().windows;
  totals.faults = faults_happened_ + (running_ ? FaultsBefore(engine_.now()) : 0);
  return totals;
}

// Whether packets can be sent through the fabric on this machine.
absl::Status CheckSize(const FabricSpec& spec, const FabricOptions& options, int64_t idle_bytes) {
  constexpr int64_t kMegabyte = 1'000'000;
  std::string why;
  if (spec.all_endpoints() > Layout::kEndpointsMax) {
    why = absl::StrCat("a packet names at most ", Layout::kEndpointsMax, " endpoints");
  } else if (options.memory_bytes > 0 && idle_bytes / options.partitions > options.memory_bytes) {
    why = absl::StrCat("each of ", options.partitions, " processes may have ",
                       options.memory_bytes / kMegabyte, " MB");
  } else {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      spec.id, ": ", spec.all_endpoints(), " endpoints are too many to send packets: ", why,
      ", and idle all would take about ", idle_bytes / kMegabyte,
      " MB; allowed: `upfabric show`, which analyses the fabric"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Fabric>> Fabric::Create(const FabricSpec& spec,
                                                       const FabricOptions& options) {
  auto own = std::make_unique<const FabricSpec>(spec);
  UPF_ASSIGN_OR_RETURN(Networks networks, MakeNetworks(*own, options));
  UPF_RETURN_IF_ERROR(CheckSize(spec, options, IdleBytes(networks)));
  return std::make_unique<FabricImpl>(std::move(own), options, std::move(networks));
}

}  // namespace upfabric::fabric
