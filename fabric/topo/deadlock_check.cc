#include "fabric/topo/deadlock_check.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "fabric/base/status.h"

namespace upfabric::fabric {
namespace {

// A channel between chips with a virtual channel: (2 x trunk + direction) x channels + channel.
using Node = uint32_t;

// One endpoint of each chip that has any; the others are like it.
std::vector<int> FirstEndpoints(const Layout& layout, int link) {
  std::vector<bool> has_one(layout.chips().size(), false);
  std::vector<int> endpoints;
  for (int e = 0; e < layout.endpoints(); ++e) {
    const auto chip = static_cast<size_t>(layout.ChipOf(e, link).chip);
    if (!has_one[chip]) {
      has_one[chip] = true;
      endpoints.push_back(e);
    }
  }
  return endpoints;
}

class Dependencies {
 public:
  explicit Dependencies(const Layout& layout)
      : layout_(layout),
        edges_(2 * layout.trunks().size() * static_cast<size_t>(layout.channel_classes())) {}

  // Follows all ways to one link of an endpoint.
  void AddRoutesTo(int destination, int link) {
    seen_.clear();
    for (const int source : FirstEndpoints(layout_, link)) {
      for (int via = 0; via <= layout_.router()->detours(); ++via) {
        sim::Record packet;
        packet.source = static_cast<uint16_t>(source);
        packet.destination = static_cast<uint16_t>(destination);
        packet.link = static_cast<uint8_t>(link);
        packet.via = static_cast<uint16_t>(via);
        Follow(layout_.ChipOf(source, link), packet, kNone);
      }
    }
    while (!open_.empty()) {
      const State state = open_.back();
      open_.pop_back();
      Follow(ReceiverOf(state.node), state.packet, state.node);
    }
  }

  // The nodes of a cycle in order, or none.
  std::vector<Node> FindCycle() const {
    enum class Mark : uint8_t { kNew, kOpen, kDone };
    std::vector<Mark> marks(edges_.size(), Mark::kNew);
    for (Node start = 0; start < edges_.size(); ++start) {
      std::vector<std::pair<Node, std::vector<Node>>> path;  // with the edges not yet followed
      const auto enter = [&](Node node) {
        marks[node] = Mark::kOpen;
        path.emplace_back(node, std::vector<Node>(edges_[node].begin(), edges_[node].end()));
        std::sort(path.back().second.rbegin(), path.back().second.rend());
      };
      if (marks[start] == Mark::kNew) {
        enter(start);
      }
      while (!path.empty()) {
        auto& [node, rest] = path.back();
        if (rest.empty()) {
          marks[node] = Mark::kDone;
          path.pop_back();
          continue;
        }
        const Node next = rest.back();
        rest.pop_back();
        if (marks[next] == Mark::kNew) {
          enter(next);
        } else if (marks[next] == Mark::kOpen) {
          std::vector<Node> cycle;
          for (const auto& [on_path, unused] : path) {
            if (on_path == next || !cycle.empty()) {
              cycle.push_back(on_path);
            }
          }
          return cycle;
        }
      }
    }
    return {};
  }

  std::string NameOf(Node node) const {
    const auto channel = static_cast<int>(node) / layout_.channel_classes();
    return absl::StrCat(layout_.TrunkName(channel / 2, channel % 2 == 0), " (virtual channel ",
                        static_cast<int>(node) % layout_.channel_classes(), ")");
  }

 private:
  static constexpr Node kNone = ~Node{0};
  struct State {
    Node node = 0;
    sim::Record packet;
  };

  Layout::ChipPort ReceiverOf(Node node) const {
    const auto channel = static_cast<int>(node) / layout_.channel_classes();
    const Layout::Trunk& trunk = layout_.trunks()[static_cast<size_t>(channel / 2)];
    return channel % 2 == 0 ? trunk.to : trunk.from;
  }

  void Follow(const Layout::ChipPort& at, sim::Record packet, Node from) {
    hops_.clear();
    layout_.router()->Route(at.chip, at.port, packet, hops_);
    for (const Hop& hop : hops_) {
      const Layout::Peer& peer = layout_.PeerOf(at.chip, hop.output);
      if (peer.trunk < 0) {
        continue;
      }
      const int channel = 2 * peer.trunk + (peer.trunk_starts_here ? 0 : 1);
      const auto node =
          static_cast<Node>(channel * layout_.channel_classes() + hop.virtual_channel);
      if (from != kNone) {
        edges_[from].insert(node);
      }
      const uint16_t via = hop.via != 0 ? hop.via : packet.via;
      if (seen_.insert(uint64_t{node} << 16 | via).second) {
        State& state = open_.emplace_back();
        state.node = node;
        state.packet = packet;
        state.packet.via = via;
        state.packet.set_virtual_channel(hop.virtual_channel);
      }
    }
  }

  const Layout& layout_;
  std::vector<absl::flat_hash_set<Node>> edges_;
  absl::flat_hash_set<uint64_t> seen_;  // nodes, each with a detour
  std::vector<State> open_;
  Hops hops_;
};

// The torus with long axes cut, evenness kept, or nothing if none is long.
std::optional<FabricSpec> WithShortAxes(const FabricSpec& spec) {
  constexpr int kLongest = 6;  // and 5: both have routes of two hops either way
  const auto* torus = std::get_if<TorusSpec>(&spec.shape);
  if (torus == nullptr) {
    return std::nullopt;
  }
  TorusSpec cut = *torus;
  int endpoints = 1;
  for (TorusSpec::Axis& axis : cut.axes) {
    axis.size = axis.size <= kLongest ? axis.size : kLongest - axis.size % 2;
    endpoints *= axis.size;
  }
  if (endpoints == spec.endpoints) {
    return std::nullopt;
  }
  FabricSpec shorter = spec;
  shorter.endpoints = endpoints;
  shorter.shape = cut;
  return shorter;
}

}  // namespace

absl::Status CheckDeadlockFree(const FabricSpec& spec, const Layout& layout) {
  if (const std::optional<FabricSpec> shorter = WithShortAxes(spec); shorter.has_value()) {
    UPF_ASSIGN_OR_RETURN(const Layout cut, Layout::Create(*shorter, 1));
    if (CheckDeadlockFree(cut).ok()) {
      return absl::OkStatus();
    }
  }
  return CheckDeadlockFree(layout);
}

absl::Status CheckDeadlockFree(const Layout& layout) {
  if (layout.router() == nullptr) {
    return absl::OkStatus();
  }
  Dependencies dependencies(layout);
  // Planes that have a router are alike, and so are the links of an endpoint to one of them.
  const int link = layout.planes().front().first_link;
  for (const int destination : FirstEndpoints(layout, link)) {
    dependencies.AddRoutesTo(destination, link);
  }
  const std::vector<Node> cycle = dependencies.FindCycle();
  if (cycle.empty()) {
    return absl::OkStatus();
  }
  std::string names;
  for (const Node node : cycle) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", dependencies.NameOf(node));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "topology: full buffers can wait for each other in a ring of ", cycle.size(),
      " channels, each for the next: ", names, "; give it more classes of virtual channels"));
}

}  // namespace upfabric::fabric
