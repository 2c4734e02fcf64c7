#include "fabric/api/spec_checks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "fabric/base/units_text.h"
#include "fabric/model/block_tag.h"

namespace upfabric::fabric {
namespace {

// The time that a wire carries `bytes` in, rounded up to 1 ps.
Picoseconds WireTime(Bytes bytes, const LinkTiming& timing) {
  return Picoseconds((timing.rate().PicosecondsPerByte() * Ratio(bytes.count())).Ceil());
}

}  // namespace

absl::StatusOr<uint32_t> BufferUnits(Bytes buffer, const LinkSpec& link, const LinkTiming& timing,
                                     const char* where) {
  const Ratio units = Ratio(buffer.count()) / timing.framing().unit_bytes();
  const int64_t whole = units.numerator() / units.denominator();
  const int64_t needed = timing.shapes().back().units + CreditReturnOf(link, timing).step - 1;
  constexpr int64_t kUnitsMax = 1 << 30;
  if (whole < needed || whole > kUnitsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ".buffer_per_vc: ", buffer.count(), " B; at least one full packet",
                     link.credit_step.count() > 0 ? " and a step of credits" : "", ", ",
                     (timing.framing().unit_bytes() * Ratio(needed)).Ceil(), " B, at most 1 GiB"));
  }
  return static_cast<uint32_t>(whole);
}

CreditReturn CreditReturnOf(const LinkSpec& link, const LinkTiming& timing) {
  const Ratio units = Ratio(link.credit_step.count()) / timing.framing().unit_bytes();
  CreditReturn how;
  how.step = static_cast<uint32_t>(std::max<int64_t>(1, units.numerator() / units.denominator()));
  how.resync = timing.clock().FromPicoseconds(link.credit_resync);
  how.delay = timing.clock().FromPicoseconds(timing.WireDelay());
  return how;
}

bool Scatters(const FabricSpec& spec) {
  bool scatters = spec.switch_chip.scatters();
  for (const SwitchSpec& chip : spec.more_switches) {
    scatters |= chip.scatters();
  }
  return scatters;
}

absl::Status CheckChannelClasses(const FabricSpec& spec, const Layout& layout) {
  if (spec.switch_chip.virtual_channels >= layout.channel_classes()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("switch.virtual_channels: ", spec.switch_chip.virtual_channels, "; at least ",
                   layout.channel_classes(),
                   " are needed in this topology, so that no ring of full buffers can form"));
}

absl::Status CheckInSwitch(const FabricSpec& spec, const LinkTiming& timing, const Layout& layout) {
  if (!spec.switch_chip.in_switch.has_value()) {
    return absl::OkStatus();
  }
  if (layout.router() != nullptr || layout.direct().has_value()) {
    return absl::InvalidArgumentError(
        "switch.in_switch: copies and reductions are modelled where each plane is one switch");
  }
  if (spec.switch_chip.queueing == Queueing::kInputs || spec.switch_chip.scatters()) {
    return absl::InvalidArgumentError(
        "switch.in_switch: copies and reductions are modelled in switches with queues for each "
        "output and static or hashed routes");
  }
  const InSwitchSpec& inside = *spec.switch_chip.in_switch;
  constexpr int kChannelsMax = kVirtualChannelsMax - 1;  // requests take one
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

absl::Status CheckTransport(const FabricSpec& spec, const LinkTiming& timing,
                            const Layout& layout) {
  const bool has_transport = spec.endpoint.transport.has_value();
  for (const Layout::Chip& chip : layout.chips()) {
    if (spec.SwitchOfKind(chip.kind).shared_buffer.has_value() != has_transport) {
      return absl::InvalidArgumentError(
          has_transport
              ? "endpoint.transport: is given, but some switches have no shared_buffer; give it to "
                "all, or leave the transport out"
              : "switch.shared_buffer: drops packets, but endpoints have no transport; give both");
    }
  }
  if (!has_transport) {
    return absl::OkStatus();
  }
  const SwitchSpec& chip = spec.switch_chip;
  const char* refused = nullptr;
  if (!std::holds_alternative<EthernetSpec>(spec.protocol)) {
    refused = "is modelled over protocol.ethernet";
  } else if (layout.direct().has_value() || layout.channel_classes() > 1) {
    refused = "is modelled in planes, Clos networks and trees";
  } else if (chip.in_switch.has_value() || chip.queueing == Queueing::kInputs) {
    refused = "is modelled with switches that queue by output, and neither copy nor reduce";
  } else if (chip.virtual_channels >= kVirtualChannelsMax) {
    refused = "needs a virtual channel for control packets; give switches at most 7";
  } else if (spec.endpoint.transport->recovery == Recovery::kGoBackN &&
             (Scatters(spec) || spec.endpoint.transport->entropies > 1)) {
    refused = "with go-back-n needs packets in order; give 1 entropy and static or hashed routes";
  }
  if (refused != nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("endpoint.transport: ", refused));
  }
  const int64_t packet = timing.shapes().back().units;
  for (const Layout::Chip& each : layout.chips()) {
    const SharedBufferSpec& buffer = *spec.SwitchOfKind(each.kind).shared_buffer;
    const Ratio room = std::min(Ratio(1), buffer.alpha) * Ratio(buffer.size.count());
    if (room < Ratio(packet)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "switch.shared_buffer: an output may hold ", room.numerator() / room.denominator(),
          " B of it, at most (size x alpha); at least a full packet, ", packet, " B"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRetryWindow(const LinkSpec& link, const LinkTiming& timing) {
  if (!link.has_errors) {
    return absl::OkStatus();
  }
  const RetrySpec& retry = link.errors.retry;
  const Bytes packet((timing.framing().unit_bytes() * Ratio(timing.shapes().back().units)).Ceil());
  const Picoseconds covers = WireTime(retry.window, timing);
  const Picoseconds loop =
      timing.WireDelay() * 2 + retry.turnaround + WireTime(retry.ack_spacing + packet, timing);
  if (covers >= loop) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("link.errors.retry.window: covers ", FormatTime(covers),
                   " of sending, but an ack is back "
                   "only after ",
                   FormatTime(loop),
                   " (both ways, turnaround, ack spacing and a packet); give "
                   "at least the latter at the link's rate, or a shorter link"));
}

}  // namespace upfabric::fabric
