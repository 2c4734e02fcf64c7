#include "fabric/config/faults_from_proto.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "fabric/base/status.h"
#include "fabric/base/units_text.h"
#include "fabric/config/field_error.h"

namespace upfabric::fabric {
namespace {

constexpr int32_t kFlapsMax = 10'000;
constexpr Picoseconds kTimeMax(900'000'000'000'000);  // as Fabric::SetFaults allows

// Sets `value` to what was parsed, or returns the error at `path`.
template <typename T>
absl::Status Take(const absl::StatusOr<T>& parsed, const std::string& path, T& value) {
  if (!parsed.ok()) {
    return FieldError(path, absl::StrCat(parsed.status().message()));
  }
  value = *parsed;
  return absl::OkStatus();
}

absl::Status TakeTime(const std::string& text, const std::string& path, Picoseconds& time) {
  UPF_RETURN_IF_ERROR(Take(ParseTime(text), path, time));
  if (time > kTimeMax) {
    return FieldError(path, absl::StrCat(text, " is out of range; allowed is 0 to 900s"));
  }
  return absl::OkStatus();
}

// An index of a list that starts at 0; its end only the fabric knows.
absl::Status TakeIndex(bool given, int32_t index, const std::string& path) {
  if (!given || index < 0) {
    return FieldError(
        path, absl::StrCat(given ? "is negative" : "is missing", "; give a number from 0 on"));
  }
  return absl::OkStatus();
}

absl::StatusOr<LinkRef> ReadLink(const v1::LinkTarget& proto, const std::string& path) {
  if (proto.has_trunk()) {
    if (proto.has_endpoint() || proto.has_link()) {
      return FieldError(path + ".trunk", "is given, and so is a link of an endpoint; give one");
    }
    UPF_RETURN_IF_ERROR(TakeIndex(true, proto.trunk(), path + ".trunk"));
    return LinkRef{EndpointId(-1), proto.trunk()};
  }
  UPF_RETURN_IF_ERROR(TakeIndex(proto.has_endpoint(), proto.endpoint(), path + ".endpoint"));
  UPF_RETURN_IF_ERROR(TakeIndex(proto.has_link(), proto.link(), path + ".link"));
  return LinkRef{EndpointId(proto.endpoint()), proto.link()};
}

absl::Status AddLinkState(const v1::LinkTarget& proto, bool up, const std::string& path,
                          SimTime time, FaultSchedule& schedule) {
  UPF_ASSIGN_OR_RETURN(const LinkRef link, ReadLink(proto, path));
  schedule.push_back({time, LinkStateFault{link, up}});
  return absl::OkStatus();
}

absl::Status AddPlaneState(const v1::PlaneTarget& proto, bool up, const std::string& path,
                           SimTime time, FaultSchedule& schedule) {
  UPF_RETURN_IF_ERROR(TakeIndex(proto.has_plane(), proto.plane(), path + ".plane"));
  schedule.push_back({time, PlaneStateFault{proto.plane(), up}});
  return absl::OkStatus();
}

absl::Status AddFlap(const v1::LinkFlap& proto, const std::string& path, SimTime time,
                     FaultSchedule& schedule) {
  UPF_ASSIGN_OR_RETURN(const LinkRef link, ReadLink(proto.target(), path + ".target"));
  Picoseconds down;
  Picoseconds period;
  UPF_RETURN_IF_ERROR(TakeTime(proto.down(), path + ".down", down));
  UPF_RETURN_IF_ERROR(TakeTime(proto.period(), path + ".period", period));
  if (down <= Picoseconds(0) || down >= period) {
    return FieldError(path + ".down", absl::StrCat(proto.down(),
                                                   " is out of range; allowed is "
                                                   "above 0, less than the period"));
  }
  if (proto.times() < 1 || proto.times() > kFlapsMax) {
    return FieldError(path + ".times", absl::StrCat(proto.times(),
                                                    " is out of range; allowed is "
                                                    "1 to ",
                                                    kFlapsMax));
  }
  if (period > kTimeMax - time.since_start() ||
      period.count() > (kTimeMax - time.since_start()).count() / proto.times()) {
    return FieldError(path + ".period", "the last flap ends after 900s, the latest allowed");
  }
  for (int32_t i = 0; i < proto.times(); ++i) {
    const SimTime start = time + period * i;
    schedule.push_back({start, LinkStateFault{link, false}});
    schedule.push_back({start + down, LinkStateFault{link, true}});
  }
  return absl::OkStatus();
}

absl::Status AddLanes(const v1::LaneCount& proto, const std::string& path, SimTime time,
                      FaultSchedule& schedule) {
  UPF_ASSIGN_OR_RETURN(const LinkRef link, ReadLink(proto.target(), path + ".target"));
  schedule.push_back({time, LaneFault{link, proto.lanes()}});
  return absl::OkStatus();
}

absl::Status AddErrorRate(const v1::ErrorRate& proto, const std::string& path, SimTime time,
                          FaultSchedule& schedule) {
  UPF_ASSIGN_OR_RETURN(const LinkRef link, ReadLink(proto.target(), path + ".target"));
  Ratio rate;
  UPF_RETURN_IF_ERROR(
      Take(ParseProbability(proto.flit_error_rate()), path + ".flit_error_rate", rate));
  schedule.push_back({time, ErrorRateFault{link, rate}});
  return absl::OkStatus();
}

absl::Status AddSlowEndpoint(const v1::SlowEndpoint& proto, const std::string& path, SimTime time,
                             FaultSchedule& schedule) {
  UPF_RETURN_IF_ERROR(TakeIndex(proto.has_endpoint(), proto.endpoint(), path + ".endpoint"));
  SlowEndpointFault fault;
  fault.endpoint = EndpointId(proto.endpoint());
  if (!proto.injection_factor().empty()) {
    UPF_RETURN_IF_ERROR(Take(ParseRatio(proto.injection_factor()), path + ".injection_factor",
                             fault.injection_factor));
  }
  if (!proto.memory_factor().empty()) {
    UPF_RETURN_IF_ERROR(
        Take(ParseRatio(proto.memory_factor()), path + ".memory_factor", fault.memory_factor));
  }
  schedule.push_back({time, fault});
  return absl::OkStatus();
}

absl::Status AddCreditLeak(const v1::CreditLeak& proto, const std::string& path, SimTime time,
                           FaultSchedule& schedule) {
  UPF_ASSIGN_OR_RETURN(const LinkRef link, ReadLink(proto.target(), path + ".target"));
  Bytes space;
  UPF_RETURN_IF_ERROR(Take(ParseSize(proto.space()), path + ".space", space));
  schedule.push_back(
      {time, CreditLeakFault{link, proto.to_switch(), proto.virtual_channel(), space}});
  return absl::OkStatus();
}

absl::Status AddFault(const v1::Fault& proto, const std::string& path, FaultSchedule& schedule) {
  Picoseconds since_start;
  UPF_RETURN_IF_ERROR(TakeTime(proto.time(), path + ".time", since_start));
  if (proto.row() < 0) {
    return FieldError(path + ".row", absl::StrCat(proto.row(),
                                                  " is negative; 0 for every row, or the number "
                                                  "of one, from 1 on"));
  }
  const SimTime time(since_start);
  switch (proto.what_case()) {
    case v1::Fault::kLinkDown:
      return AddLinkState(proto.link_down(), false, path + ".link_down", time, schedule);
    case v1::Fault::kLinkUp:
      return AddLinkState(proto.link_up(), true, path + ".link_up", time, schedule);
    case v1::Fault::kLinkFlap:
      return AddFlap(proto.link_flap(), path + ".link_flap", time, schedule);
    case v1::Fault::kLanes:
      return AddLanes(proto.lanes(), path + ".lanes", time, schedule);
    case v1::Fault::kErrorRate:
      return AddErrorRate(proto.error_rate(), path + ".error_rate", time, schedule);
    case v1::Fault::kPlaneDown:
      return AddPlaneState(proto.plane_down(), false, path + ".plane_down", time, schedule);
    case v1::Fault::kPlaneUp:
      return AddPlaneState(proto.plane_up(), true, path + ".plane_up", time, schedule);
    case v1::Fault::kSlowEndpoint:
      return AddSlowEndpoint(proto.slow_endpoint(), path + ".slow_endpoint", time, schedule);
    case v1::Fault::kCreditLeak:
      return AddCreditLeak(proto.credit_leak(), path + ".credit_leak", time, schedule);
    case v1::Fault::WHAT_NOT_SET:
      break;
  }
  return FieldError(path,
                    "says nothing of what happens; give one of link_down, link_up, link_flap, "
                    "lanes, error_rate, plane_down, plane_up, slow_endpoint, credit_leak");
}

}  // namespace

absl::StatusOr<FaultSchedule> FaultScheduleFromProto(const v1::FaultSchedule& schedule) {
  FaultSchedule faults;
  for (int i = 0; i < schedule.faults_size(); ++i) {
    UPF_RETURN_IF_ERROR(AddFault(schedule.faults(i), absl::StrCat("faults[", i, "]"), faults));
  }
  return faults;
}

}  // namespace upfabric::fabric
