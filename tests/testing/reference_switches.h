// The switches of the plain simulator (reference_fabric.h): where packets go, and where they wait.

#ifndef UPFABRIC_TESTS_TESTING_REFERENCE_SWITCHES_H_
#define UPFABRIC_TESTS_TESTING_REFERENCE_SWITCHES_H_

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "tests/testing/reference_wires.h"

namespace upfabric::fabric::testing {

struct ReferenceSwitches : ReferenceWires {
  using Packet = ReferencePacket;

  using ReferenceWires::ReferenceWires;

  // Chip after chip, by output.
  std::vector<Channel> TakeTouched() {
    const std::set<Channel> touched = std::exchange(touched_, {});
    std::vector<Channel> sorted(touched.begin(), touched.end());
    std::stable_sort(sorted.begin(), sorted.end(), [this](const Channel& a, const Channel& b) {
      const auto place = [this](const Channel& channel) {
        const Layout::ChipPort chip = IsPort(channel) ? Layout::ChipPort{} : SenderChip(channel);
        return std::pair(chip.chip, chip.port);
      };
      return place(a) < place(b);
    });
    return sorted;
  }

  static sim::Record RecordOf(const Packet& packet) {
    sim::Record record;
    record.tag = packet.index;
    record.source = static_cast<uint16_t>(packet.source);
    record.destination = static_cast<uint16_t>(packet.destination);
    record.link = static_cast<uint8_t>(packet.link);
    record.via = packet.via;
    record.set_virtual_channel(static_cast<uint8_t>(packet.lane));
    return record;
  }

  Channel Route(Packet& packet, Layout::ChipPort chip) {
    sim::Record record = RecordOf(packet);
    Hops hops;
    layout_.router()->Route(chip.chip, chip.port, record, hops);
    size_t way = 0;
    if (SpecOf(chip).routing == Routing::kSprayed && hops.size() > 1) {
      uint64_t& sprayed = sprayed_[packet.came_on];
      way = (static_cast<size_t>(chip.port) + sprayed++) % hops.size();
    } else if (SpecOf(chip).routing == Routing::kAdaptive) {
      const size_t first = WayOf(Routing::kStatic, chip.chip, record, hops.size());
      const auto load = [&](size_t i) {
        const Sender& sender =
            SenderOf(OutputOf({chip.chip, hops[(first + i) % hops.size()].output}));
        int64_t waiting = sender.free > now_ ? 1 : 0;
        for (const std::deque<Packet>& queue : sender.queues) {
          waiting += static_cast<int64_t>(queue.size());
        }
        return hops[(first + i) % hops.size()].Cost(waiting);
      };
      size_t best = 0;
      for (size_t i = 1; i < hops.size(); ++i) {
        best = load(i) < load(best) ? i : best;
      }
      way = (first + best) % hops.size();
    } else if (SpecOf(chip).routing != Routing::kSprayed) {
      way = WayOf(SpecOf(chip).routing, chip.chip, record, hops.size());
    }
    const Hop& hop = hops[way];
    packet.via = hop.via != 0 ? hop.via : record.via;
    packet.lane = hop.virtual_channel;
    return OutputOf({chip.chip, hop.output});
  }

  // The packets that share a queue with one, by input and virtual channel, and until when the
  // input's line into the crossbar is busy.
  std::deque<uint64_t>& Fifo(const Packet& packet) {
    return fifos_[{packet.came_on, packet.came_lane}];
  }
  Ticks& Line(const Packet& packet) { return lines_[packet.came_on]; }

  // Whoever is first now may want to leave anywhere.
  void LeaveInput(const Packet& packet, Ticks left) {
    Fifo(packet).pop_front();
    Line(packet) = left;
    At(left, kNetwork, 0, 0, [this, chip = ReceiverOf(packet.came_on).chip] {
      for (int port = 0; port < layout_.chips()[static_cast<size_t>(chip)].ports; ++port) {
        const Layout::Peer& peer = layout_.PeerOf(chip, port);
        if (peer.endpoint >= 0 || peer.trunk >= 0) {
          touched_.insert(OutputOf({chip, port}));
        }
      }
    });
  }

  std::set<Channel> touched_;  // senders for which something changed
  std::map<std::pair<Channel, int>, std::deque<uint64_t>> fifos_;
  std::map<Channel, Ticks> lines_;
  std::map<Channel, uint64_t> sprayed_;
};

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_REFERENCE_SWITCHES_H_
