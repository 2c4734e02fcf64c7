#include "fabric/config/from_proto.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "fabric/base/status.h"
#include "fabric/base/units_text.h"
#include "fabric/config/completeness.h"
#include "fabric/config/ethernet_from_proto.h"
#include "fabric/config/figure_reader.h"
#include "fabric/config/inheritance.h"
#include "fabric/config/link_from_proto.h"
#include "fabric/config/topology_from_proto.h"

namespace upfabric::fabric {
namespace {

// chosen: far above anything built; the engine's own limits are tighter where it has some.
constexpr int kGroupsMax = 65'536;
constexpr int kSessionsMax = 65'536;
constexpr int kBlockPacketsMax = 256;
constexpr int kUnitsMax = 1024;
constexpr int kHeaderFlitsMax = 64;
constexpr int kGenerationMax = 99;
constexpr int kRadixMax = 65'536;
constexpr int kPodsMax = 65'536;

void RequireMultiple(Bytes whole, Bytes part, const std::string& path, const std::string& part_name,
                     FigureReader& reader) {
  reader.Require(part.count() == 0 || whole.count() % part.count() == 0, path + ".value",
                 absl::StrCat(FormatSize(whole), " is not a multiple of the ", part_name,
                              "; give a multiple of ", FormatSize(part)));
}

// What NVLink and other protocols of whole flits have in common.
template <typename Proto>
NvlinkSpec ReadFlits(const Proto& proto, const std::string& path, FigureReader& reader) {
  NvlinkSpec spec;
  spec.flit = reader.PacketPart(proto.flit(), path + ".flit", Zero::kRefused);
  spec.max_payload = reader.PacketPart(proto.max_payload(), path + ".max_payload", Zero::kRefused);
  spec.header_flits = reader.Count(proto.header_flits(), path + ".header_flits", kHeaderFlitsMax);
  RequireMultiple(spec.max_payload, spec.flit, path + ".max_payload", "flit", reader);
  return spec;
}

NvlinkSpec ReadNvlink(const v1::NvlinkProtocol& proto, FigureReader& reader) {
  NvlinkSpec spec = ReadFlits(proto, "protocol.nvlink", reader);
  spec.generation = reader.Count(proto.generation(), "protocol.nvlink.generation", kGenerationMax);
  return spec;
}

UalinkSpec ReadUalink(const v1::UalinkProtocol& proto, FigureReader& reader) {
  UalinkSpec spec;
  spec.beat = reader.PacketPart(proto.beat(), "protocol.ualink.beat", Zero::kRefused);
  spec.max_payload =
      reader.PacketPart(proto.max_payload(), "protocol.ualink.max_payload", Zero::kRefused);
  spec.request = reader.PacketPart(proto.request(), "protocol.ualink.request", Zero::kRefused);
  spec.response = reader.PacketPart(proto.response(), "protocol.ualink.response", Zero::kRefused);
  spec.flow_control_bytes =
      reader.FractionalPacketPart(proto.flow_control(), "protocol.ualink.flow_control");
  spec.flit = reader.PacketPart(proto.flit(), "protocol.ualink.flit", Zero::kRefused);
  spec.flit_payload =
      reader.PacketPart(proto.flit_payload(), "protocol.ualink.flit_payload", Zero::kRefused);
  RequireMultiple(spec.max_payload, spec.beat, "protocol.ualink.max_payload", "beat", reader);
  reader.Require(
      spec.flit_payload <= spec.flit, "protocol.ualink.flit_payload.value",
      absl::StrCat(FormatSize(spec.flit_payload), " is more than the flit holds; at most ",
                   FormatSize(spec.flit), " is allowed"));
  return spec;
}

EthernetSpec ReadEthernet(const v1::EthernetProtocol& proto, FigureReader& reader) {
  EthernetSpec spec;
  spec.profile = reader.Word(proto.profile(), "protocol.ethernet.profile");
  spec.max_payload =
      reader.PacketPart(proto.max_payload(), "protocol.ethernet.max_payload", Zero::kRefused);
  spec.transaction =
      reader.PacketPart(proto.transaction(), "protocol.ethernet.transaction", Zero::kRefused);
  spec.transaction_header = reader.PacketPart(
      proto.transaction_header(), "protocol.ethernet.transaction_header", Zero::kAllowed);
  spec.frame_overhead =
      reader.PacketPart(proto.frame_overhead(), "protocol.ethernet.frame_overhead", Zero::kRefused);
  spec.min_frame =
      reader.PacketPart(proto.min_frame(), "protocol.ethernet.min_frame", Zero::kRefused);
  RequireMultiple(spec.max_payload, spec.transaction, "protocol.ethernet.max_payload",
                  "transaction", reader);
  return spec;
}

ProtocolSpec ReadProtocol(const v1::Protocol& proto, FigureReader& reader) {
  switch (proto.kind_case()) {
    case v1::Protocol::kUalink:
      return ReadUalink(proto.ualink(), reader);
    case v1::Protocol::kEthernet:
      return ReadEthernet(proto.ethernet(), reader);
    case v1::Protocol::kFlits:
      return ReadFlits(proto.flits(), "protocol.flits", reader);
    case v1::Protocol::kNvlink:
    case v1::Protocol::KIND_NOT_SET:  // CheckComplete has refused it
      break;
  }
  return ReadNvlink(proto.nvlink(), reader);
}

EndpointSpec ReadEndpoint(const v1::Endpoint& proto, FigureReader& reader) {
  EndpointSpec spec;
  spec.injection = reader.Time(proto.injection(), "endpoint.injection", Zero::kRefused);
  spec.delivery = reader.Time(proto.delivery(), "endpoint.delivery", Zero::kRefused);
  spec.memory_bandwidth = reader.Rate(proto.memory_bandwidth(), "endpoint.memory_bandwidth");
  spec.local_latency = reader.Time(proto.local_latency(), "endpoint.local_latency", Zero::kRefused);
  spec.buffer_per_vc = reader.Buffer(proto.buffer_per_vc(), "endpoint.buffer_per_vc");
  if (proto.has_spread()) {
    spec.spread = static_cast<Spread>(
        reader.Choice(proto.spread(), "endpoint.spread", {"packets", "messages", "destinations"}));
  }
  if (proto.has_transport()) {
    spec.transport = ReadTransport(proto.transport(), reader);
  }
  return spec;
}

InSwitchSpec ReadInSwitch(const v1::InSwitch& proto, FigureReader& reader) {
  InSwitchSpec spec;
  spec.groups =
      reader.Count(proto.multicast_groups(), "switch.in_switch.multicast_groups", kGroupsMax);
  spec.sessions = reader.Count(proto.sessions(), "switch.in_switch.sessions", kSessionsMax);
  spec.session_payload = reader.Buffer(proto.session_payload(), "switch.in_switch.session_payload");
  spec.units = reader.Count(proto.units(), "switch.in_switch.units", kUnitsMax);
  spec.throughput = reader.Rate(proto.throughput(), "switch.in_switch.throughput");
  spec.latency = reader.Time(proto.latency(), "switch.in_switch.latency", Zero::kAllowed);
  return spec;
}

SwitchSpec ReadSwitch(const v1::Switch& proto, FigureReader& reader) {
  SwitchSpec spec;
  spec.pipeline = reader.Time(proto.pipeline(), "switch.pipeline", Zero::kRefused);
  // Where switches reduce, requests take one; where they drop, control packets do.
  const bool takes_one = proto.has_in_switch() || proto.has_shared_buffer();
  const int channels_max = kVirtualChannelsMax - (takes_one ? 1 : 0);
  spec.virtual_channels =
      reader.Count(proto.virtual_channels(), "switch.virtual_channels", channels_max);
  spec.buffer_per_vc = reader.Buffer(proto.buffer_per_vc(), "switch.buffer_per_vc");
  spec.radix = reader.Count(proto.radix(), "switch.radix", kRadixMax);
  if (proto.has_arbitration()) {
    spec.arbitration = static_cast<Arbitration>(
        reader.Choice(proto.arbitration(), "switch.arbitration", {"oldest-first", "round-robin"}));
  }
  if (proto.has_routing()) {
    spec.routing = static_cast<Routing>(reader.Choice(proto.routing(), "switch.routing",
                                                      {"static", "hashed", "sprayed", "adaptive"}));
  }
  if (proto.has_queueing()) {
    spec.queueing = static_cast<Queueing>(
        reader.Choice(proto.queueing(), "switch.queueing", {"outputs", "inputs"}));
  }
  if (proto.has_shared_buffer()) {
    spec.shared_buffer = ReadSharedBuffer(proto.shared_buffer(), reader);
  }
  if (proto.has_in_switch()) {
    spec.in_switch = ReadInSwitch(proto.in_switch(), reader);
  }
  return spec;
}

// All bytes of the largest packet, which a buffer must hold. Each is at most a few GiB.
Bytes LargestPacket(const NvlinkSpec& spec) {
  return spec.max_payload + spec.flit * spec.header_flits;
}
Bytes LargestPacket(const UalinkSpec& spec) { return spec.max_payload + spec.request; }
Bytes LargestPacket(const EthernetSpec& spec) {
  return spec.max_payload + spec.frame_overhead +
         spec.transaction_header * (spec.max_payload.count() / spec.transaction.count());
}

void RequireBuffersHoldAPacket(const FabricSpec& spec, FigureReader& reader) {
  const Bytes packet =
      std::visit([](const auto& protocol) { return LargestPacket(protocol); }, spec.protocol);
  const std::string message =
      absl::StrCat("is less than the largest packet; at least ", FormatSize(packet), " is needed");
  reader.Require(spec.endpoint.buffer_per_vc >= packet, "endpoint.buffer_per_vc.value", message);
  for (int kind = 0; kind <= static_cast<int>(spec.more_switches.size()); ++kind) {
    reader.SetPrefix(kind > 0 ? absl::StrCat("switch_kinds[", kind - 1, "].") : "");
    reader.Require(std::holds_alternative<FullMeshSpec>(spec.shape) ||
                       spec.SwitchOfKind(kind).buffer_per_vc >= packet,
                   "switch.buffer_per_vc.value", message);
  }
  reader.SetPrefix("");
}

Bytes LargestPayload(const ProtocolSpec& protocol) {
  return std::visit([](const auto& spec) { return spec.max_payload; }, protocol);
}

void RequireSessionsFit(const FabricSpec& spec, FigureReader& reader) {
  if (!spec.switch_chip.in_switch.has_value()) {
    return;
  }
  const InSwitchSpec& inside = *spec.switch_chip.in_switch;
  int64_t ports = 0;
  for (const PlaneGroupSpec& group : spec.groups) {
    ports = std::max(ports, int64_t{group.links} * spec.endpoints);
  }
  reader.Require(inside.sessions >= ports, "switch.in_switch.sessions.value",
                 absl::StrCat("is less than the ports of a switch; at least ", ports,
                              " are needed, one for each"));
  const Bytes packet = LargestPayload(spec.protocol);
  const int64_t packets = inside.session_payload.count() / packet.count();
  reader.Require(packets >= 1 && packets <= kBlockPacketsMax,
                 "switch.in_switch.session_payload.value",
                 absl::StrCat("holds ", packets, " packets of ", FormatSize(packet), "; 1 to ",
                              kBlockPacketsMax, " are allowed"));
}

// Whether the exact time of a byte at `rate`, made longer by `tax`, has terms small enough for the
// arithmetic of the model, which multiplies it with the bytes of packets.
bool HasByteTime(std::optional<Bandwidth> rate, Ratio tax) {
  constexpr int64_t kPicosecondBitsPerByteSecond = 8'000'000'000'000;
  constexpr int64_t kTermMax = 100'000'000;
  if (!rate.has_value()) {
    return false;
  }
  const std::optional<Ratio> raw =
      Ratio::TryMultiply(Ratio(kPicosecondBitsPerByteSecond), Ratio(1) / rate->bits_per_second());
  const std::optional<Ratio> time = raw.has_value() ? Ratio::TryMultiply(*raw, tax) : raw;
  return time.has_value() && time->numerator() <= kTermMax && time->denominator() <= kTermMax;
}

std::optional<Bandwidth> Scaled(Bandwidth rate, Ratio factor) {
  const std::optional<Ratio> scaled = Ratio::TryMultiply(rate.bits_per_second(), factor);
  return scaled.has_value() ? std::optional<Bandwidth>(*scaled) : std::nullopt;
}

constexpr char kTooManyDigits[] =
    "makes a time per byte that cannot be held exactly; give rates, coding and taxes with fewer "
    "digits";

void RequireExactRates(const LinkSpec& link, FigureReader& reader) {
  const std::optional<Bandwidth> wire_rate = Scaled(link.lane_rate, Ratio(link.lanes));
  const std::optional<Bandwidth> data_rate =
      Scaled(link.lane_rate, link.coding * Ratio(link.lanes));
  const Ratio idle = Ratio(1) + link.idle_tax;
  reader.Require(HasByteTime(wire_rate, Ratio(1)), "link.lane_rate.value", kTooManyDigits);
  reader.Require(HasByteTime(data_rate, Ratio(1)), "link.coding.value", kTooManyDigits);
  reader.Require(HasByteTime(data_rate, idle), "link.idle_tax.value", kTooManyDigits);
  reader.Require(HasByteTime(data_rate, idle + link.marker_tax), "link.marker_tax.value",
                 kTooManyDigits);
}

void RequireExactRates(const FabricSpec& spec, FigureReader& reader) {
  for (int kind = 0; kind <= static_cast<int>(spec.more_links.size()); ++kind) {
    reader.SetPrefix(kind > 0 ? absl::StrCat("link_kinds[", kind - 1, "].") : "");
    RequireExactRates(spec.LinkOfKind(kind), reader);
  }
  reader.SetPrefix("");
  reader.Require(HasByteTime(spec.endpoint.memory_bandwidth, Ratio(1)),
                 "endpoint.memory_bandwidth.value", kTooManyDigits);
  if (spec.switch_chip.in_switch.has_value()) {
    reader.Require(HasByteTime(spec.switch_chip.in_switch->throughput,
                               Ratio(spec.switch_chip.in_switch->units)),
                   "switch.in_switch.throughput.value", kTooManyDigits);
  }
}

// Reads each kind with `read`, under its own path. Kinds must have names, all different, so that
// the topology can tell them.
template <typename Kinds, typename Read>
void ReadKinds(const Kinds& kinds, const std::string& list, FigureReader& reader,
               const Read& read) {
  std::set<std::string> names;
  for (int i = 0; i < kinds.size(); ++i) {
    const std::string path = absl::StrCat(list, "[", i, "].");
    reader.Require(
        names.insert(kinds[i].name()).second, path + "name",
        absl::StrCat("\"", kinds[i].name(), "\" is there twice; give each kind a name of its own"));
    reader.SetPrefix(path);
    read(kinds[i]);
    reader.SetPrefix("");
  }
}

void ReadMoreKinds(const v1::Fabric& fabric, FigureReader& reader, FabricSpec& spec) {
  ReadKinds(fabric.link_kinds(), "link_kinds", reader, [&](const v1::LinkKind& kind) {
    spec.more_links.push_back(ReadLink(kind.link(), reader));
  });
  ReadKinds(fabric.switch_kinds(), "switch_kinds", reader, [&](const v1::SwitchKind& kind) {
    spec.more_switches.push_back(ReadSwitch(kind.switch_(), reader));
    reader.Require(spec.more_switches.back().virtual_channels == spec.switch_chip.virtual_channels,
                   "switch.virtual_channels.value",
                   absl::StrCat("differs from the ", spec.switch_chip.virtual_channels,
                                " of switch; all switches need the same"));
  });
}

// Identifiers, joined by @: a fabric, then the variants of it.
bool IsFabricId(const std::string& id) {
  const std::vector<std::string> parts = absl::StrSplit(id, '@');
  return std::all_of(parts.begin(), parts.end(), IsIdentifier);
}

absl::StatusOr<FabricSpec> ReadFabric(const v1::Fabric& fabric, const std::string& prefix);

// The endpoints of all pods, and no others.
absl::Status ReadScaleOut(const v1::ScaleOut& proto, FabricSpec& spec) {
  FigureReader reader("");
  ScaleOutSpec scale_out;
  scale_out.pods = reader.Count(proto.pods(), "scale_out.pods", kPodsMax);
  reader.Require(!proto.network().has_scale_out(), "scale_out.network.scale_out",
                 "is given, but pods of pods are not modelled; leave it out");
  UPF_RETURN_IF_ERROR(reader.status());
  UPF_ASSIGN_OR_RETURN(FabricSpec network, ReadFabric(proto.network(), "scale_out.network."));
  const int64_t endpoints = int64_t{scale_out.pods} * spec.endpoints;
  reader.Require(network.endpoints == endpoints, "scale_out.network.topology",
                 absl::StrCat("has ", network.endpoints, " endpoints, but ", scale_out.pods,
                              " pods of ", spec.endpoints, " have ", endpoints));
  UPF_RETURN_IF_ERROR(reader.status());
  scale_out.network = std::make_shared<const FabricSpec>(std::move(network));
  spec.scale_out = std::move(scale_out);
  return absl::OkStatus();
}

// Of a complete fabric; errors have `prefix` before their paths.
absl::StatusOr<FabricSpec> ReadFabric(const v1::Fabric& fabric, const std::string& prefix) {
  FigureReader reader(prefix);
  FabricSpec spec;
  reader.Require(IsFabricId(fabric.id()), "id",
                 "is not an identifier; lower case letters, digits and hyphens are allowed");
  spec.id = fabric.id();
  spec.protocol = ReadProtocol(fabric.protocol(), reader);
  spec.endpoint = ReadEndpoint(fabric.endpoint(), reader);
  spec.link = ReadLink(fabric.link(), reader);
  const bool has_switches = !fabric.topology().has_full_mesh();
  reader.Require(fabric.has_switch_() == has_switches, "switch",
                 has_switches ? "is missing; every part of a fabric must be given"
                              : "is given, but a full mesh has none; leave it out");
  if (has_switches) {
    spec.switch_chip = ReadSwitch(fabric.switch_(), reader);
  }
  ReadMoreKinds(fabric, reader, spec);
  ReadTopology(fabric, reader, spec);
  // What follows computes with the values, so it needs them all in range.
  UPF_RETURN_IF_ERROR(reader.status());
  RequireBuffersHoldAPacket(spec, reader);
  RequireSessionsFit(spec, reader);
  RequireExactRates(spec, reader);
  UPF_RETURN_IF_ERROR(reader.status());
  if (fabric.has_scale_out()) {
    UPF_RETURN_IF_ERROR(ReadScaleOut(fabric.scale_out(), spec));
  }
  return spec;
}

}  // namespace

absl::StatusOr<FabricSpec> FabricSpecFromProto(const v1::Fabric& as_given) {
  v1::Fabric fabric = as_given;
  UPF_RETURN_IF_ERROR(CompleteKinds(fabric));
  UPF_RETURN_IF_ERROR(CheckComplete(fabric));
  return ReadFabric(fabric, "");
}

}  // namespace upfabric::fabric
