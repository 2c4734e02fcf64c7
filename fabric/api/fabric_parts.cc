#include "fabric/api/fabric_parts.h"

#include <algorithm>
#include <utility>

#include "fabric/base/check.h"
#include "fabric/base/fingerprint.h"
#include "fabric/model/merged_switch.h"
#include "fabric/model/port.h"
#include "fabric/model/switch.h"
#include "fabric/model/transport_port.h"

namespace upfabric::fabric {
namespace {

std::vector<int> CountUp(int count, bool reverse) {
  std::vector<int> indices;
  for (int i = 0; i < count; ++i) {
    indices.push_back(reverse ? count - 1 - i : i);
  }
  return indices;
}

}  // namespace

int FabricParts::CountOf(const Layout& layout, const FabricOptions& options) {
  int count = 0;
  for (int e = 0; e < layout.endpoints(); ++e) {
    for (int link = 0; link < layout.links_per_endpoint(); ++link) {
      count += layout.OwnerOfPort(EndpointId(e), link) == options.partition ? 1 : 0;
    }
  }
  for (const Layout::Chip& chip : layout.chips()) {
    count += layout.OwnerOfPlane(chip.plane) == options.partition ? 1 : 0;
  }
  return count;
}

// Components are made first, then joined: ids of channels come from the layout, so the order of
// construction cannot be seen.
FabricParts::FabricParts(const FabricSpec& spec, const FabricOptions& options, const Layout& layout,
                         const FabricTimes& times, sim::Engine& engine)
    : spec_(spec),
      options_(options),
      layout_(layout),
      times_(times),
      engine_(engine),
      port_index_(static_cast<size_t>(layout.endpoints() * layout.links_per_endpoint()), -1),
      chip_index_(layout.chips().size(), -1) {
  const int planes = static_cast<int>(layout.planes().size());
  for (const int plane : CountUp(planes, options.reverse_construction)) {
    MakePlane(plane);
  }
}

void FabricParts::Join(EndpointSet& endpoints) {
  endpoints_ = &endpoints;
  for (PortParts& parts : ports_) {
    JoinPort(parts);
  }
  for (int trunk = 0; trunk < static_cast<int>(layout_.trunks().size()); ++trunk) {
    JoinTrunk(trunk);
  }
  for (int e = 0; e < layout_.endpoints(); ++e) {
    if (EndpointParts* parts = Owned(EndpointId(e))) {
      JoinEndpoint(EndpointId(e), *parts);
    }
  }
  for (PortParts& parts : ports_) {
    AddChannels(parts);
  }
  for (int trunk = 0; trunk < static_cast<int>(layout_.trunks().size()); ++trunk) {
    AddTrunkChannels(trunk);
  }
}

// Chips, then the ports that face them.
void FabricParts::MakePlane(int plane) {
  const Layout::Plane& shape = layout_.planes()[static_cast<size_t>(plane)];
  const ComponentId first = engine_.NextId();
  for (int i = 0; i < shape.chips && layout_.OwnerOfPlane(plane) == options_.partition; ++i) {
    MakeChip(shape.first_chip + i);
  }
  for (int e = 0; e < layout_.endpoints(); ++e) {
    for (int i = 0; i < shape.links; ++i) {
      const int link = shape.first_link + i;
      if (layout_.OwnerOfPort(EndpointId(e), link) == options_.partition) {
        MakePort(EndpointId(e), link);
      }
    }
  }
  if (const std::optional<FabricTimes::Delay>& window = times_.cluster_window()) {
    engine_.AddCluster(first, engine_.NextId().value() - first.value(), window->ticks);
  }
}

void FabricParts::MakeChip(int chip) {
  const Layout::Chip& shape = layout_.chips()[static_cast<size_t>(chip)];
  const SwitchSpec& spec = spec_.SwitchOfKind(shape.kind);
  SwitchOptions options;
  options.links_per_endpoint = layout_.planes()[static_cast<size_t>(shape.plane)].links;
  options.ports = shape.ports;
  options.router = layout_.router();
  options.chip = chip;
  options.routing = spec.routing;
  options.queueing = spec.queueing;
  options.merge_outputs = options_.merge_outputs;
  options.arbitration = spec.arbitration;
  options.reduction = times_.reduction();
  options.shared_buffer = spec.shared_buffer.has_value() ? &*spec.shared_buffer : nullptr;
  options.groups = options.reduction != nullptr ? &times_.groups : nullptr;
  ChipParts parts;
  parts.chip = chip;
  const HopTimes& times = times_.Channel(0, kEndpointReceives);
  if (spec.scatters() || spec.queueing == Queueing::kInputs || spec.shared_buffer.has_value()) {
    parts.part = std::make_unique<MergedSwitch>(times, options);
  } else {
    parts.part = std::make_unique<Switch>(times, options);
  }
  parts.component = engine_.Add(*parts.part);
  // As towards an endpoint, until a trunk says otherwise. Some ports have no link; they never send.
  for (int port = 0; port < shape.ports; ++port) {
    parts.part->transmitter(port).Init(times_.Channel(0, kEndpointReceives),
                                       times_.BufferUnitsOf(0, kEndpointReceives),
                                       engine_.NextTimeOf(parts.component));
    if (times_.transport() != nullptr) {
      parts.part->transmitter(port).MakeEthernet(engine_.NextTimeOf(parts.component));
    }
  }
  chip_index_[static_cast<size_t>(chip)] = static_cast<int>(chips_.size());
  chips_.push_back(std::move(parts));
}

void FabricParts::MakePort(EndpointId endpoint, int link) {
  const int plane = layout_.PlaneOfLink(link);
  int receiver = kEndpointReceives;
  if (!layout_.direct().has_value()) {
    const Layout::ChipPort& at = layout_.ChipOf(endpoint.value(), link);
    receiver = layout_.chips()[static_cast<size_t>(at.chip)].kind;
  }
  PortParts parts;
  parts.endpoint = endpoint;
  parts.link = link;
  const PortPlace place = {endpoint.value(), link, layout_.LinkOf(endpoint.value(), link)};
  const HopTimes& out = times_.Channel(0, receiver);
  const HopTimes& in = times_.Channel(0, kEndpointReceives);
  if (times_.transport() != nullptr) {
    parts.port = std::make_unique<TransportPort>(out, in, place, *times_.transport());
    parts.port->transmitter().MakeEthernet(engine_.NextTimeOf(engine_.NextId()));
  } else {
    parts.port = std::make_unique<Port>(out, in, place, times_.reads(plane));
  }
  parts.component = engine_.NextId();
  parts.port->transmitter().Init(out, times_.BufferUnitsOf(0, receiver),
                                 engine_.NextTimeOf(parts.component));
  engine_.Add(*parts.port);
  port_index_[static_cast<size_t>(endpoint.value() * layout_.links_per_endpoint() + link)] =
      static_cast<int>(ports_.size());
  ports_.push_back(std::move(parts));
}

ChannelPlace FabricParts::PlaceOf(int link, bool forward) const {
  return {link, forward, Chain(options_.seed, static_cast<uint64_t>(2 * link + (forward ? 0 : 1)))};
}

void FabricParts::JoinPort(PortParts& parts) {
  if (layout_.direct().has_value()) {
    JoinToPort(parts);
  } else {
    JoinToChip(parts);
  }
  const auto [endpoint, link] = std::pair(parts.endpoint, parts.link);
  if (EndpointParts* owned = Owned(endpoint)) {
    const int of_all = layout_.place().first_link + link;
    parts.port->ConnectSharesOut(
        engine_.ConnectLocal(owned->endpoint->shares_in(of_all), owned->component));
    parts.port->ConnectReturnsOut(
        engine_.ConnectLocal(owned->endpoint->returns_in(of_all), owned->component));
    owned->endpoint->ConnectSharesOut(
        of_all, engine_.ConnectLocal(parts.port->shares_in(), parts.component));
  } else {
    const int owner = layout_.OwnerOfEndpoint(endpoint);
    parts.port->ConnectSharesOut(engine_.ConnectTo(owner, layout_.DeliveryChannel(endpoint, link)));
    parts.port->ConnectReturnsOut(engine_.ConnectTo(owner, layout_.ReturnChannel(endpoint, link)));
    engine_.ConnectFrom(layout_.PostChannel(endpoint, link), parts.port->shares_in(),
                        parts.component);
  }
}

void FabricParts::JoinToChip(PortParts& parts) {
  const Layout::ChipPort& at = layout_.ChipOf(parts.endpoint.value(), parts.link);
  ChipParts& chip = *ChipPartsOf(at.chip);
  const int kind = layout_.chips()[static_cast<size_t>(at.chip)].kind;
  const int number = layout_.LinkOf(parts.endpoint.value(), parts.link);
  Transmitter& up = parts.port->transmitter();
  Transmitter& down = chip.part->transmitter(at.port);
  up.Place(PlaceOf(number, true));
  down.Place(PlaceOf(number, false));
  up.Connect(engine_.ConnectLocal(chip.part->packets_in(at.port), chip.component));
  down.Connect(engine_.ConnectLocal(parts.port->packets_in(), parts.component));
  parts.port->ConnectCreditsOut(&down.credits());
  chip.part->ConnectInput(at.port, times_.Channel(0, kind), number, up);
}

void FabricParts::JoinToPort(PortParts& parts) {
  const DirectLinks::End end = layout_.direct()->FarEnd(parts.endpoint.value(), parts.link);
  PortParts& far = PortOf(EndpointId(end.endpoint), end.link);
  Transmitter& sender = parts.port->transmitter();
  const bool forward = parts.endpoint.value() < end.endpoint;
  sender.Place(PlaceOf(layout_.LinkOf(parts.endpoint.value(), parts.link), forward));
  sender.Connect(engine_.ConnectLocal(far.port->packets_in(), far.component));
  far.port->ConnectCreditsOut(&sender.credits());
}

// Joins an endpoint to its ports in other partitions; those of this one are joined already.
void FabricParts::JoinEndpoint(EndpointId id, EndpointParts& parts) {
  for (int link = 0; link < layout_.links_per_endpoint(); ++link) {
    const int owner = layout_.OwnerOfPort(id, link);
    if (owner == options_.partition) {
      continue;
    }
    const int of_all = layout_.place().first_link + link;
    parts.endpoint->ConnectSharesOut(of_all,
                                     engine_.ConnectTo(owner, layout_.PostChannel(id, link)));
    engine_.ConnectFrom(layout_.DeliveryChannel(id, link), parts.endpoint->shares_in(of_all),
                        parts.component);
    engine_.ConnectFrom(layout_.ReturnChannel(id, link), parts.endpoint->returns_in(of_all),
                        parts.component);
  }
}

void FabricParts::JoinTrunk(int trunk) {
  const Layout::Trunk& ends = layout_.trunks()[static_cast<size_t>(trunk)];
  if (ChipPartsOf(ends.from.chip) == nullptr) {
    return;
  }
  for (const bool forward : {true, false}) {
    const Layout::ChipPort& from = forward ? ends.from : ends.to;
    const Layout::ChipPort& to = forward ? ends.to : ends.from;
    ChipParts& sender = *ChipPartsOf(from.chip);
    ChipParts& receiver = *ChipPartsOf(to.chip);
    const int kind = layout_.chips()[static_cast<size_t>(to.chip)].kind;
    const HopTimes& times = times_.Channel(ends.kind, kind);
    const int number = layout_.LinkOfTrunk(trunk);
    Transmitter& out = sender.part->transmitter(from.port);
    out.Init(times, times_.BufferUnitsOf(ends.kind, kind), engine_.NextTimeOf(sender.component));
    out.Place(PlaceOf(number, forward));
    out.Connect(engine_.ConnectLocal(receiver.part->packets_in(to.port), receiver.component));
    receiver.part->ConnectInput(to.port, times, number, out);
  }
}

void FabricParts::AddChannels(PortParts& parts) {
  Channel up;
  up.name = layout_.ChannelName(parts.endpoint, parts.link, true);
  const int endpoint = parts.endpoint.value();
  up.endpoint = layout_.place().first_endpoint + endpoint;
  up.plane = layout_.place().first_plane + layout_.PlaneOfLink(parts.link);
  up.link = layout_.place().first_link + parts.link;
  up.number = layout_.LinkOf(endpoint, parts.link);
  up.from_endpoint = true;
  up.sender = &parts.port->transmitter();
  up.port = parts.port.get();
  if (layout_.direct().has_value()) {
    const DirectLinks::End end = layout_.direct()->FarEnd(endpoint, parts.link);
    up.received = &PortOf(EndpointId(end.endpoint), end.link).port->received();
    up.receiver = kEndpointReceives;
    channels_.push_back(up);
    return;
  }
  const Layout::ChipPort& at = layout_.ChipOf(endpoint, parts.link);
  SwitchChip& chip = *ChipPartsOf(at.chip)->part;
  up.received = &std::as_const(chip).received(at.port);
  up.receiver = layout_.chips()[static_cast<size_t>(at.chip)].kind;
  channels_.push_back(up);
  Channel down = up;
  down.name = layout_.ChannelName(parts.endpoint, parts.link, false);
  down.receiver = kEndpointReceives;
  down.from_endpoint = false;
  down.sender = &chip.transmitter(at.port);
  down.received = &std::as_const(*parts.port).received();
  down.port = nullptr;
  down.chip = &chip;
  down.chip_port = at.port;
  channels_.push_back(down);
}

void FabricParts::AddTrunkChannels(int trunk) {
  const Layout::Trunk& ends = layout_.trunks()[static_cast<size_t>(trunk)];
  for (const bool forward : {true, false}) {
    const Layout::ChipPort& from = forward ? ends.from : ends.to;
    const Layout::ChipPort& to = forward ? ends.to : ends.from;
    ChipParts* sender = ChipPartsOf(from.chip);
    if (sender == nullptr) {
      return;
    }
    Channel channel;
    channel.name = layout_.TrunkName(trunk, forward);
    channel.plane =
        layout_.place().first_plane + layout_.chips()[static_cast<size_t>(from.chip)].plane;
    channel.link = trunk;
    channel.number = layout_.LinkOfTrunk(trunk);
    channel.kind = ends.kind;
    channel.receiver = layout_.chips()[static_cast<size_t>(to.chip)].kind;
    channel.from_endpoint = forward;
    channel.chip = sender->part.get();
    channel.chip_port = from.port;
    channel.sender = &sender->part->transmitter(from.port);
    channel.received = &ChipPartsOf(to.chip)->part->received(to.port);
    channels_.push_back(channel);
  }
}

EndpointParts* FabricParts::Owned(EndpointId endpoint) {
  return endpoints_->Owned(EndpointId(layout_.place().first_endpoint + endpoint.value()));
}

FabricParts::PortParts& FabricParts::PortOf(EndpointId endpoint, int link) {
  const int index =
      port_index_[static_cast<size_t>(endpoint.value() * layout_.links_per_endpoint() + link)];
  UPF_CHECK_OP(index, >=, 0);
  return ports_[static_cast<size_t>(index)];
}

FabricParts::ChipParts* FabricParts::ChipPartsOf(int chip) {
  const int index = chip_index_[static_cast<size_t>(chip)];
  return index < 0 ? nullptr : &chips_[static_cast<size_t>(index)];
}

}  // namespace upfabric::fabric
