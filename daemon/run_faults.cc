#include "daemon/run_faults.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "fabric/base/check.h"
#include "fabric/base/status.h"
#include "fabric/base/units_text.h"
#include "fabric/config/faults_from_proto.h"

namespace upfabric::daemon {
namespace {

constexpr absl::string_view kPositionStart = "faults[";
constexpr absl::string_view kPositionEnd = "]: ";

// What a fault changes: of two with the same part the later one counts.
enum class Kind { kLink, kPlane, kLanes, kErrorRate, kEndpoint };
using Part = std::tuple<Kind, int, int>;

struct State {
  int row = 0;
  Picoseconds time;
  Part part;
  bool as_built = false;
  v1::Fault fault;
};

Picoseconds TimeOf(const std::string& text) {
  const absl::StatusOr<Picoseconds> time = ParseTime(text);
  UPF_CHECK(time.ok());
  return *time;
}

Part PartOf(Kind kind, const v1::LinkTarget& link) { return {kind, link.endpoint(), link.link()}; }

bool IsOne(const std::string& factor) {
  return factor.empty() || ParseRatio(factor).value_or(Ratio(0)) == Ratio(1);
}

State StateOfFlap(const v1::LinkFlap& flap, State state) {
  state.time += TimeOf(flap.period()) * (flap.times() - 1) + TimeOf(flap.down());
  state.part = PartOf(Kind::kLink, flap.target());
  state.as_built = true;
  return state;
}

// Appends the state that `fault` sets, if it sets one.
void AddState(const v1::Fault& fault, std::vector<State>& states) {
  State state{.row = fault.row(), .time = TimeOf(fault.time()), .part = {}, .fault = fault};
  switch (fault.what_case()) {
    case v1::Fault::kLinkDown:
      state.part = PartOf(Kind::kLink, fault.link_down());
      break;
    case v1::Fault::kLinkUp:
      state.part = PartOf(Kind::kLink, fault.link_up());
      state.as_built = true;
      break;
    case v1::Fault::kLinkFlap:
      state = StateOfFlap(fault.link_flap(), state);
      break;
    case v1::Fault::kLanes:
      state.part = PartOf(Kind::kLanes, fault.lanes().target());
      break;
    case v1::Fault::kErrorRate:
      state.part = PartOf(Kind::kErrorRate, fault.error_rate().target());
      break;
    case v1::Fault::kPlaneDown:
      state.part = {Kind::kPlane, fault.plane_down().plane(), 0};
      break;
    case v1::Fault::kPlaneUp:
      state.part = {Kind::kPlane, fault.plane_up().plane(), 0};
      state.as_built = true;
      break;
    case v1::Fault::kSlowEndpoint:
      state.part = {Kind::kEndpoint, fault.slow_endpoint().endpoint(), 0};
      state.as_built = IsOne(fault.slow_endpoint().injection_factor()) &&
                       IsOne(fault.slow_endpoint().memory_factor());
      break;
    case v1::Fault::kCreditLeak:
    case v1::Fault::WHAT_NOT_SET:
      return;
  }
  states.push_back(std::move(state));
}

}  // namespace

v1::FaultSchedule StandingAfter(const v1::FaultSchedule& faults) {
  std::vector<State> states;
  for (const v1::Fault& fault : faults.faults()) {
    if (fault.row() >= 1) {
      AddState(fault, states);
    }
  }
  std::stable_sort(states.begin(), states.end(), [](const State& a, const State& b) {
    return std::pair(a.row, a.time) < std::pair(b.row, b.time);
  });
  v1::FaultSchedule standing;
  for (size_t i = 0; i < states.size(); ++i) {
    const bool replaced =
        std::any_of(states.begin() + static_cast<std::ptrdiff_t>(i) + 1, states.end(),
                    [&](const State& later) { return later.part == states[i].part; });
    if (!replaced && !states[i].as_built) {
      v1::Fault& fault = *standing.add_faults();
      fault = states[i].fault;
      fault.set_time("0ps");
      fault.set_row(1);
    }
  }
  return standing;
}

v1::FaultSchedule FaultsOfRow(const v1::FaultSchedule& run, int row) {
  v1::FaultSchedule before;
  v1::FaultSchedule here;
  for (const v1::Fault& fault : run.faults()) {
    if (fault.row() == 0 || fault.row() == row) {
      *here.add_faults() = fault;
    } else if (fault.row() < row) {
      *before.add_faults() = fault;
    }
  }
  v1::FaultSchedule schedule = StandingAfter(before);
  schedule.MergeFrom(here);
  return schedule;
}

absl::Status SetFaults(const v1::FaultSchedule& schedule, fabric::Fabric& fabric) {
  UPF_ASSIGN_OR_RETURN(const fabric::FaultSchedule faults,
                       fabric::FaultScheduleFromProto(schedule));
  return fabric.SetFaults(faults);
}

absl::Status CheckEachFault(const v1::FaultSchedule& run, fabric::Fabric& fabric) {
  for (int i = 0; i < run.faults_size(); ++i) {
    v1::FaultSchedule alone;
    *alone.add_faults() = run.faults(i);
    if (const absl::Status status = SetFaults(alone, fabric); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat(kPositionStart, i, kPositionEnd,
                                                      WithoutPosition(status).message()));
    }
  }
  return SetFaults({}, fabric);
}

absl::StatusOr<v1::FaultSchedule> Stamped(const v1::FaultSchedule& faults, int row, SimTime now) {
  if (faults.faults().empty()) {
    return absl::InvalidArgumentError("there is no fault to inject");
  }
  v1::FaultSchedule stamped = faults;
  for (v1::Fault& fault : *stamped.mutable_faults()) {
    if (fault.row() != 0) {
      return absl::InvalidArgumentError(
          "a fault is injected into the row that runs; it names none");
    }
    fault.set_row(row);
    if (fault.time().empty()) {
      fault.set_time(FormatTime(now.since_start()));
      continue;
    }
    UPF_ASSIGN_OR_RETURN(const Picoseconds time, ParseTime(fault.time()));
    if (time < now.since_start()) {
      return absl::InvalidArgumentError(absl::StrCat("at ", fault.time(), ": the row is at ",
                                                     FormatTime(now.since_start()), " already"));
    }
  }
  return stamped;
}

absl::Status WithoutPosition(const absl::Status& status) {
  const absl::string_view message = status.message();
  const size_t end = message.find(kPositionEnd);
  if (!absl::StartsWith(message, kPositionStart) || end == absl::string_view::npos) {
    return status;
  }
  return absl::Status(status.code(), message.substr(end + kPositionEnd.size()));
}

}  // namespace upfabric::daemon
