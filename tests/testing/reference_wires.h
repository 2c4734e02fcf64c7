// What the plain simulator (reference_fabric.h) stands on: one queue of events, the wires with
// their counts, and the arithmetic of time that it shares with the engine.

#ifndef UPFABRIC_TESTS_TESTING_REFERENCE_WIRES_H_
#define UPFABRIC_TESTS_TESTING_REFERENCE_WIRES_H_

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fabric/api/fabric_faults.h"
#include "fabric/api/fabric_times.h"
#include "fabric/api/spec_checks.h"
#include "fabric/base/fingerprint.h"
#include "fabric/model/fault_timeline.h"
#include "fabric/model/flit_errors.h"
#include "fabric/model/link_timing.h"
#include "fabric/topo/layout.h"
#include "tests/testing/reference_packets.h"

namespace upfabric::fabric::testing {

struct ReferenceWires {
  using Ticks = sim::Ticks;
  using Sender = ReferenceSender;
  using Channel = ReferenceChannel;
  using Order = ReferenceOrder;
  using enum ReferenceOrder;
  using Key = std::tuple<Ticks, int, int, int, uint64_t>;  // time, order, endpoint, link, sequence

  ReferenceWires(const FabricSpec& spec, uint64_t seed)
      : spec_(spec),
        seed_(seed),
        layout_(*Layout::Create(spec, 1)),
        times_(*FabricTimes::Create(spec, {}, layout_)),
        timing_(times_->timing(0)) {
    for (size_t kind = 0; kind <= spec.more_links.size(); ++kind) {
      const LinkSpec& link = spec.LinkOfKind(static_cast<int>(kind));
      error_tables_.push_back(std::make_unique<FlitErrorTables>(
          link.has_errors ? Ratio(link.errors.flit.count()) / timing_.framing().unit_bytes()
                          : Ratio(1)));
    }
    const int lanes =
        spec.switch_chip.virtual_channels + (spec.switch_chip.in_switch.has_value() ? 1 : 0);
    for (size_t link = 0; link < static_cast<size_t>(layout_.links()); ++link) {
      for (const bool up : {true, false}) {
        const Layout::ChipPort chip = ReceiverOf({up, link});
        const Bytes buffer =
            chip.chip < 0 ? spec.endpoint.buffer_per_vc : SpecOf(chip).buffer_per_vc;
        (up ? up_ : down_)
            .emplace_back(lanes, *BufferUnits(buffer, LinkOf(link), TimingOf(link), ""));
      }
    }
  }

  void At(Ticks time, Order order, int endpoint, int link, std::function<void()> action) {
    events_.emplace(Key(time, order, endpoint, link, sequence_++), std::move(action));
  }
  SimTime Now() const { return SimTime(timing_.clock().ToPicoseconds(now_)); }
  int64_t WireBytes(int64_t units) const {
    return (timing_.framing().unit_bytes() * Ratio(units)).Ceil();
  }
  Ticks FromPs(Picoseconds time) const { return timing_.clock().FromPicoseconds(time); }
  size_t EndpointLinks() const {
    return static_cast<size_t>(layout_.endpoints() * layout_.links_per_endpoint());
  }
  const Layout::Trunk& TrunkOf(size_t link) const {
    return layout_.trunks()[link - EndpointLinks()];
  }
  int KindOf(size_t link) const { return link < EndpointLinks() ? 0 : TrunkOf(link).kind; }
  const LinkSpec& LinkOf(size_t link) const { return spec_.LinkOfKind(KindOf(link)); }
  const LinkTiming& TimingOf(size_t link) const { return times_->timing(KindOf(link)); }
  const SwitchSpec& SpecOf(Layout::ChipPort chip) const {
    return spec_.SwitchOfKind(layout_.chips()[static_cast<size_t>(chip.chip)].kind);
  }
  Ticks WireOf(size_t link) const { return FromPs(TimingOf(link).WireDelay()); }
  // The channel on which link `link` of an endpoint sends.
  Channel PortOf(int endpoint, int link) const {
    const bool low = !layout_.direct().has_value() ||
                     endpoint < layout_.direct()->FarEnd(endpoint, link).endpoint;
    return {low, static_cast<size_t>(layout_.LinkOf(endpoint, link))};
  }
  bool IsPort(Channel channel) const {
    return channel.link < EndpointLinks() && (channel.up || layout_.direct().has_value());
  }
  // A chip's port, or none: an endpoint receives.
  Layout::ChipPort ReceiverOf(Channel channel) const {
    if (channel.link >= EndpointLinks()) {
      return channel.up ? TrunkOf(channel.link).to : TrunkOf(channel.link).from;
    }
    const int links = layout_.links_per_endpoint();
    return layout_.direct().has_value() || !channel.up
               ? Layout::ChipPort{}
               : layout_.ChipOf(static_cast<int>(channel.link) / links,
                                static_cast<int>(channel.link) % links);
  }
  // The sending end of a channel, if that is a chip.
  Layout::ChipPort SenderChip(Channel channel) const {
    return ReceiverOf({!channel.up, channel.link});
  }
  // The channel of a chip's output.
  Channel OutputOf(Layout::ChipPort port) const {
    const Layout::Peer& peer = layout_.PeerOf(port.chip, port.port);
    return peer.trunk < 0
               ? Channel{false, static_cast<size_t>(layout_.LinkOf(peer.endpoint, peer.link))}
               : Channel{peer.trunk_starts_here,
                         static_cast<size_t>(layout_.LinkOfTrunk(peer.trunk))};
  }
  Sender& SenderOf(Channel channel) { return (channel.up ? up_ : down_)[channel.link]; }

  // On all lanes.
  const PacketShape& ShapeOf(size_t link, int64_t payload) const {
    return TimingOf(link).shapes()[static_cast<size_t>(payload)];
  }
  // On the lanes that work at that time.
  PacketShape ShapeAt(Ticks time, size_t link, int64_t payload) const {
    const Ratio slowdown = faults_.Slowdown(static_cast<int>(link), time);
    const PacketShape& shape = ShapeOf(link, payload);
    return {(Ratio(shape.ticks) * slowdown).Ceil(), shape.units};
  }
  const Layout::Plane& PlaneOf(size_t link) const {
    const int of_endpoint = static_cast<int>(link) % layout_.links_per_endpoint();
    return layout_.planes()[static_cast<size_t>(layout_.PlaneOfLink(of_endpoint))];
  }
  void SetErrorRate(Channel channel, Ratio rate) {
    FlitErrorTables& tables = *error_tables_[static_cast<size_t>(KindOf(channel.link))];
    SenderOf(channel).SetErrors(tables.For(rate),
                                Chain(seed_, 2 * channel.link + (channel.up ? 0 : 1)));
  }

  // Puts a packet on the wire, again and again while it fails; returns when its good copy starts.
  Ticks StartWell(Sender& sender, size_t link, int64_t payload) {
    Ticks start = now_;
    while (true) {
      const PacketShape shape = ShapeAt(start, link, payload);
      if (sender.wire + shape.units <= sender.fails_at) {
        sender.wire += shape.units;
        return start;
      }
      const Ticks gap =
          shape.ticks + 2 * WireOf(link) + FromPs(LinkOf(link).errors.retry.turnaround);
      sender.discarded += gap * shape.units / shape.ticks;
      sender.wire += gap * shape.units / shape.ticks;
      start += gap;
      ++sender.counters.replays;
      sender.DrawNextFailure();
    }
  }

  // By name.
  std::vector<ChannelCounters> Counters() const {
    std::vector<ChannelCounters> all;
    for (size_t link = 0; link < up_.size(); ++link) {
      for (const bool up : {true, false}) {
        const Sender& sender = (up ? up_ : down_)[link];
        all.push_back(sender.counters);
        all.back().name = NameOf({up, link});
        all.back().wire_bytes = WireBytes(sender.wire - sender.discarded);
        all.back().discarded_wire_bytes = WireBytes(sender.discarded);
        all.back().leaked_wire_bytes = WireBytes(sender.leaked);
        all.back().busy = timing_.clock().ToPicoseconds(sender.busy);
        all.back().credit_stall = timing_.clock().ToPicoseconds(sender.stall);
      }
    }
    // Of a full mesh only the numbers of the lower ends are links.
    std::erase_if(all, [](const ChannelCounters& counters) { return counters.name.empty(); });
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
  }

  std::string NameOf(Channel channel) const {
    if (channel.link >= EndpointLinks()) {
      return layout_.TrunkName(static_cast<int>(channel.link - EndpointLinks()), channel.up);
    }
    const int links = layout_.links_per_endpoint();
    const int endpoint = static_cast<int>(channel.link) / links;
    const int link = static_cast<int>(channel.link) % links;
    if (layout_.LinkOf(endpoint, link) != static_cast<int>(channel.link)) {
      return "";
    }
    return layout_.ChannelName(EndpointId(endpoint), link, channel.up);
  }

  FabricSpec spec_;
  uint64_t seed_;
  Layout layout_;
  std::unique_ptr<FabricTimes> times_;
  const LinkTiming& timing_;                                    // of the links of endpoints
  std::vector<std::unique_ptr<FlitErrorTables>> error_tables_;  // by kind of link
  FaultTimeline faults_;
  std::vector<Sender> up_;    // by number of the link
  std::vector<Sender> down_;  // likewise: the other direction
  std::map<Key, std::function<void()>> events_;
  Ticks now_ = 0;
  uint64_t sequence_ = 0;
};

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_REFERENCE_WIRES_H_
