// What the plain simulator (reference_fabric.h) stands on: one queue of events, the wires with
// their counts, and the arithmetic of time that it shares with the engine.

#ifndef UPFABRIC_TESTS_TESTING_REFERENCE_WIRES_H_
#define UPFABRIC_TESTS_TESTING_REFERENCE_WIRES_H_

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "fabric/api/fabric_faults.h"
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
  using Order = ReferenceOrder;
  using enum ReferenceOrder;
  using Key = std::tuple<Ticks, int, int, int, uint64_t>;  // time, order, endpoint, link, sequence

  ReferenceWires(const FabricSpec& spec, uint64_t seed)
      : spec_(spec),
        seed_(seed),
        layout_(*Layout::Create(spec, 1)),
        timing_(*LinkTiming::Create(spec.link, spec.protocol)),
        error_tables_(spec.link.has_errors
                          ? Ratio(spec.link.errors.flit.count()) / timing_.framing().unit_bytes()
                          : Ratio(1)) {
    const auto units = [&](Bytes buffer) { return *BufferUnits(buffer, spec.link, timing_, ""); };
    const size_t links = static_cast<size_t>(spec.endpoints * layout_.links_per_endpoint());
    const int lanes =
        spec.switch_chip.virtual_channels + (spec.switch_chip.in_switch.has_value() ? 1 : 0);
    up_.assign(links, Sender(lanes, units(spec.switch_chip.buffer_per_vc)));
    down_.assign(links, Sender(lanes, units(spec.endpoint.buffer_per_vc)));
  }

  void At(Ticks time, Order order, int endpoint, int link, std::function<void()> action) {
    events_.emplace(Key(time, order, endpoint, link, sequence_++), std::move(action));
  }
  SimTime Now() const { return SimTime(timing_.clock().ToPicoseconds(now_)); }
  int64_t WireBytes(int64_t units) const {
    return (timing_.framing().unit_bytes() * Ratio(units)).Ceil();
  }
  Ticks FromPs(Picoseconds time) const { return timing_.clock().FromPicoseconds(time); }
  // On all lanes.
  const PacketShape& ShapeOf(int64_t payload) const {
    return timing_.shapes()[static_cast<size_t>(payload)];
  }
  // On the lanes that work at that time.
  PacketShape ShapeAt(Ticks time, size_t link, int64_t payload) const {
    const int links = layout_.links_per_endpoint();
    const Ratio slowdown =
        faults_.Slowdown(static_cast<int>(link) / links, static_cast<int>(link) % links, time);
    return {(Ratio(ShapeOf(payload).ticks) * slowdown).Ceil(), ShapeOf(payload).units};
  }
  size_t LinkIndex(int endpoint, int link) const {
    return static_cast<size_t>(endpoint * layout_.links_per_endpoint() + link);
  }

  const Layout::Plane& PlaneOf(size_t link) const {
    const int of_endpoint = static_cast<int>(link) % layout_.links_per_endpoint();
    return layout_.planes()[static_cast<size_t>(layout_.PlaneOfLink(of_endpoint))];
  }
  void SetErrorRate(Sender& sender, size_t channel, Ratio rate) {
    sender.SetErrors(error_tables_.For(rate), Chain(seed_, channel));
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
      const Ticks gap = shape.ticks + 2 * FromPs(timing_.WireDelay()) +
                        FromPs(spec_.link.errors.retry.turnaround);
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
      const int endpoint = static_cast<int>(link) / layout_.links_per_endpoint();
      const int of_endpoint = static_cast<int>(link) % layout_.links_per_endpoint();
      for (const bool up : {true, false}) {
        const Sender& sender = (up ? up_ : down_)[link];
        all.push_back(sender.counters);
        all.back().name = layout_.ChannelName(EndpointId(endpoint), of_endpoint, up);
        all.back().wire_bytes = WireBytes(sender.wire - sender.discarded);
        all.back().discarded_wire_bytes = WireBytes(sender.discarded);
        all.back().leaked_wire_bytes = WireBytes(sender.leaked);
        all.back().busy = timing_.clock().ToPicoseconds(sender.busy);
        all.back().credit_stall = timing_.clock().ToPicoseconds(sender.stall);
      }
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
  }

  FabricSpec spec_;
  uint64_t seed_;
  Layout layout_;
  LinkTiming timing_;
  FlitErrorTables error_tables_;
  FaultTimeline faults_;
  std::vector<Sender> up_;    // by endpoint and link
  std::vector<Sender> down_;  // likewise: the switch's output towards it
  std::map<Key, std::function<void()>> events_;
  Ticks now_ = 0;
  uint64_t sequence_ = 0;
};

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_REFERENCE_WIRES_H_
