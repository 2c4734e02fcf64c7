#include "fabric/topo/trunk_loads.h"

#include <algorithm>

#include "fabric/model/router.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

namespace {

class Walker {
 public:
  Walker(const FabricSpec& spec, const Layout& layout)
      : spec_(spec), layout_(layout), loads_(2 * layout.trunks().size()) {}

  void Walk(const EndpointPair& pair, int link) {
    sim::Record packet;
    packet.source = static_cast<uint16_t>(pair.source.value());
    packet.destination = static_cast<uint16_t>(pair.destination.value());
    packet.link = static_cast<uint8_t>(link);
    const int64_t share = kWholeMessage / layout_.links_per_endpoint();
    Layout::ChipPort at = layout_.ChipOf(pair.source.value(), link);
    while (true) {
      hops_.clear();
      layout_.router()->Route(at.chip, at.port, packet, hops_);
      const Hop& hop = hops_[Choose(at.chip, packet)];
      const Layout::Peer& peer = layout_.PeerOf(at.chip, hop.output);
      if (peer.trunk < 0) {
        return;
      }
      AddLoad(at.chip, peer, share);
      packet.set_virtual_channel(hop.virtual_channel);
      at = EndOf(peer);
    }
  }

  std::vector<int64_t> MostByKind() const {
    std::vector<int64_t> most;
    for (size_t i = 0; i < loads_.size(); ++i) {
      const auto kind = static_cast<size_t>(layout_.trunks()[i / 2].kind);
      most.resize(std::max(most.size(), kind + 1));
      most[kind] = std::max(most[kind], loads_[i]);
    }
    return most;
  }

 private:
  Layout::ChipPort EndOf(const Layout::Peer& peer) const {
    const Layout::Trunk& trunk = layout_.trunks()[static_cast<size_t>(peer.trunk)];
    return peer.trunk_starts_here ? trunk.to : trunk.from;
  }

  bool Scatters(int chip) const {
    return spec_.SwitchOfKind(layout_.chips()[static_cast<size_t>(chip)].kind).scatters();
  }

  size_t Choose(int chip, const sim::Record& packet) {
    if (!Scatters(chip)) {
      const Routing routing =
          spec_.SwitchOfKind(layout_.chips()[static_cast<size_t>(chip)].kind).routing;
      return WayOf(routing, chip, packet, hops_.size());
    }
    const auto shortest =
        std::min_element(hops_.begin(), hops_.end(), [](const Hop& a, const Hop& b) {
          return a.length < b.length;
        })->length;
    size_t ways = 0;
    for (const Hop& hop : hops_) {
      ways += hop.length == shortest ? 1 : 0;
    }
    size_t chosen = (packet.destination + packet.link) % std::max<size_t>(ways, 1);
    for (size_t i = 0; i < hops_.size(); ++i) {
      if (hops_[i].length == shortest && chosen-- == 0) {
        return i;
      }
    }
    return 0;
  }

  // What is on its way to another switch is spread over all the links there, if packets scatter.
  void AddLoad(int chip, const Layout::Peer& peer, int64_t share) {
    const auto load = [this](const Layout::Peer& of) -> int64_t& {
      return loads_[2 * static_cast<size_t>(of.trunk) + (of.trunk_starts_here ? 0 : 1)];
    };
    if (!Scatters(chip)) {
      load(peer) += share;
      return;
    }
    const int next = EndOf(peer).chip;
    const auto leads_there = [&](const Hop& hop) {
      const Layout::Peer& other = layout_.PeerOf(chip, hop.output);
      return other.trunk >= 0 && EndOf(other).chip == next;
    };
    const auto parallel = std::max(std::count_if(hops_.begin(), hops_.end(), leads_there),
                                   decltype(hops_)::difference_type{1});
    for (const Hop& hop : hops_) {
      if (leads_there(hop)) {
        load(layout_.PeerOf(chip, hop.output)) += share / parallel;
      }
    }
  }

  const FabricSpec& spec_;
  const Layout& layout_;
  std::vector<int64_t> loads_;  // by trunk, forwards and backwards
  Hops hops_;                   // of the switch that a packet is at
};

}  // namespace

std::vector<int64_t> BusiestTrunks(const FabricSpec& spec, const Layout& layout,
                                   std::span<const EndpointPair> pairs) {
  Walker walker(spec, layout);
  for (const EndpointPair& pair : pairs) {
    for (int link = 0; link < layout.links_per_endpoint(); ++link) {
      walker.Walk(pair, link);
    }
  }
  return walker.MostByKind();
}

}  // namespace upfabric::fabric
