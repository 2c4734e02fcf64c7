#include "fabric/config/from_proto.h"

#include <algorithm>
#include <optional>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "fabric/base/status.h"
#include "fabric/base/units_text.h"
#include "fabric/config/completeness.h"
#include "fabric/config/figure_reader.h"
#include "fabric/model/residual_errors.h"

namespace upfabric::fabric {
namespace {

// chosen: far above anything built; the engine's own limits are tighter where it has some.
constexpr int kLanesMax = 1024;
constexpr int kInterleaveMax = 64;
constexpr int kSymbolBitsMax = 16;
constexpr int kDataSymbolsMax = 65'536;
constexpr int kFlitCodewordsMax = 64;
constexpr int kGroupsMax = 65'536;
constexpr int kSessionsMax = 65'536;
constexpr int kBlockPacketsMax = 256;
constexpr int kUnitsMax = 1024;
constexpr int kHeaderFlitsMax = 64;
constexpr int kGenerationMax = 99;
constexpr int kRadixMax = 65'536;
constexpr int kEndpointsMax = 65'536;
constexpr int kPlanesMax = 1024;
constexpr int kLinksMax = 1024;

void RequireMultiple(Bytes whole, Bytes part, const std::string& path, const std::string& part_name,
                     FigureReader& reader) {
  reader.Require(part.count() == 0 || whole.count() % part.count() == 0, path + ".value",
                 absl::StrCat(FormatSize(whole), " is not a multiple of the ", part_name,
                              "; give a multiple of ", FormatSize(part)));
}

NvlinkSpec ReadNvlink(const v1::NvlinkProtocol& proto, FigureReader& reader) {
  NvlinkSpec spec;
  spec.generation = reader.Count(proto.generation(), "protocol.nvlink.generation", kGenerationMax);
  spec.flit = reader.PacketPart(proto.flit(), "protocol.nvlink.flit", Zero::kRefused);
  spec.max_payload =
      reader.PacketPart(proto.max_payload(), "protocol.nvlink.max_payload", Zero::kRefused);
  spec.header_flits =
      reader.Count(proto.header_flits(), "protocol.nvlink.header_flits", kHeaderFlitsMax);
  RequireMultiple(spec.max_payload, spec.flit, "protocol.nvlink.max_payload", "flit", reader);
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
  return spec;
}

ErrorSpec ReadErrors(const v1::Errors& proto, FigureReader& reader) {
  ErrorSpec spec;
  if (proto.has_flit_error_rate()) {
    spec.flit_error_rate = reader.ErrorRate(proto.flit_error_rate(), "link.errors.flit_error_rate");
  }
  spec.flit = reader.PacketPart(proto.flit(), "link.errors.flit", Zero::kRefused);
  const v1::Retry& retry = proto.retry();
  spec.retry.window = reader.Buffer(retry.window(), "link.errors.retry.window");
  spec.retry.ack_spacing =
      reader.PacketPart(retry.ack_spacing(), "link.errors.retry.ack_spacing", Zero::kAllowed);
  spec.retry.turnaround =
      reader.Time(retry.turnaround(), "link.errors.retry.turnaround", Zero::kAllowed);
  return spec;
}

CodeSpec ReadCode(const v1::Code& proto, int64_t codeword_bits, FigureReader& reader) {
  CodeSpec spec;
  spec.symbol_bits = reader.Bits(proto.symbol(), "link.fec.code.symbol");
  reader.Require(
      spec.symbol_bits >= 1 && spec.symbol_bits <= kSymbolBitsMax &&
          codeword_bits % spec.symbol_bits == 0,
      "link.fec.code.symbol.value",
      absl::StrCat(proto.symbol().value(), " does not cut a codeword of ", codeword_bits,
                   "b into whole symbols; allowed are such of 1b to ", kSymbolBitsMax, "b"));
  if (!reader.status().ok()) {
    return spec;
  }
  spec.symbols = codeword_bits / spec.symbol_bits;
  spec.data_symbols =
      reader.Count(proto.data_symbols(), "link.fec.code.data_symbols", kDataSymbolsMax);
  reader.Require(
      spec.data_symbols <= spec.symbols, "link.fec.code.data_symbols.value",
      absl::StrCat(proto.data_symbols().value(), " is more than a codeword has; at most ",
                   spec.symbols, " is allowed"));
  spec.flit_words =
      reader.Count(proto.flit_codewords(), "link.fec.code.flit_codewords", kFlitCodewordsMax);
  return spec;
}

// Data of a flit's codewords must be room enough for it.
void RequireFlitFits(const ErrorSpec& errors, const CodeSpec& code, FigureReader& reader) {
  constexpr int64_t kBitsPerByte = 8;
  const int64_t room = code.flit_words * code.data_symbols * code.symbol_bits;
  reader.Require(errors.flit.count() * kBitsPerByte <= room, "link.fec.code.flit_codewords.value",
                 absl::StrCat("hold ", room, " data bits, less than a flit of ",
                              FormatSize(errors.flit), "; give as many as a flit lies in"));
}

// The bit error rate of the medium, if it has one, and the flit error rate that follows from it.
void ReadBitErrors(const v1::Link& proto, FigureReader& reader, LinkSpec& link) {
  const std::string path = "link.medium.bit_error_rate";
  const v1::Figure& figure = proto.medium().bit_error_rate();
  const bool is_given = proto.medium().has_bit_error_rate();
  if (link.has_errors) {
    reader.Require(is_given || proto.errors().has_flit_error_rate(), "link.errors.flit_error_rate",
                   absl::StrCat("is missing; give {value, source, confidence, note}, or ", path));
  }
  if (!is_given) {
    return;
  }
  link.errors.bit_error_rate = reader.ErrorRate(figure, path);
  reader.Require(link.has_errors, path,
                 "is given without link.errors, which says how flits are repaired; give both");
  reader.Require(!proto.errors().has_flit_error_rate(), path,
                 "is given, and so is link.errors.flit_error_rate; give one of them");
  reader.Require(!link.has_fec || link.fec.code.has_value(), "link.fec.code",
                 absl::StrCat("is missing; ", path, " needs it"));
  if (!reader.status().ok()) {
    return;
  }
  constexpr Ratio kFlitErrorRateMax(1, 100);
  const ScaledNumber rate = FlitErrorRate(link);
  link.errors.flit_error_rate = rate.ToRatio();
  reader.Require(link.errors.flit_error_rate <= kFlitErrorRateMax, path + ".value",
                 absl::StrCat(figure.value(), " leaves a flit error rate of ", rate.Text(3),
                              "; at most 1/100 is allowed"));
}

void ReadMedium(const v1::Medium& proto, FigureReader& reader, LinkSpec& link) {
  const std::string path = "link.medium";
  link.medium = proto.name();
  link.propagation = reader.Propagation(proto.length(), proto.delay(), path);
  if (proto.has_latency()) {
    link.medium_latency = reader.Time(proto.latency(), path + ".latency", Zero::kAllowed);
  }
  if (proto.has_reach()) {
    reader.RequireReach(proto.length(), proto.reach(), path);
  }
  if (proto.has_energy()) {
    link.medium_energy = reader.EnergyPerBit(proto.energy(), path + ".energy");
  }
}

RetimerSpec ReadRetimer(const v1::Retimer& proto, const std::string& path, FigureReader& reader) {
  RetimerSpec spec;
  spec.name = proto.name();
  spec.latency = reader.Time(proto.latency(), path + ".latency", Zero::kRefused);
  if (proto.has_energy()) {
    spec.energy = reader.EnergyPerBit(proto.energy(), path + ".energy");
  }
  return spec;
}

LinkSpec ReadLink(const v1::Link& proto, FigureReader& reader) {
  LinkSpec spec;
  spec.lanes = reader.Count(proto.lanes(), "link.lanes", kLanesMax);
  spec.lane_rate = reader.Rate(proto.lane_rate(), "link.lane_rate");
  spec.coding = reader.Share(proto.coding(), "link.coding");
  spec.idle_tax = reader.Tax(proto.idle_tax(), "link.idle_tax");
  spec.marker_tax = reader.Tax(proto.marker_tax(), "link.marker_tax");
  spec.phy_tx = reader.Time(proto.phy_tx(), "link.phy_tx", Zero::kAllowed);
  spec.phy_rx = reader.Time(proto.phy_rx(), "link.phy_rx", Zero::kAllowed);
  spec.has_fec = proto.has_fec();
  if (spec.has_fec) {
    const int64_t codeword_bits = reader.Bits(proto.fec().codeword(), "link.fec.codeword");
    spec.fec.codeword_bits = Ratio(codeword_bits);
    spec.fec.interleave =
        reader.Count(proto.fec().interleave(), "link.fec.interleave", kInterleaveMax);
    spec.fec.decode = reader.Time(proto.fec().decode(), "link.fec.decode", Zero::kAllowed);
    if (proto.fec().has_code()) {
      spec.fec.code = ReadCode(proto.fec().code(), codeword_bits, reader);
    }
  }
  for (int i = 0; i < proto.retimers_size(); ++i) {
    spec.retimers.push_back(
        ReadRetimer(proto.retimers(i), absl::StrCat("link.retimers[", i, "]"), reader));
  }
  ReadMedium(proto.medium(), reader, spec);
  if (proto.has_credits()) {
    const v1::Credits& credits = proto.credits();
    spec.credit_step = reader.PacketPart(credits.step(), "link.credits.step", Zero::kAllowed);
    spec.credit_resync = reader.Time(credits.resync(), "link.credits.resync", Zero::kAllowed);
  }
  spec.has_errors = proto.has_errors();
  if (spec.has_errors) {
    spec.errors = ReadErrors(proto.errors(), reader);
  }
  if (spec.has_errors && spec.fec.code.has_value()) {
    RequireFlitFits(spec.errors, *spec.fec.code, reader);
  }
  ReadBitErrors(proto, reader, spec);
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
  // Where switches reduce, requests take one.
  const int channels_max = kVirtualChannelsMax - (proto.has_in_switch() ? 1 : 0);
  spec.virtual_channels =
      reader.Count(proto.virtual_channels(), "switch.virtual_channels", channels_max);
  spec.buffer_per_vc = reader.Buffer(proto.buffer_per_vc(), "switch.buffer_per_vc");
  spec.radix = reader.Count(proto.radix(), "switch.radix", kRadixMax);
  if (proto.has_arbitration()) {
    spec.arbitration = static_cast<Arbitration>(
        reader.Choice(proto.arbitration(), "switch.arbitration", {"oldest-first", "round-robin"}));
  }
  if (proto.has_in_switch()) {
    spec.in_switch = ReadInSwitch(proto.in_switch(), reader);
  }
  return spec;
}

void ReadTopology(const v1::Topology& proto, FigureReader& reader, FabricSpec& fabric) {
  const v1::Planes& planes = proto.planes();
  const std::string path = "topology.planes";
  fabric.endpoints = reader.Count(planes.endpoints(), path + ".endpoints", kEndpointsMax);
  reader.Require(planes.groups_size() > 0, path, "has no groups; give at least one");
  int64_t switches = 0;
  int64_t links = 0;
  for (int i = 0; i < planes.groups_size() && reader.status().ok(); ++i) {
    const std::string group = absl::StrCat(path, ".groups[", i, "]");
    PlaneGroupSpec spec;
    spec.planes = reader.Count(planes.groups(i).planes(), group + ".planes", kPlanesMax);
    spec.links = reader.Count(planes.groups(i).links(), group + ".links", kLinksMax);
    switches += spec.planes;
    links += int64_t{spec.planes} * spec.links;
    reader.Require(
        switches <= kPlanesMax && links <= kLinksMax, group,
        absl::StrCat("makes ", switches, " planes and ", links, " links of an endpoint; at most ",
                     kPlanesMax, " and ", kLinksMax, " in all groups are allowed"));
    fabric.groups.push_back(spec);
  }
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
  reader.Require(spec.switch_chip.buffer_per_vc >= packet, "switch.buffer_per_vc.value", message);
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

void RequireExactRates(const FabricSpec& spec, FigureReader& reader) {
  const std::string message =
      "makes a time per byte that cannot be held exactly; give rates, coding and taxes with fewer "
      "digits";
  const LinkSpec& link = spec.link;
  const std::optional<Bandwidth> wire_rate = Scaled(link.lane_rate, Ratio(link.lanes));
  const std::optional<Bandwidth> data_rate =
      Scaled(link.lane_rate, link.coding * Ratio(link.lanes));
  const Ratio idle = Ratio(1) + link.idle_tax;
  reader.Require(HasByteTime(wire_rate, Ratio(1)), "link.lane_rate.value", message);
  reader.Require(HasByteTime(data_rate, Ratio(1)), "link.coding.value", message);
  reader.Require(HasByteTime(data_rate, idle), "link.idle_tax.value", message);
  reader.Require(HasByteTime(data_rate, idle + link.marker_tax), "link.marker_tax.value", message);
  reader.Require(HasByteTime(spec.endpoint.memory_bandwidth, Ratio(1)),
                 "endpoint.memory_bandwidth.value", message);
  if (spec.switch_chip.in_switch.has_value()) {
    reader.Require(HasByteTime(spec.switch_chip.in_switch->throughput,
                               Ratio(spec.switch_chip.in_switch->units)),
                   "switch.in_switch.throughput.value", message);
  }
}

}  // namespace

absl::StatusOr<FabricSpec> FabricSpecFromProto(const v1::Fabric& fabric) {
  UPF_RETURN_IF_ERROR(CheckComplete(fabric));
  FigureReader reader;
  FabricSpec spec;
  reader.Require(IsIdentifier(fabric.id()), "id",
                 "is not an identifier; lower case letters, digits and hyphens are allowed");
  spec.id = fabric.id();
  spec.protocol = ReadProtocol(fabric.protocol(), reader);
  spec.endpoint = ReadEndpoint(fabric.endpoint(), reader);
  spec.link = ReadLink(fabric.link(), reader);
  spec.switch_chip = ReadSwitch(fabric.switch_(), reader);
  ReadTopology(fabric.topology(), reader, spec);
  // What follows computes with the values, so it needs them all in range.
  UPF_RETURN_IF_ERROR(reader.status());
  RequireBuffersHoldAPacket(spec, reader);
  RequireSessionsFit(spec, reader);
  RequireExactRates(spec, reader);
  UPF_RETURN_IF_ERROR(reader.status());
  return spec;
}

}  // namespace upfabric::fabric
