// FabricView of pods that another network joins: closed forms from those of a pod and of the
// network.
//
// Models:  a message inside a pod takes the pod's links, any other one the network's; what goes to
//          all others at once leaves on both, each with its part. Wire efficiency and the rate of
//          an endpoint are those of its pod. Of patterns of messages one pod's stand for all pods'.
// Ownership: the views of both outlive it.

#ifndef UPFABRIC_FABRIC_TOPO_PODS_VIEW_H_
#define UPFABRIC_FABRIC_TOPO_PODS_VIEW_H_

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "fabric/api/fabric_view.h"

namespace upfabric::fabric {

class PodsView final : public FabricView {
 public:
  PodsView(int pods, const FabricView& pod, const FabricView& network)
      : pods_(pods), pod_(pod), network_(network) {}

  int endpoints() const override { return network_.endpoints(); }
  int pods() const override { return pods_; }
  int planes() const override { return pods_ * pod_.planes() + network_.planes(); }
  int links_per_endpoint() const override {
    return pod_.links_per_endpoint() + network_.links_per_endpoint();
  }
  int sends_apart() const override { return std::max(pod_.sends_apart(), network_.sends_apart()); }
  std::vector<PathElement> UnloadedPath() const override { return network_.UnloadedPath(); }
  std::vector<PathElement> ShortestPath() const override { return pod_.ShortestPath(); }
  std::vector<PathElement> PathBetween(EndpointId source, EndpointId destination) const override {
    const int of_pod = pod_.endpoints();
    if (source.value() / of_pod != destination.value() / of_pod) {
      return network_.PathBetween(source, destination);
    }
    return pod_.PathBetween(EndpointId(source.value() % of_pod),
                            EndpointId(destination.value() % of_pod));
  }
  Picoseconds UnloadedTime(Bytes message) const override { return network_.UnloadedTime(message); }
  Picoseconds InjectionTime(Bytes message, int64_t count) const override {
    const int64_t others = endpoints() - 1;
    const int64_t outside = (count * (endpoints() - pod_.endpoints()) + others - 1) / others;
    return std::max(pod_.InjectionTime(message, count - outside),
                    network_.InjectionTime(message, outside));
  }
  Picoseconds InjectionTimeOf(Bytes message, int64_t count,
                              std::span<const EndpointPair> pairs) const override {
    if (pairs.empty()) {
      return InjectionTime(message, count);
    }
    const Parts parts = PartsOf(pairs);
    const auto all = static_cast<int64_t>(pairs.size());
    const int64_t outside = (count * static_cast<int64_t>(parts.outside.size()) + all - 1) / all;
    return std::max(pod_.InjectionTimeOf(message, count - outside, parts.inside),
                    network_.InjectionTimeOf(message, outside, parts.outside));
  }
  Picoseconds InjectionTimeToOne(Bytes message, int64_t count) const override {
    return network_.InjectionTimeToOne(message, count);
  }
  bool ways_meet() const override { return true; }
  Picoseconds TrunkTime(Bytes message, std::span<const EndpointPair> pairs) const override {
    const Parts parts = PartsOf(pairs);
    return std::max(pod_.TrunkTime(message, parts.inside),
                    network_.TrunkTime(message, parts.outside));
  }
  // Of those that leave their pod, if any do.
  Picoseconds UnloadedTimeOf(Bytes message, std::span<const EndpointPair> pairs) const override {
    const Parts parts = PartsOf(pairs);
    return parts.outside.empty() && !parts.inside.empty()
               ? pod_.UnloadedTimeOf(message, parts.inside)
               : network_.UnloadedTimeOf(message, parts.outside);
  }
  Picoseconds LocalTime(Bytes traffic) const override { return pod_.LocalTime(traffic); }
  std::optional<InSwitchAbilities> in_switch() const override { return std::nullopt; }
  Picoseconds UnloadedReduceTime(Bytes size, int members) const override {
    return pod_.UnloadedReduceTime(size, members);
  }
  Ratio WireEfficiency(Bytes message) const override { return pod_.WireEfficiency(message); }
  Bandwidth EndpointRate() const override { return pod_.EndpointRate(); }

 private:
  struct Parts {
    std::vector<EndpointPair> inside;  // of one pod, which stands for all, in its own numbers
    std::vector<EndpointPair> outside;
  };
  Parts PartsOf(std::span<const EndpointPair> pairs) const {
    Parts parts;
    int shown = -1;
    for (const EndpointPair& pair : pairs) {
      const int of_pod = pod_.endpoints();
      const int pod = pair.source.value() / of_pod;
      if (pair.destination.value() / of_pod != pod) {
        parts.outside.push_back(pair);
      } else if (shown < 0 || pod == shown) {
        shown = pod;
        parts.inside.push_back({EndpointId(pair.source.value() % of_pod),
                                EndpointId(pair.destination.value() % of_pod)});
      }
    }
    return parts;
  }

  int pods_;
  const FabricView& pod_;
  const FabricView& network_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_TOPO_PODS_VIEW_H_
