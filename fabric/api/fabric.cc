#include "fabric/api/fabric.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "fabric/api/fabric_faults.h"
#include "fabric/api/spec_checks.h"
#include "fabric/base/fingerprint.h"
#include "fabric/base/status.h"
#include "fabric/model/block_tag.h"
#include "fabric/model/endpoint.h"
#include "fabric/model/fault_timeline.h"
#include "fabric/model/flit_errors.h"
#include "fabric/model/groups.h"
#include "fabric/model/port.h"
#include "fabric/model/switch.h"
#include "fabric/sim/engine.h"
#include "fabric/topo/layout.h"
#include "fabric/topo/plane_view.h"

namespace upfabric::fabric {
namespace {

using sim::Ticks;

struct Delay {
  const char* name;
  Ticks ticks;
};

class FabricImpl final : public Fabric {
 public:
  FabricImpl(const FabricSpec& spec, const FabricOptions& options, const Layout& layout,
             const LinkTiming& timing, uint32_t switch_units, uint32_t endpoint_units);

  absl::Status CheckDelays() const;
  void Build();

  const FabricView& view() const override { return view_; }
  bool Owns(EndpointId endpoint) const override { return OwnerOf(endpoint) == options_.partition; }
  int OwnerOf(EndpointId endpoint) const override { return layout_.OwnerOfEndpoint(endpoint); }
  Picoseconds Window() const override { return timing_.clock().ToPicoseconds(window_.ticks); }
  std::string WindowLimit() const override { return window_.name; }
  absl::Status SetGroups(GroupTable groups) override;
  void Attach(EndpointId endpoint, MessagePortClient* client) override;
  absl::Status SetFaults(const FaultSchedule& schedule) override;
  absl::Status RunRow(sim::WindowExchange& exchange) override;
  std::vector<std::string> Blocked() const override { return running_ ? FindBlocked() : blocked_; }
  std::vector<std::pair<EndpointId, uint64_t>> DeliveryHashes() const override { return hashes_; }
  std::vector<ChannelCounters> Counters() const override;
  FabricTotals Totals() const override;
  SimTime Now() const override { return SimTime(timing_.clock().ToPicoseconds(engine_.now())); }
  SimTime TimeOf(Ticks ticks) const override {
    return SimTime(timing_.clock().ToPicoseconds(ticks));
  }
  int64_t MemoryBytes() const override {
    return engine_.MemoryBytes() + static_cast<int64_t>(sizeof(FabricImpl));
  }

 private:
  struct PlaneParts {
    int plane = 0;
    std::unique_ptr<SwitchChip> chip;
    ComponentId chip_id;
    std::vector<std::unique_ptr<Port>> ports;  // endpoint x links + link
    std::vector<ComponentId> port_ids;
    int64_t packets_stranded = 0;  // in the switch at the ends of rows that were blocked
  };
  struct EndpointParts {
    EndpointId id;
    std::unique_ptr<Endpoint> endpoint;
    ComponentId component;
  };

  void SetInSwitchTimes(const InSwitchSpec& inside);
  std::vector<Delay> Delays() const;
  int ComponentCount() const;
  void BuildEndpoint(EndpointId id);
  void BuildPlane(int plane);
  ChannelPlace PlaceOf(const PortPlace& port, bool to_switch) const;
  void ConnectPort(PlaneParts& parts, int port);
  void ConnectEndpoint(EndpointParts& parts);
  EndpointParts* OwnedEndpoint(EndpointId endpoint);
  void CheckConservation() const;
  absl::Status RowStatus() const;
  std::vector<std::string> FindBlocked() const;
  int64_t WireBytes(int64_t units) const;
  ChannelCounters CountersOf(EndpointId endpoint, int link, bool to_switch,
                             const Transmitter& transmitter) const;

  FabricOptions options_;
  Layout layout_;
  LinkTiming timing_;
  PlaneView view_;
  FabricSpec spec_;
  uint32_t switch_units_;
  uint32_t endpoint_units_;
  FlitErrorTables error_tables_;
  ShapeTables shape_tables_;
  FaultTimeline faults_;
  EndpointTimes endpoint_times_;
  HopTimes port_times_;
  HopTimes switch_times_;
  GroupTable groups_;
  ReductionTimes reduction_times_;
  std::vector<ReadLimits> read_limits_;  // by plane; empty where switches do not reduce
  Delay window_{};
  sim::Engine engine_;
  std::vector<PlaneParts> planes_;        // owned, in order of construction
  std::vector<EndpointParts> endpoints_;  // likewise
  std::vector<std::pair<EndpointId, uint64_t>> hashes_;
  std::vector<std::string> blocked_;
  int64_t faults_happened_ = 0;  // in the rows before
  bool running_ = false;
  bool routes_move_ = false;  // links or planes go down or up in the schedule
};

// Wire units of a flit, for the draws; any number will do where no flit fails.
Ratio UnitsPerFlit(const LinkSpec& link, const LinkTiming& timing) {
  return link.has_errors ? Ratio(link.errors.flit.count()) / timing.framing().unit_bytes()
                         : Ratio(1);
}

FabricImpl::FabricImpl(const FabricSpec& spec, const FabricOptions& options, const Layout& layout,
                       const LinkTiming& timing, uint32_t switch_units, uint32_t endpoint_units)
    : options_(options),
      layout_(layout),
      timing_(timing),
      view_(spec, layout, timing),
      spec_(spec),
      switch_units_(switch_units),
      endpoint_units_(endpoint_units),
      error_tables_(UnitsPerFlit(spec.link, timing)),
      shape_tables_(timing_.shapes()),
      engine_(ComponentCount(), options.partitions) {
  const sim::Clock& clock = timing_.clock();
  const Ticks wire = clock.FromPicoseconds(timing_.WireDelay());
  endpoint_times_.clock = clock;
  endpoint_times_.framing = &timing_.framing();
  endpoint_times_.injection = clock.FromPicoseconds(spec.endpoint.injection);
  endpoint_times_.local_latency = clock.FromPicoseconds(spec.endpoint.local_latency);
  endpoint_times_.ticks_per_local_byte =
      spec.endpoint.memory_bandwidth.PicosecondsPerByte() * Ratio(clock.ticks_per_picosecond());
  endpoint_times_.virtual_channels = spec.switch_chip.virtual_channels;
  if (options.virtual_channels > 0) {
    endpoint_times_.virtual_channels =
        std::min(options.virtual_channels, spec.switch_chip.virtual_channels);
  }
  endpoint_times_.seed = options.seed;
  endpoint_times_.spread = spec.endpoint.spread;
  endpoint_times_.faults = &faults_;
  port_times_.shapes = &timing_.shapes();
  port_times_.shape_tables = &shape_tables_;
  port_times_.full_payload = static_cast<uint16_t>(timing_.framing().max_payload().count());
  port_times_.virtual_channels = endpoint_times_.virtual_channels;
  port_times_.trains = options.trains;
  port_times_.control_delay = wire;
  port_times_.delivery = clock.FromPicoseconds(spec.endpoint.delivery);
  port_times_.injection = endpoint_times_.injection;
  port_times_.replay_delay = 2 * wire + clock.FromPicoseconds(spec.link.errors.retry.turnaround);
  port_times_.flit_error_rate = spec.link.errors.flit_error_rate;
  port_times_.credit_return = CreditReturnOf(spec.link, timing_);
  port_times_.errors = &error_tables_;
  port_times_.faults = &faults_;
  if (spec.switch_chip.in_switch.has_value()) {
    SetInSwitchTimes(*spec.switch_chip.in_switch);
  }
  switch_times_ = port_times_;
  switch_times_.data_delay = wire;
  port_times_.data_delay = wire + clock.FromPicoseconds(spec.switch_chip.pipeline);
  port_times_.arrival_delay = switch_times_.data_delay;
  switch_times_.arrival_delay = port_times_.data_delay;
  const std::vector<Delay> delays = Delays();
  window_ = *std::min_element(delays.begin(), delays.end(),
                              [](const Delay& a, const Delay& b) { return a.ticks < b.ticks; });
}

// Requests of reduce-reads get a virtual channel of their own, behind those of the data.
void FabricImpl::SetInSwitchTimes(const InSwitchSpec& inside) {
  const sim::Clock& clock = timing_.clock();
  const int request_channel = port_times_.virtual_channels++;
  endpoint_times_.groups = &groups_;
  reduction_times_.units = inside.units;
  reduction_times_.latency = clock.FromPicoseconds(inside.latency);
  reduction_times_.ticks_per_byte = inside.throughput.PicosecondsPerByte() * Ratio(inside.units) *
                                    Ratio(clock.ticks_per_picosecond());
  for (const Layout::Plane& plane : layout_.planes()) {
    const int ports = plane.links * layout_.endpoints();
    read_limits_.push_back({std::min(inside.sessions / ports, BlockTag::kSessionsMax),
                            inside.session_payload.count() / port_times_.full_payload,
                            port_times_.full_payload, request_channel});
  }
}

std::vector<Delay> FabricImpl::Delays() const {
  return {{"endpoint>port injection", endpoint_times_.injection},
          {"port>endpoint delivery", port_times_.delivery},
          {"port>switch packets", port_times_.data_delay},
          {"switch>port packets", switch_times_.data_delay},
          {"link credits", switch_times_.control_delay}};
}

absl::Status FabricImpl::CheckDelays() const {
  if (window_.ticks <= 0) {
    return absl::InvalidArgumentError(absl::StrCat("fabric: the delay of ", window_.name,
                                                   " is 0; between components it must be more"));
  }
  return absl::OkStatus();
}

int FabricImpl::ComponentCount() const {
  int count = 0;
  for (int e = 0; e < layout_.endpoints(); ++e) {
    count += layout_.OwnerOfEndpoint(EndpointId(e)) == options_.partition ? 1 : 0;
  }
  for (size_t p = 0; p < layout_.planes().size(); ++p) {
    if (layout_.OwnerOfPlane(static_cast<int>(p)) == options_.partition) {
      count += 1 + layout_.endpoints() * layout_.planes()[p].links;
    }
  }
  return count;
}

// Components are made first, then joined: ids of channels come from the layout, so the order of
// construction cannot be seen.
void FabricImpl::Build() {
  std::vector<int> endpoints;
  std::vector<int> planes;
  for (int e = 0; e < layout_.endpoints(); ++e) {
    if (Owns(EndpointId(e))) {
      endpoints.push_back(e);
    }
  }
  for (int p = 0; p < static_cast<int>(layout_.planes().size()); ++p) {
    if (layout_.OwnerOfPlane(p) == options_.partition) {
      planes.push_back(p);
    }
  }
  if (options_.reverse_construction) {
    std::reverse(endpoints.begin(), endpoints.end());
    std::reverse(planes.begin(), planes.end());
    for (const int p : planes) BuildPlane(p);
    for (const int e : endpoints) BuildEndpoint(EndpointId(e));
  } else {
    for (const int e : endpoints) BuildEndpoint(EndpointId(e));
    for (const int p : planes) BuildPlane(p);
  }
  for (PlaneParts& parts : planes_) {
    for (int port = 0; port < parts.chip->ports(); ++port) {
      ConnectPort(parts, port);
    }
  }
  for (EndpointParts& parts : endpoints_) {
    ConnectEndpoint(parts);
  }
}

void FabricImpl::BuildEndpoint(EndpointId id) {
  EndpointParts parts;
  parts.id = id;
  parts.endpoint = std::make_unique<Endpoint>(endpoint_times_, id, layout_.endpoints(),
                                              layout_.links_per_endpoint());
  parts.component = engine_.Add(*parts.endpoint);
  endpoints_.push_back(std::move(parts));
}

void FabricImpl::BuildPlane(int plane) {
  PlaneParts parts;
  parts.plane = plane;
  SwitchOptions options;
  options.links_per_endpoint = layout_.planes()[static_cast<size_t>(plane)].links;
  options.first_link = layout_.planes()[static_cast<size_t>(plane)].first_link;
  options.ports = layout_.endpoints() * options.links_per_endpoint;
  options.endpoint_buffer_units = endpoint_units_;
  options.merge_outputs = options_.merge_outputs;
  options.arbitration = spec_.switch_chip.arbitration;
  const ReadLimits* reads = nullptr;
  if (!read_limits_.empty()) {
    reads = &read_limits_[static_cast<size_t>(plane)];
    options.reduction = &reduction_times_;
    options.groups = &groups_;
  }
  parts.chip_id = engine_.NextId();
  parts.chip = std::make_unique<Switch>(switch_times_, options, engine_.NextTimeOf(parts.chip_id));
  engine_.Add(*parts.chip);
  for (int port = 0; port < options.ports; ++port) {
    const ComponentId id = engine_.NextId();
    const PortPlace place = {port / options.links_per_endpoint,
                             options.first_link + port % options.links_per_endpoint};
    parts.ports.push_back(
        std::make_unique<Port>(port_times_, place, switch_units_, reads, engine_.NextTimeOf(id)));
    parts.ports.back()->transmitter().Place(PlaceOf(place, true));
    parts.chip->transmitter(port).Place(PlaceOf(place, false));
    engine_.Add(*parts.ports.back());
    parts.port_ids.push_back(id);
  }
  planes_.push_back(std::move(parts));
}

ChannelPlace FabricImpl::PlaceOf(const PortPlace& port, bool to_switch) const {
  const int link = port.endpoint * layout_.links_per_endpoint() + port.link;
  return {port.endpoint, port.link, to_switch,
          Chain(options_.seed, static_cast<uint64_t>(2 * link + (to_switch ? 0 : 1)))};
}

void FabricImpl::ConnectPort(PlaneParts& parts, int index) {
  const Layout::Plane& plane = layout_.planes()[static_cast<size_t>(parts.plane)];
  const EndpointId endpoint(index / plane.links);
  const int link = plane.first_link + index % plane.links;
  Port& port = *parts.ports[static_cast<size_t>(index)];
  const ComponentId port_id = parts.port_ids[static_cast<size_t>(index)];
  port.transmitter().Connect(engine_.ConnectLocal(parts.chip->packets_in(index), parts.chip_id));
  port.ConnectCreditsOut(&parts.chip->transmitter(index).credits());
  parts.chip->transmitter(index).Connect(engine_.ConnectLocal(port.packets_in(), port_id));
  parts.chip->ConnectCreditsOut(index, &port.transmitter().credits());
  if (EndpointParts* owned = OwnedEndpoint(endpoint)) {
    port.ConnectSharesOut(engine_.ConnectLocal(owned->endpoint->shares_in(link), owned->component));
    port.ConnectReturnsOut(
        engine_.ConnectLocal(owned->endpoint->returns_in(link), owned->component));
    owned->endpoint->ConnectSharesOut(link, engine_.ConnectLocal(port.shares_in(), port_id));
  } else {
    port.ConnectSharesOut(
        engine_.ConnectTo(OwnerOf(endpoint), layout_.DeliveryChannel(endpoint, link)));
    port.ConnectReturnsOut(
        engine_.ConnectTo(OwnerOf(endpoint), layout_.ReturnChannel(endpoint, link)));
    engine_.ConnectFrom(layout_.PostChannel(endpoint, link), port.shares_in(), port_id);
  }
}

// Joins an endpoint to its ports in other partitions; those of this one are joined already.
void FabricImpl::ConnectEndpoint(EndpointParts& parts) {
  for (int link = 0; link < layout_.links_per_endpoint(); ++link) {
    const int owner = layout_.OwnerOfPlane(layout_.PlaneOfLink(link));
    if (owner == options_.partition) {
      continue;
    }
    parts.endpoint->ConnectSharesOut(link,
                                     engine_.ConnectTo(owner, layout_.PostChannel(parts.id, link)));
    engine_.ConnectFrom(layout_.DeliveryChannel(parts.id, link), parts.endpoint->shares_in(link),
                        parts.component);
    engine_.ConnectFrom(layout_.ReturnChannel(parts.id, link), parts.endpoint->returns_in(link),
                        parts.component);
  }
}

// A partition owns a block of endpoints; they were made in order, up or down.
FabricImpl::EndpointParts* FabricImpl::OwnedEndpoint(EndpointId endpoint) {
  if (!Owns(endpoint)) {
    return nullptr;
  }
  const int distance = endpoint.value() - endpoints_.front().id.value();
  return &endpoints_[static_cast<size_t>(std::abs(distance))];
}

absl::Status FabricImpl::SetGroups(GroupTable groups) {
  if (read_limits_.empty()) {
    return absl::UnimplementedError(
        absl::StrCat(spec_.id, ": the switches neither copy nor reduce packets"));
  }
  if (!groups.empty() && routes_move_) {
    return RefuseRoutesWithGroups();
  }
  const auto groups_max = static_cast<size_t>(spec_.switch_chip.in_switch->groups);
  if (groups.size() > groups_max) {
    return absl::InvalidArgumentError(
        absl::StrCat(groups.size(), " groups; the switches have ", groups_max));
  }
  for (size_t i = 0; i < groups.size(); ++i) {
    std::vector<EndpointId>& members = groups[i];
    std::sort(members.begin(), members.end());
    const bool twice = std::adjacent_find(members.begin(), members.end()) != members.end();
    if (members.empty() || twice || members.front().value() < 0 ||
        members.back().value() >= layout_.endpoints()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "group ", i, ": needs members, all different, from 0 to ", layout_.endpoints() - 1));
    }
  }
  groups_ = std::move(groups);
  return absl::OkStatus();
}

void FabricImpl::Attach(EndpointId endpoint, MessagePortClient* client) {
  EndpointParts* parts = OwnedEndpoint(endpoint);
  UPF_CHECK(parts != nullptr);
  parts->endpoint->Attach(client);
  engine_.WakeAt(parts->component, 0);
}

absl::Status FabricImpl::SetFaults(const FaultSchedule& schedule) {
  if (!groups_.empty() && MovesRoutes(schedule)) {
    return RefuseRoutesWithGroups();
  }
  UPF_ASSIGN_OR_RETURN(faults_,
                       FaultTimeline::Create(schedule, FaultTargetsOf(spec_, layout_, timing_)));
  routes_move_ = MovesRoutes(schedule);
  // Who waits knows only the faults of the last schedule.
  for (const PlaneParts& parts : planes_) {
    for (size_t i = 0; running_ && !faults_.empty() && i < parts.ports.size(); ++i) {
      if (parts.ports[i]->waiting()) {
        engine_.WakeAt(parts.port_ids[i], faults_.NextTime(engine_.now()));
      }
    }
    if (running_ && !faults_.empty()) {
      engine_.WakeAt(parts.chip_id, faults_.NextTime(engine_.now()));
    }
  }
  return absl::OkStatus();
}

absl::Status FabricImpl::RunRow(sim::WindowExchange& exchange) {
  const auto window_length = [this](int64_t window) -> Ticks {
    if (options_.random_window_seed == 0) {
      return window_.ticks;
    }
    const uint64_t draw = Chain(options_.random_window_seed, static_cast<uint64_t>(window));
    return 1 + static_cast<Ticks>(draw % static_cast<uint64_t>(window_.ticks));
  };
  running_ = true;
  absl::Status status = engine_.Run(exchange, window_length);
  running_ = false;
  hashes_.clear();
  for (const EndpointParts& parts : endpoints_) {
    hashes_.emplace_back(parts.id, parts.endpoint->delivery_hash());
  }
  std::sort(hashes_.begin(), hashes_.end());
  faults_happened_ += faults_.FaultsBefore(engine_.now());
  for (PlaneParts& parts : planes_) {
    parts.chip->PassFaults(sim::kNever);
    for (const std::unique_ptr<Port>& port : parts.ports) {
      port->PassFaults(sim::kNever);
    }
  }
  blocked_ = FindBlocked();
  if (status.ok()) {
    CheckConservation();
    status = RowStatus();
  }
  for (PlaneParts& parts : planes_) {
    parts.packets_stranded += parts.chip->packets_held();
  }
  engine_.Reset();
  return status;
}

// A quiet fabric: what was sent has arrived, and all credits are home.
void FabricImpl::CheckConservation() const {
  for (const PlaneParts& parts : planes_) {
    int64_t in = 0;
    int64_t out = 0;
    for (int i = 0; i < parts.chip->ports(); ++i) {
      const Port& port = *parts.ports[static_cast<size_t>(i)];
      const Transmitter& up = port.transmitter();
      const Transmitter& down = std::as_const(*parts.chip).transmitter(i);
      CheckArrived(up.sent(), parts.chip->received(i));
      CheckArrived(down.sent(), port.received());
      // What waits for leaked credits keeps its place in a buffer.
      UPF_CHECK(!blocked_.empty() || up.credits_complete());
      UPF_CHECK(!blocked_.empty() || down.credits_complete());
      UPF_CHECK(!blocked_.empty() || port.sessions_complete());
      in += parts.chip->received(i).packets;
      out += down.sent().packets;
    }
    UPF_CHECK_OP(in + parts.chip->packets_replicated() - parts.chip->packets_reduced(), ==,
                 out + parts.packets_stranded + parts.chip->packets_held());
  }
}

std::vector<std::string> FabricImpl::FindBlocked() const {
  std::vector<std::string> blocked;
  const auto add = [&](const EndpointId& endpoint, int link, const Transmitter& transmitter) {
    const bool to_switch = transmitter.place().to_switch;
    const int64_t leaked = WireBytes(transmitter.credits_leaked());
    blocked.push_back(
        absl::StrCat(layout_.ChannelName(endpoint, link, to_switch), " waits for credits",
                     leaked > 0 ? absl::StrCat("; ", leaked, " B of them have leaked") : ""));
  };
  for (const PlaneParts& parts : planes_) {
    const Layout::Plane& plane = layout_.planes()[static_cast<size_t>(parts.plane)];
    for (int i = 0; i < parts.chip->ports(); ++i) {
      const EndpointId endpoint(i / plane.links);
      const int link = plane.first_link + i % plane.links;
      const Port& port = *parts.ports[static_cast<size_t>(i)];
      if (port.waiting()) {
        add(endpoint, link, port.transmitter());
      }
      if (parts.chip->waiting(i)) {
        add(endpoint, link, std::as_const(*parts.chip).transmitter(i));
      }
    }
  }
  std::sort(blocked.begin(), blocked.end());
  return blocked;
}

// How a row that ran dry ended.
absl::Status FabricImpl::RowStatus() const {
  const EndpointParts* failed = nullptr;
  for (const EndpointParts& parts : endpoints_) {
    const MessageFailure& failure = parts.endpoint->failure();
    if (failure.destination >= 0 &&
        (failed == nullptr || std::pair(failure.time, parts.id) <
                                  std::pair(failed->endpoint->failure().time, failed->id))) {
      failed = &parts;
    }
  }
  if (failed != nullptr) {
    return NoLinkLeft(failed->endpoint->failure(), failed->id, faults_, layout_, timing_.clock());
  }
  return absl::OkStatus();
}

int64_t FabricImpl::WireBytes(int64_t units) const {
  return (timing_.framing().unit_bytes() * Ratio(units)).Ceil();
}

ChannelCounters FabricImpl::CountersOf(EndpointId endpoint, int link, bool to_switch,
                                       const Transmitter& transmitter) const {
  const SendCounters& sent = transmitter.sent();
  ChannelCounters counters;
  counters.name = layout_.ChannelName(endpoint, link, to_switch);
  counters.endpoint = endpoint.value();
  counters.plane = layout_.PlaneOfLink(link);
  counters.link = link;
  counters.to_switch = to_switch;
  counters.packets = sent.packets;
  counters.payload_bytes = sent.payload_bytes;
  counters.wire_bytes = WireBytes(sent.wire_units);
  counters.busy = timing_.clock().ToPicoseconds(sent.busy);
  counters.credit_stall = timing_.clock().ToPicoseconds(sent.credit_stall);
  counters.queue_packets_max = sent.queue_packets_max;
  counters.replays = sent.replays;
  counters.discarded_wire_bytes = WireBytes(sent.discarded_units);
  counters.leaked_wire_bytes = WireBytes(sent.leaked_units);
  counters.up = faults_.empty() || faults_.LinkUp(endpoint.value(), link, engine_.now());
  return counters;
}

std::vector<ChannelCounters> FabricImpl::Counters() const {
  std::vector<ChannelCounters> counters;
  for (const PlaneParts& parts : planes_) {
    const Layout::Plane& plane = layout_.planes()[static_cast<size_t>(parts.plane)];
    for (int i = 0; i < parts.chip->ports(); ++i) {
      const EndpointId endpoint(i / plane.links);
      const int link = plane.first_link + i % plane.links;
      const Port& port = *parts.ports[static_cast<size_t>(i)];
      counters.push_back(CountersOf(endpoint, link, true, port.transmitter()));
      counters.back().shares_returned = port.shares_returned();
      counters.push_back(CountersOf(endpoint, link, false, parts.chip->transmitter(i)));
    }
  }
  return counters;
}

FabricTotals FabricImpl::Totals() const {
  FabricTotals totals;
  for (const PlaneParts& parts : planes_) {
    totals.packets_replicated += parts.chip->packets_replicated();
    totals.packets_reduced += parts.chip->packets_reduced();
    for (int i = 0; i < parts.chip->ports(); ++i) {
      const SendCounters& up = parts.ports[static_cast<size_t>(i)]->transmitter().sent();
      const SendCounters& down = parts.chip->transmitter(i).sent();
      totals.hops += up.packets + down.packets;
      totals.records += up.records + down.records;
    }
  }
  for (const EndpointParts& parts : endpoints_) {
    totals.records += parts.endpoint->records_taken();
    totals.messages_posted += parts.endpoint->messages_posted();
    totals.messages_delivered += parts.endpoint->messages_delivered();
  }
  totals.records_crossed = engine_.totals().records_crossed;
  totals.windows = engine_.totals().windows;
  totals.faults = faults_happened_ + (running_ ? faults_.FaultsBefore(engine_.now()) : 0);
  return totals;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Fabric>> Fabric::Create(const FabricSpec& spec,
                                                       const FabricOptions& options) {
  UPF_ASSIGN_OR_RETURN(const LinkTiming timing, LinkTiming::Create(spec.link, spec.protocol));
  UPF_ASSIGN_OR_RETURN(const Layout layout, Layout::Create(spec, options.partitions));
  UPF_ASSIGN_OR_RETURN(const uint32_t switch_units,
                       BufferUnits(spec.switch_chip.buffer_per_vc, spec.link, timing, "switch"));
  UPF_ASSIGN_OR_RETURN(const uint32_t endpoint_units,
                       BufferUnits(spec.endpoint.buffer_per_vc, spec.link, timing, "endpoint"));
  UPF_RETURN_IF_ERROR(CheckInSwitch(spec, timing, layout));
  auto fabric =
      std::make_unique<FabricImpl>(spec, options, layout, timing, switch_units, endpoint_units);
  UPF_RETURN_IF_ERROR(fabric->CheckDelays());
  UPF_RETURN_IF_ERROR(CheckRetryWindow(spec.link, timing));
  fabric->Build();
  return fabric;
}

}  // namespace upfabric::fabric
