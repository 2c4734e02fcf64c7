#include "fabric/api/fabric.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "fabric/base/fingerprint.h"
#include "fabric/base/status.h"
#include "fabric/model/block_tag.h"
#include "fabric/model/endpoint.h"
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

// Buffer space in wire units, rounded down.
absl::StatusOr<uint32_t> BufferUnits(Bytes buffer, const LinkTiming& timing, const char* where) {
  const Ratio units = Ratio(buffer.count()) / timing.framing().unit_bytes();
  const int64_t whole = units.numerator() / units.denominator();
  const int64_t packet = timing.shapes().back().units;
  constexpr int64_t kUnitsMax = 1 << 30;
  if (whole < packet || whole > kUnitsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ".buffer_per_vc: ", buffer.count(), " B; at least one full packet of ",
                     (timing.framing().unit_bytes() * Ratio(packet)).Ceil(), " B, at most 1 GiB"));
  }
  return static_cast<uint32_t>(whole);
}

// The parts of in-switch work that must fit records and tables.
absl::Status CheckInSwitch(const FabricSpec& spec, const LinkTiming& timing, const Layout& layout) {
  if (!spec.switch_chip.in_switch.has_value()) {
    return absl::OkStatus();
  }
  const InSwitchSpec& inside = *spec.switch_chip.in_switch;
  constexpr int kChannelsMax = 15;  // Record::flags has room for 16, requests take one
  if (spec.switch_chip.virtual_channels > kChannelsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("switch.virtual_channels: ", spec.switch_chip.virtual_channels, "; at most ",
                     kChannelsMax, " where switches reduce"));
  }
  for (const Layout::Plane& plane : layout.planes()) {
    const int ports = plane.links * layout.endpoints();
    if (inside.sessions < ports) {
      return absl::InvalidArgumentError(absl::StrCat("switch.in_switch.sessions: ", inside.sessions,
                                                     "; at least one for each of ", ports,
                                                     " ports"));
    }
  }
  const int64_t packet = timing.framing().max_payload().count();
  const int64_t packets = inside.session_payload.count() / packet;
  if (packets < 1 || packets > BlockTag::kPacketsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("switch.in_switch.session_payload: ", inside.session_payload.count(),
                     " B; 1 to ", BlockTag::kPacketsMax, " packets of ", packet, " B"));
  }
  return absl::OkStatus();
}

class FabricImpl final : public Fabric {
 public:
  FabricImpl(const FabricSpec& spec, const FabricOptions& options, const Layout& layout,
             const LinkTiming& timing, uint32_t switch_units, uint32_t endpoint_units);

  absl::Status CheckDelays() const;
  void Build();

  const FabricView& view() const override { return view_; }
  bool Owns(EndpointId endpoint) const override { return OwnerOf(endpoint) == options_.partition; }
  int OwnerOf(EndpointId endpoint) const override { return layout_.OwnerOfEndpoint(endpoint); }
  Picoseconds Window() const override {
    // Rounded down by the conversion of a whole number of picoseconds: exact.
    return timing_.clock().ToPicoseconds(window_.ticks);
  }
  std::string WindowLimit() const override { return window_.name; }
  absl::Status SetGroups(GroupTable groups) override;
  void Attach(EndpointId endpoint, MessagePortClient* client) override;
  absl::Status RunRow(sim::WindowExchange& exchange) override;
  std::vector<std::pair<EndpointId, uint64_t>> DeliveryHashes() const override { return hashes_; }
  std::vector<ChannelCounters> Counters() const override;
  FabricTotals Totals() const override;
  SimTime Now() const override { return SimTime(timing_.clock().ToPicoseconds(engine_.now())); }
  int64_t MemoryBytes() const override {
    return engine_.MemoryBytes() + static_cast<int64_t>(sizeof(FabricImpl));
  }

 private:
  struct PlaneParts {
    int plane = 0;
    std::unique_ptr<Switch> chip;
    ComponentId chip_id;
    std::vector<std::unique_ptr<Port>> ports;  // endpoint x links + link
    std::vector<ComponentId> port_ids;
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
  void ConnectPort(PlaneParts& parts, int port);
  void ConnectEndpoint(EndpointParts& parts);
  EndpointParts* OwnedEndpoint(EndpointId endpoint);
  void CheckConservation() const;
  ChannelCounters CountersOf(EndpointId endpoint, int link, bool to_switch,
                             const SendCounters& sent) const;

  FabricOptions options_;
  Layout layout_;
  LinkTiming timing_;
  PlaneView view_;
  FabricSpec spec_;
  uint32_t switch_units_;
  uint32_t endpoint_units_;
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
};

FabricImpl::FabricImpl(const FabricSpec& spec, const FabricOptions& options, const Layout& layout,
                       const LinkTiming& timing, uint32_t switch_units, uint32_t endpoint_units)
    : options_(options),
      layout_(layout),
      timing_(timing),
      view_(spec, layout, timing),
      spec_(spec),
      switch_units_(switch_units),
      endpoint_units_(endpoint_units),
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
  endpoint_times_.seed = options.seed;
  port_times_.shapes = &timing_.shapes();
  port_times_.full_payload = static_cast<uint16_t>(timing_.framing().max_payload().count());
  port_times_.virtual_channels = spec.switch_chip.virtual_channels;
  port_times_.trains = options.trains;
  port_times_.control_delay = wire;
  port_times_.delivery = clock.FromPicoseconds(spec.endpoint.delivery);
  port_times_.injection = endpoint_times_.injection;
  if (spec.switch_chip.in_switch.has_value()) {
    SetInSwitchTimes(*spec.switch_chip.in_switch);
  }
  switch_times_ = port_times_;
  switch_times_.data_delay = wire;
  port_times_.data_delay = wire + clock.FromPicoseconds(spec.switch_chip.pipeline);
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
  options.ports = layout_.endpoints() * options.links_per_endpoint;
  options.endpoint_buffer_units = endpoint_units_;
  options.merge_outputs = options_.merge_outputs;
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
    parts.ports.push_back(
        std::make_unique<Port>(port_times_, switch_units_, reads, engine_.NextTimeOf(id)));
    engine_.Add(*parts.ports.back());
    parts.port_ids.push_back(id);
  }
  planes_.push_back(std::move(parts));
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
    owned->endpoint->ConnectSharesOut(link, engine_.ConnectLocal(port.shares_in(), port_id));
  } else {
    port.ConnectSharesOut(
        engine_.ConnectTo(OwnerOf(endpoint), layout_.DeliveryChannel(endpoint, link)));
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
  }
}

FabricImpl::EndpointParts* FabricImpl::OwnedEndpoint(EndpointId endpoint) {
  for (EndpointParts& parts : endpoints_) {
    if (parts.id == endpoint) {
      return &parts;
    }
  }
  return nullptr;
}

absl::Status FabricImpl::SetGroups(GroupTable groups) {
  if (read_limits_.empty()) {
    return absl::UnimplementedError(
        absl::StrCat(spec_.id, ": the switches neither copy nor reduce packets"));
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

absl::Status FabricImpl::RunRow(sim::WindowExchange& exchange) {
  const auto window_length = [this](int64_t window) -> Ticks {
    if (options_.random_window_seed == 0) {
      return window_.ticks;
    }
    const uint64_t draw = Chain(options_.random_window_seed, static_cast<uint64_t>(window));
    return 1 + static_cast<Ticks>(draw % static_cast<uint64_t>(window_.ticks));
  };
  const absl::Status status = engine_.Run(exchange, window_length);
  hashes_.clear();
  for (const EndpointParts& parts : endpoints_) {
    hashes_.emplace_back(parts.id, parts.endpoint->delivery_hash());
  }
  std::sort(hashes_.begin(), hashes_.end());
  if (status.ok()) {
    CheckConservation();
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
      UPF_CHECK_OP(up.sent().packets, ==, parts.chip->packets_received(i));
      UPF_CHECK_OP(down.sent().packets, ==, port.received().packets);
      UPF_CHECK_OP(down.sent().payload_bytes, ==, port.received().payload_bytes);
      UPF_CHECK(up.credits_complete());
      UPF_CHECK(down.credits_complete());
      UPF_CHECK(port.sessions_complete());
      in += parts.chip->packets_received(i);
      out += down.sent().packets;
    }
    UPF_CHECK_OP(in + parts.chip->packets_replicated() - parts.chip->packets_reduced(), ==, out);
  }
}

ChannelCounters FabricImpl::CountersOf(EndpointId endpoint, int link, bool to_switch,
                                       const SendCounters& sent) const {
  ChannelCounters counters;
  counters.name = layout_.ChannelName(endpoint, link, to_switch);
  counters.endpoint = endpoint.value();
  counters.plane = layout_.PlaneOfLink(link);
  counters.link = link;
  counters.to_switch = to_switch;
  counters.packets = sent.packets;
  counters.payload_bytes = sent.payload_bytes;
  counters.wire_bytes = (timing_.framing().unit_bytes() * Ratio(sent.wire_units)).Ceil();
  counters.busy = timing_.clock().ToPicoseconds(sent.busy);
  counters.credit_stall = timing_.clock().ToPicoseconds(sent.credit_stall);
  counters.queue_packets_max = sent.queue_packets_max;
  return counters;
}

std::vector<ChannelCounters> FabricImpl::Counters() const {
  std::vector<ChannelCounters> counters;
  for (const PlaneParts& parts : planes_) {
    const Layout::Plane& plane = layout_.planes()[static_cast<size_t>(parts.plane)];
    for (int i = 0; i < parts.chip->ports(); ++i) {
      const EndpointId endpoint(i / plane.links);
      const int link = plane.first_link + i % plane.links;
      counters.push_back(CountersOf(endpoint, link, true,
                                    parts.ports[static_cast<size_t>(i)]->transmitter().sent()));
      counters.push_back(CountersOf(endpoint, link, false, parts.chip->transmitter(i).sent()));
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
  return totals;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Fabric>> Fabric::Create(const FabricSpec& spec,
                                                       const FabricOptions& options) {
  UPF_ASSIGN_OR_RETURN(const LinkTiming timing, LinkTiming::Create(spec.link, spec.protocol));
  UPF_ASSIGN_OR_RETURN(const Layout layout, Layout::Create(spec, options.partitions));
  UPF_ASSIGN_OR_RETURN(const uint32_t switch_units,
                       BufferUnits(spec.switch_chip.buffer_per_vc, timing, "switch"));
  UPF_ASSIGN_OR_RETURN(const uint32_t endpoint_units,
                       BufferUnits(spec.endpoint.buffer_per_vc, timing, "endpoint"));
  UPF_RETURN_IF_ERROR(CheckInSwitch(spec, timing, layout));
  auto fabric =
      std::make_unique<FabricImpl>(spec, options, layout, timing, switch_units, endpoint_units);
  UPF_RETURN_IF_ERROR(fabric->CheckDelays());
  fabric->Build();
  return fabric;
}

}  // namespace upfabric::fabric
