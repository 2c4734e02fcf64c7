#include "fabric/model/fault_timeline.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "fabric/base/status.h"

namespace upfabric::fabric {

using sim::kNever;
using sim::Ticks;

namespace {

constexpr Bytes kSpaceMax(1 << 30);
constexpr Ratio kErrorRateMax(1, 100);
constexpr Ratio kFactorMax(100);
constexpr int64_t kHundredths = 100;
// What the finest clock can count (sim::Clock).
constexpr Picoseconds kTimeMax(900'000'000'000'000);

absl::Status OutOfRange(const std::string& what, const std::string& allowed) {
  return absl::InvalidArgumentError(absl::StrCat(what, " is out of range; allowed is ", allowed));
}

absl::Status CheckIndex(const char* what, int value, int count) {
  if (value < 0 || value >= count) {
    return OutOfRange(absl::StrCat(what, " ", value), absl::StrCat("0 to ", count - 1));
  }
  return absl::OkStatus();
}

bool IsTrunk(const LinkRef& link) { return link.endpoint.value() < 0; }

int TrunksOf(const FaultTargets& targets) {
  return static_cast<int>(targets.links.size()) - targets.endpoints * targets.links_per_endpoint;
}

absl::Status CheckLink(const LinkRef& link, const FaultTargets& targets) {
  if (IsTrunk(link)) {
    return TrunksOf(targets) > 0
               ? CheckIndex("trunk", link.link, TrunksOf(targets))
               : absl::InvalidArgumentError("trunk: the fabric has no links between switches");
  }
  UPF_RETURN_IF_ERROR(CheckIndex("endpoint", link.endpoint.value(), targets.endpoints));
  return CheckIndex("link", link.link, targets.links_per_endpoint);
}

// Requires: CheckLink.
const FaultTargets::Link& TargetOf(const LinkRef& link, const FaultTargets& targets) {
  const int links = targets.links_per_endpoint;
  if (IsTrunk(link)) {
    return targets.links[static_cast<size_t>(targets.endpoints * links + link.link)];
  }
  return targets.links[static_cast<size_t>(link.endpoint.value() * links + link.link)];
}

absl::Status CheckFactor(const char* what, Ratio factor) {
  if (factor < Ratio(1) || factor > kFactorMax || factor.denominator() > kHundredths) {
    return OutOfRange(what, "1 to 100, with a denominator of at most 100");
  }
  return absl::OkStatus();
}

struct Checker {
  const FaultTargets& targets;

  absl::Status operator()(const LinkStateFault& fault) const {
    return CheckLink(fault.link, targets);
  }
  absl::Status operator()(const PlaneStateFault& fault) const {
    return CheckIndex("plane", fault.plane, targets.planes);
  }
  absl::Status operator()(const LaneFault& fault) const {
    UPF_RETURN_IF_ERROR(CheckLink(fault.link, targets));
    const int lanes = TargetOf(fault.link, targets).lanes;
    if (fault.lanes < 1 || fault.lanes > lanes) {
      return OutOfRange(absl::StrCat("lanes ", fault.lanes), absl::StrCat("1 to ", lanes));
    }
    return absl::OkStatus();
  }
  absl::Status operator()(const ErrorRateFault& fault) const {
    UPF_RETURN_IF_ERROR(CheckLink(fault.link, targets));
    if (!TargetOf(fault.link, targets).retries && fault.flit_error_rate > Ratio(0)) {
      return absl::InvalidArgumentError(
          "flit_error_rate: the fabric's links have no retry; give them link.errors");
    }
    if (fault.flit_error_rate < Ratio(0) || fault.flit_error_rate > kErrorRateMax) {
      return OutOfRange("flit_error_rate", "0 to 1/100");
    }
    return absl::OkStatus();
  }
  absl::Status operator()(const SlowEndpointFault& fault) const {
    UPF_RETURN_IF_ERROR(CheckIndex("endpoint", fault.endpoint.value(), targets.endpoints));
    UPF_RETURN_IF_ERROR(CheckFactor("injection_factor", fault.injection_factor));
    return CheckFactor("memory_factor", fault.memory_factor);
  }
  absl::Status operator()(const CreditLeakFault& fault) const {
    if (IsTrunk(fault.link)) {
      return absl::UnimplementedError("trunk: links between switches do not leak credits");
    }
    UPF_RETURN_IF_ERROR(CheckLink(fault.link, targets));
    if (fault.space <= Bytes(0) || fault.space > kSpaceMax) {
      return OutOfRange(absl::StrCat("space ", fault.space.count(), " B"), "1 B to 1 GiB");
    }
    return CheckIndex("virtual_channel", fault.virtual_channel, targets.virtual_channels);
  }
};

}  // namespace

absl::StatusOr<FaultTimeline> FaultTimeline::Create(const FaultSchedule& schedule,
                                                    const FaultTargets& targets) {
  FaultSchedule sorted = schedule;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Fault& a, const Fault& b) { return a.time < b.time; });
  FaultTimeline timeline;
  if (sorted.empty()) {
    return timeline;
  }
  const Picoseconds last = sorted.back().time.since_start();
  if (sorted.front().time < SimTime() || last > kTimeMax) {
    return OutOfRange("time of a fault", "0 to 900 s");
  }
  for (size_t i = 0; i < schedule.size(); ++i) {
    const absl::Status status = std::visit(Checker{targets}, schedule[i].what);
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat("faults[", i, "]: ", status.message()));
    }
  }
  for (const Fault& fault : sorted) {
    timeline.all_times_.push_back(targets.clock.FromPicoseconds(fault.time.since_start()));
  }
  timeline.times_ = timeline.all_times_;
  timeline.times_.erase(std::unique(timeline.times_.begin(), timeline.times_.end()),
                        timeline.times_.end());
  timeline.links_per_endpoint_ = targets.links_per_endpoint;
  timeline.direct_ = targets.direct;
  timeline.links_.resize(targets.links.size());
  timeline.endpoints_.resize(static_cast<size_t>(targets.endpoints));
  timeline.AddToggles(sorted, targets);
  timeline.AddOthers(sorted, targets);
  return timeline;
}

void FaultTimeline::AddToggles(const FaultSchedule& sorted, const FaultTargets& targets) {
  std::vector<bool> link_up(links_.size(), true);
  std::vector<bool> plane_up(static_cast<size_t>(targets.planes), true);
  const auto update = [&](size_t link, Ticks time) {
    const auto plane = static_cast<size_t>(targets.links[link].plane);
    std::vector<Ticks>& toggles = links_[link].toggles;
    const bool was_up = toggles.size() % 2 == 0;
    if ((link_up[link] && plane_up[plane]) == was_up) {
      return;
    }
    if (!toggles.empty() && toggles.back() == time) {
      toggles.pop_back();
    } else {
      toggles.push_back(time);
    }
  };
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (const auto* link = std::get_if<LinkStateFault>(&sorted[i].what)) {
      link_up[IndexOf(link->link)] = link->up;
      update(IndexOf(link->link), all_times_[i]);
    } else if (const auto* plane = std::get_if<PlaneStateFault>(&sorted[i].what)) {
      plane_up[static_cast<size_t>(plane->plane)] = plane->up;
      for (size_t l = 0; l < links_.size(); ++l) {
        update(l, all_times_[i]);
      }
    }
  }
}

void FaultTimeline::AddOthers(const FaultSchedule& sorted, const FaultTargets& targets) {
  for (size_t i = 0; i < sorted.size(); ++i) {
    const Ticks time = all_times_[i];
    if (const auto* rate = std::get_if<ErrorRateFault>(&sorted[i].what)) {
      links_[IndexOf(rate->link)].error_rates.emplace_back(time, rate->flit_error_rate);
    } else if (const auto* lane = std::get_if<LaneFault>(&sorted[i].what)) {
      links_[IndexOf(lane->link)].slowdowns.emplace_back(
          time, Ratio(TargetOf(lane->link, targets).lanes, lane->lanes));
    } else if (const auto* slow = std::get_if<SlowEndpointFault>(&sorted[i].what)) {
      Slowness& endpoint = endpoints_[slow->endpoint.index()];
      endpoint.injection.emplace_back(time, slow->injection_factor);
      endpoint.memory.emplace_back(time, slow->memory_factor);
    } else if (const auto* leak = std::get_if<CreditLeakFault>(&sorted[i].what)) {
      const bool from_low_end =
          IsTrunk(leak->link) ||
          static_cast<int>(IndexOf(leak->link)) ==
              leak->link.endpoint.value() * links_per_endpoint_ + leak->link.link;
      links_[IndexOf(leak->link)].leaks.push_back(
          {time, leak->to_switch == from_low_end, leak->virtual_channel,
           static_cast<uint32_t>((Ratio(leak->space.count()) / targets.unit_bytes).Ceil())});
    }
  }
}

size_t FaultTimeline::IndexOf(const LinkRef& link) const {
  if (IsTrunk(link)) {
    return endpoints_.size() * static_cast<size_t>(links_per_endpoint_) +
           static_cast<size_t>(link.link);
  }
  return static_cast<size_t>(LinkOf(link.endpoint.value(), link.link));
}

Ticks FaultTimeline::NextTime(Ticks from) const {
  const auto next = std::lower_bound(times_.begin(), times_.end(), from);
  return next == times_.end() ? kNever : *next;
}

Ticks FaultTimeline::DownSince(int link, Ticks at) const {
  const std::vector<Ticks>& toggles = links_[static_cast<size_t>(link)].toggles;
  return *(std::upper_bound(toggles.begin(), toggles.end(), at) - 1);
}

int64_t FaultTimeline::FaultsBefore(Ticks end) const {
  return std::lower_bound(all_times_.begin(), all_times_.end(), end) - all_times_.begin();
}

bool FaultTimeline::LinkUp(int link, Ticks at) const {
  const std::vector<Ticks>& toggles = links_[static_cast<size_t>(link)].toggles;
  return toggles.empty() ||
         (std::upper_bound(toggles.begin(), toggles.end(), at) - toggles.begin()) % 2 == 0;
}

Ticks FaultTimeline::NextRoute(int source, int destination, Ticks after) const {
  const auto first = std::upper_bound(times_.begin(), times_.end(), after);
  for (auto time = first; time != times_.end(); ++time) {
    for (int link = 0; link < links_per_endpoint_; ++link) {
      if (RouteUp(source, destination, link, *time)) {
        return *time;
      }
    }
  }
  return kNever;
}

Ratio FaultTimeline::ValueAt(const Steps& steps, Ticks at, Ratio otherwise) {
  Ratio value = otherwise;
  for (const auto& [time, step] : steps) {
    if (time > at) {
      break;
    }
    value = step;
  }
  return value;
}

Ratio FaultTimeline::ErrorRate(int link, Ticks at, Ratio built) const {
  return empty() ? built : ValueAt(links_[static_cast<size_t>(link)].error_rates, at, built);
}

Ratio FaultTimeline::Slowdown(int link, Ticks at) const {
  return empty() ? Ratio(1) : ValueAt(links_[static_cast<size_t>(link)].slowdowns, at, Ratio(1));
}

Ratio FaultTimeline::InjectionFactor(int endpoint, Ticks at) const {
  return empty() ? Ratio(1)
                 : ValueAt(endpoints_[static_cast<size_t>(endpoint)].injection, at, Ratio(1));
}

Ratio FaultTimeline::MemoryFactor(int endpoint, Ticks at) const {
  return empty() ? Ratio(1)
                 : ValueAt(endpoints_[static_cast<size_t>(endpoint)].memory, at, Ratio(1));
}

}  // namespace upfabric::fabric
