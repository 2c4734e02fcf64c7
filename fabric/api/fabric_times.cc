#include "fabric/api/fabric_times.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "fabric/api/spec_checks.h"
#include "fabric/base/status.h"
#include "fabric/model/block_tag.h"
#include "fabric/topo/network_view.h"

namespace upfabric::fabric {
namespace {

using sim::Ticks;

// Wire units of a flit, for the draws; any number will do where no flit fails.
Ratio UnitsPerFlit(const LinkSpec& link, const LinkTiming& timing) {
  return link.has_errors ? Ratio(link.errors.flit.count()) / timing.framing().unit_bytes()
                         : Ratio(1);
}

}  // namespace

FabricTimes::LinkKind::LinkKind(const LinkSpec& spec, LinkTiming from)
    : timing(std::move(from)), errors(UnitsPerFlit(spec, timing)), shapes(timing.shapes()) {}

absl::StatusOr<std::unique_ptr<FabricTimes>> FabricTimes::Create(const FabricSpec& spec,
                                                                 const FabricOptions& options,
                                                                 const Layout& layout,
                                                                 const sim::Clock* clock) {
  auto times = std::unique_ptr<FabricTimes>(new FabricTimes);
  UPF_RETURN_IF_ERROR(times->MakeKinds(spec, clock));
  UPF_RETURN_IF_ERROR(CheckChannelClasses(spec, layout));
  UPF_RETURN_IF_ERROR(CheckInSwitch(spec, times->timing(0), layout));
  UPF_RETURN_IF_ERROR(CheckTransport(spec, times->timing(0), layout));
  times->MakeEndpoint(spec, options, layout);
  UPF_RETURN_IF_ERROR(times->MakeChannels(spec, options, layout));
  if (spec.switch_chip.in_switch.has_value()) {
    times->MakeReduction(spec, layout);
  }
  if (spec.endpoint.transport.has_value()) {
    times->MakeTransport(spec, layout);
  }
  UPF_RETURN_IF_ERROR(times->MakeWindow(options));
  return times;
}

// All kinds count in one clock, in which every packet of each lasts whole ticks.
absl::Status FabricTimes::MakeKinds(const FabricSpec& spec, const sim::Clock* given) {
  int64_t q = 1;
  std::vector<LinkTiming> timings;
  const int kinds = 1 + static_cast<int>(spec.more_links.size());
  for (int kind = 0; kind < kinds; ++kind) {
    UPF_ASSIGN_OR_RETURN(LinkTiming timing,
                         LinkTiming::Create(spec.LinkOfKind(kind), spec.protocol));
    q = std::min(std::lcm(q, timing.clock().ticks_per_picosecond()),
                 sim::Clock::kTicksPerPicosecondMax);
    timings.push_back(std::move(timing));
  }
  const sim::Clock clock = given != nullptr ? *given : sim::Clock(q);
  for (int kind = 0; kind < kinds; ++kind) {
    const LinkSpec& link = spec.LinkOfKind(kind);
    LinkTiming& timing = timings[Index(kind)];
    if (timing.clock().ticks_per_picosecond() != clock.ticks_per_picosecond()) {
      UPF_ASSIGN_OR_RETURN(timing, LinkTiming::Create(link, spec.protocol, &clock));
    }
    UPF_RETURN_IF_ERROR(CheckRetryWindow(link, timing));
    kinds_.push_back(std::make_unique<LinkKind>(link, std::move(timing)));
  }
  return absl::OkStatus();
}

void FabricTimes::MakeEndpoint(const FabricSpec& spec, const FabricOptions& options,
                               const Layout& layout) {
  endpoint_.clock = clock();
  endpoint_.framing = &timing(0).framing();
  endpoint_.injection = clock().FromPicoseconds(spec.endpoint.injection);
  endpoint_.local_latency = clock().FromPicoseconds(spec.endpoint.local_latency);
  endpoint_.ticks_per_local_byte =
      spec.endpoint.memory_bandwidth.PicosecondsPerByte() * Ratio(clock().ticks_per_picosecond());
  endpoint_.channel_classes = layout.channel_classes();
  endpoint_.virtual_channels = spec.switch_chip.virtual_channels / layout.channel_classes();
  if (options.virtual_channels > 0) {
    endpoint_.virtual_channels = std::min(options.virtual_channels, endpoint_.virtual_channels);
  }
  endpoint_.seed = options.seed;
  endpoint_.spread = spec.endpoint.spread;
  endpoint_.direct = layout.direct();
  endpoint_.router = layout.router();
  endpoint_.faults = &faults;
}

// Requests of reduce-reads get a virtual channel of their own, behind those of the data; so do the
// control packets of a transport, which speaks of single packets.
absl::Status FabricTimes::MakeChannels(const FabricSpec& spec, const FabricOptions& options,
                                       const Layout& layout) {
  HopTimes common;
  common.full_payload = static_cast<uint16_t>(endpoint_.framing->max_payload().count());
  common.virtual_channels = endpoint_.virtual_channels * endpoint_.channel_classes +
                            (spec.switch_chip.in_switch.has_value() ? 1 : 0) +
                            (spec.endpoint.transport.has_value() ? 1 : 0);
  common.trains = options.trains && !spec.endpoint.transport.has_value();
  common.scatters = Scatters(spec);
  common.delivery = clock().FromPicoseconds(spec.endpoint.delivery);
  common.injection = endpoint_.injection;
  common.faults = &faults;
  UPF_RETURN_IF_ERROR(AddChannel(spec, common, 0, kEndpointReceives));
  for (const Layout::Chip& chip : layout.chips()) {
    UPF_RETURN_IF_ERROR(AddChannel(spec, common, 0, chip.kind));
  }
  for (const Layout::Trunk& trunk : layout.trunks()) {
    for (const Layout::ChipPort& end : {trunk.from, trunk.to}) {
      const Layout::Chip& chip = layout.chips()[Index(end.chip)];
      UPF_RETURN_IF_ERROR(AddChannel(spec, common, trunk.kind, chip.kind));
    }
  }
  return absl::OkStatus();
}

absl::Status FabricTimes::AddChannel(const FabricSpec& spec, const HopTimes& common, int link_kind,
                                     int receiver) {
  const auto [found, is_new] = channels_.try_emplace({link_kind, receiver});
  if (!is_new) {
    return absl::OkStatus();
  }
  const LinkSpec& link = spec.LinkOfKind(link_kind);
  LinkKind& kind = *kinds_[Index(link_kind)];
  const bool to_endpoint = receiver == kEndpointReceives;
  const Bytes buffer =
      to_endpoint ? spec.endpoint.buffer_per_vc : spec.SwitchOfKind(receiver).buffer_per_vc;
  found->second.buffer_units = CreditPool::kUnlimited;
  if (!spec.endpoint.transport.has_value()) {
    UPF_ASSIGN_OR_RETURN(
        found->second.buffer_units,
        BufferUnits(buffer, link, kind.timing, to_endpoint ? "endpoint" : "switch"));
  }
  const Ticks wire = clock().FromPicoseconds(kind.timing.WireDelay());
  HopTimes& times = found->second.times;
  times = common;
  times.shapes = &kind.timing.shapes();
  times.shape_tables = &kind.shapes;
  times.control_delay = wire;
  times.data_delay =
      wire + (to_endpoint ? 0 : clock().FromPicoseconds(spec.SwitchOfKind(receiver).pipeline));
  times.replay_delay = 2 * wire + clock().FromPicoseconds(link.errors.retry.turnaround);
  times.flit_error_rate = link.errors.flit_error_rate;
  if (!spec.endpoint.transport.has_value()) {
    times.credit_return = CreditReturnOf(link, kind.timing);
  }
  times.errors = &kind.errors;
  return absl::OkStatus();
}

void FabricTimes::MakeTransport(const FabricSpec& spec, const Layout& layout) {
  std::vector<LinkTiming> timings;
  for (const std::unique_ptr<LinkKind>& kind : kinds_) {
    timings.push_back(kind->timing);
  }
  FlowTimes flow;
  flow.clock = clock();
  flow.rate = timing(0).rate();
  flow.packet_bytes = timing(0).shapes().back().units;
  flow.round_trip = NetworkView(spec, layout, std::move(timings)).RoundTrip();
  transport_ = std::make_unique<TransportTimes>();
  transport_->spec = *spec.endpoint.transport;
  transport_->ack_delay = clock().FromPicoseconds(transport_->spec.ack_delay);
  transport_->retransmit_timeout = clock().FromPicoseconds(transport_->spec.retransmit_timeout);
  if (const auto* dcqcn = std::get_if<DcqcnSpec>(&transport_->spec.congestion_control)) {
    transport_->notice_interval = clock().FromPicoseconds(dcqcn->notice_interval);
  }
  transport_->control = CongestionControlFactory::Create(transport_->spec, flow);
}

void FabricTimes::MakeReduction(const FabricSpec& spec, const Layout& layout) {
  const InSwitchSpec& inside = *spec.switch_chip.in_switch;
  const HopTimes& times = Channel(0, kEndpointReceives);
  endpoint_.groups = &groups;
  reduction_.units = inside.units;
  reduction_.latency = clock().FromPicoseconds(inside.latency);
  reduction_.ticks_per_byte = inside.throughput.PicosecondsPerByte() * Ratio(inside.units) *
                              Ratio(clock().ticks_per_picosecond());
  for (const Layout::Plane& plane : layout.planes()) {
    const int ports = plane.links * layout.endpoints();
    read_limits_.push_back({std::min(inside.sessions / ports, BlockTag::kSessionsMax),
                            inside.session_payload.count() / times.full_payload, times.full_payload,
                            times.virtual_channels - 1});
  }
}

// What a plane's parts send each other need not cross partitions, nor wait for the common window.
absl::Status FabricTimes::MakeWindow(const FabricOptions& options) {
  std::vector<Delay> delays = {{"endpoint>port injection", endpoint_.injection},
                               {"port>endpoint delivery", Channel(0, kEndpointReceives).delivery}};
  std::vector<Delay> inner;
  for (const auto& [key, channel] : channels_) {
    const auto [link_kind, receiver] = key;
    const std::string suffix = link_kind > 0 ? absl::StrCat(" on links of kind ", link_kind) : "";
    const char* const packets = receiver == kEndpointReceives ? "switch>port packets"
                                : link_kind > 0               ? "switch>switch packets"
                                                              : "port>switch packets";
    inner.push_back({absl::StrCat(packets, suffix), channel.times.data_delay});
    inner.push_back({absl::StrCat("link credits", suffix), channel.times.control_delay});
  }
  const auto smallest = [](const std::vector<Delay>& of) {
    return *std::min_element(of.begin(), of.end(),
                             [](const Delay& a, const Delay& b) { return a.ticks < b.ticks; });
  };
  window_ = smallest(delays);
  const Delay short_link = smallest(inner);
  if (short_link.ticks < std::min(window_.ticks, clock().FromPicoseconds(options.min_window))) {
    cluster_window_ = short_link;
  } else if (short_link.ticks < window_.ticks) {
    window_ = short_link;
  }
  for (const Delay& delay : {window_, cluster_window_.value_or(window_)}) {
    if (delay.ticks <= 0) {
      return absl::InvalidArgumentError(absl::StrCat("fabric: the delay of ", delay.name,
                                                     " is 0; between components it must be more"));
    }
  }
  return absl::OkStatus();
}

}  // namespace upfabric::fabric
