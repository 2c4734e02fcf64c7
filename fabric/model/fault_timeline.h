// A schedule of faults, ready to be asked: what is the state of this part at that time?
//
// It never changes while components hold it, so all of them, in whatever order and partition they
// advance, see the same. A component applies what concerns it when its own time passes times().
// Units: ticks.
// Costs: a question about a link without faults is one load; otherwise logarithmic in its changes.

#ifndef UPFABRIC_FABRIC_MODEL_FAULT_TIMELINE_H_
#define UPFABRIC_FABRIC_MODEL_FAULT_TIMELINE_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "fabric/model/direct_links.h"
#include "fabric/model/faults.h"
#include "fabric/sim/clock.h"

namespace upfabric::fabric {

// What a schedule can name.
struct FaultTargets {
  struct Link {
    int plane = 0;
    int lanes = 1;
    bool retries = false;  // else no error rate can be set
  };
  int endpoints = 0;
  int links_per_endpoint = 0;
  int planes = 0;
  std::vector<Link> links;            // by number: those of endpoints, then trunks
  std::optional<DirectLinks> direct;  // in a full mesh
  int virtual_channels = 1;
  sim::Clock clock;
  Ratio unit_bytes = Ratio(1);  // of a wire unit
};

class FaultTimeline {
 public:
  struct Leak {
    sim::Ticks time = 0;
    bool forward = true;
    int virtual_channel = 0;
    uint32_t units = 0;
  };

  FaultTimeline() = default;
  // Returns kInvalidArgument if a fault names what is not there or a value out of its range.
  static absl::StatusOr<FaultTimeline> Create(const FaultSchedule& schedule,
                                              const FaultTargets& targets);

  bool empty() const { return times_.empty(); }
  // When anything changes anywhere, in order, each once.
  const std::vector<sim::Ticks>& times() const { return times_; }
  // The first of times() from `from` on, or kNever.
  sim::Ticks NextTime(sim::Ticks from) const;
  // Faults of the schedule that happen before `end`.
  int64_t FaultsBefore(sim::Ticks end) const;

  // Questions about a link name it by its number (fabric/topo/layout.h).
  bool LinkUp(int link, sim::Ticks at) const;
  // When the link went down last. Requires: !LinkUp(...).
  sim::Ticks DownSince(int link, sim::Ticks at) const;
  // Whether a message can leave `source` on its link `link` and reach `destination`.
  bool RouteUp(int source, int destination, int link, sim::Ticks at) const {
    if (empty()) {
      return true;
    }
    if (direct_.has_value()) {
      return direct_->Joins(source, destination, link) && LinkUp(LinkOf(source, link), at);
    }
    return LinkUp(LinkOf(source, link), at) && LinkUp(LinkOf(destination, link), at);
  }
  // The next time after `after` at which RouteUp holds for some link, or kNever.
  sim::Ticks NextRoute(int source, int destination, sim::Ticks after) const;

  // The raised rate of a link, or `built` while there is none.
  Ratio ErrorRate(int link, sim::Ticks at, Ratio built) const;
  // By how much longer a packet takes, at least 1.
  Ratio Slowdown(int link, sim::Ticks at) const;
  Ratio InjectionFactor(int endpoint, sim::Ticks at) const;
  Ratio MemoryFactor(int endpoint, sim::Ticks at) const;
  // Of a link, in order of time.
  const std::vector<Leak>& Leaks(int link) const { return links_[static_cast<size_t>(link)].leaks; }

 private:
  using Steps = std::vector<std::pair<sim::Ticks, Ratio>>;  // value from a time on
  struct Link {
    std::vector<sim::Ticks> toggles;  // up before the first
    Steps slowdowns;
    Steps error_rates;
    std::vector<Leak> leaks;
  };
  struct Slowness {
    Steps injection;
    Steps memory;
  };

  // Number of link `link` of an endpoint.
  int LinkOf(int endpoint, int link) const {
    return direct_.has_value() ? direct_->LinkOf(endpoint, link)
                               : endpoint * links_per_endpoint_ + link;
  }
  size_t IndexOf(const LinkRef& link) const;
  static Ratio ValueAt(const Steps& steps, sim::Ticks at, Ratio otherwise);
  void AddToggles(const FaultSchedule& sorted, const FaultTargets& targets);
  void AddOthers(const FaultSchedule& sorted, const FaultTargets& targets);

  int links_per_endpoint_ = 0;
  std::optional<DirectLinks> direct_;
  std::vector<sim::Ticks> times_;
  std::vector<sim::Ticks> all_times_;  // one for each fault
  std::vector<Link> links_;            // by number
  std::vector<Slowness> endpoints_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_FAULT_TIMELINE_H_
