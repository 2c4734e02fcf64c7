#include "daemon/cli/fault_text.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "fabric/base/check.h"
#include "fabric/base/status.h"
#include "fabric/config/faults_from_proto.h"

namespace upfabric::daemon::cli {
namespace {

using absl::string_view;

// A kind, what follows it, and the flags that go with it.
struct KindInfo {
  string_view name;
  string_view usage;
  size_t words = 2;
  std::vector<string_view> flags;
};

const std::vector<KindInfo>& Kinds() {
  static const auto& kinds = *new std::vector<KindInfo>{
      {"link-down", "LINK", 2, {}},
      {"link-up", "LINK", 2, {}},
      {"flap", "LINK --down T --period T --times N", 2, {"--down", "--period", "--times"}},
      {"lanes", "LINK N", 3, {}},
      {"error-rate", "LINK PROBABILITY", 3, {}},
      {"plane-down", "PLANE", 2, {}},
      {"plane-up", "PLANE", 2, {}},
      {"slow", "ENDPOINT [--injection X] [--memory X]", 2, {"--injection", "--memory"}},
      {"leak", "LINK --space S [--vc N] [--from-switch]", 2, {"--space", "--vc", "--from-switch"}}};
  return kinds;
}

absl::Status Refuse(string_view what) { return absl::InvalidArgumentError(what); }

absl::StatusOr<int32_t> WholeNumber(string_view what, string_view text) {
  int32_t number = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == string_view::npos;
  if (!digits || !absl::SimpleAtoi(text, &number)) {
    return Refuse(absl::StrCat(what, ": \"", text, "\" is not a whole number from 0 on"));
  }
  return number;
}

absl::StatusOr<int32_t> Endpoint(string_view text) {
  string_view number = text;
  if (!absl::ConsumePrefix(&number, "gpu") || !WholeNumber("", number).ok()) {
    return Refuse(absl::StrCat("\"", text, "\" is not an endpoint; allowed: gpuE, as gpu3"));
  }
  return WholeNumber("ENDPOINT", number);
}

absl::Status ReadLink(string_view text, v1::LinkTarget& link) {
  if (string_view trunk = text; absl::ConsumePrefix(&trunk, "trunk")) {
    UPF_ASSIGN_OR_RETURN(const int32_t index, WholeNumber("trunk", trunk));
    link.set_trunk(index);
    return absl::OkStatus();
  }
  const size_t colon = std::min(text.find(':'), text.size());
  const absl::StatusOr<int32_t> endpoint = Endpoint(text.substr(0, colon));
  const absl::StatusOr<int32_t> index =
      WholeNumber("", text.substr(std::min(colon + 1, text.size())));
  if (!endpoint.ok() || !index.ok()) {
    return Refuse(absl::StrCat("\"", text,
                               "\" is not a link; allowed: gpuE:L, as gpu3:5 for link 5 of "
                               "endpoint 3, or trunkN"));
  }
  link.set_endpoint(*endpoint);
  link.set_link(*index);
  return absl::OkStatus();
}

absl::Status ReadPlane(string_view text, v1::PlaneTarget& plane) {
  string_view number = text;
  absl::ConsumePrefix(&number, "sw");
  UPF_ASSIGN_OR_RETURN(const int32_t index, WholeNumber("PLANE", number));
  plane.set_plane(index);
  return absl::OkStatus();
}

// The flags that were given, by name.
std::vector<string_view> FlagsOf(const FaultWords& words) {
  const std::array<std::pair<string_view, bool>, 8> all = {
      {{"--down", !words.down.empty()},
       {"--period", !words.period.empty()},
       {"--times", !words.times.empty()},
       {"--injection", !words.injection.empty()},
       {"--memory", !words.memory.empty()},
       {"--space", !words.space.empty()},
       {"--vc", !words.vc.empty()},
       {"--from-switch", words.from_switch}}};
  std::vector<string_view> given;
  for (const auto& [flag, is_given] : all) {
    if (is_given) {
      given.push_back(flag);
    }
  }
  return given;
}

absl::StatusOr<KindInfo> CheckedKind(const FaultWords& words) {
  const string_view name = words.words.empty() ? string_view() : words.words.front();
  const auto kind = std::find_if(Kinds().begin(), Kinds().end(),
                                 [&](const KindInfo& info) { return info.name == name; });
  if (kind == Kinds().end()) {
    const auto append = [](std::string* out, const KindInfo& info) {
      absl::StrAppend(out, info.name);
    };
    return Refuse(absl::StrCat(
        "FAULT: \"", name, "\" is not a fault; allowed: ", absl::StrJoin(Kinds(), ", ", append)));
  }
  if (words.words.size() != kind->words) {
    return Refuse(absl::StrCat(name, ": ", words.words.size() - 1,
                               " words after it; allowed: ", name, " ", kind->usage));
  }
  for (const string_view flag : FlagsOf(words)) {
    if (std::find(kind->flags.begin(), kind->flags.end(), flag) == kind->flags.end()) {
      return Refuse(absl::StrCat(flag, ": not of this fault; allowed: ", name, " ", kind->usage));
    }
  }
  return *kind;
}

absl::Status ReadFlap(const FaultWords& words, v1::LinkFlap& flap) {
  flap.set_down(words.down);
  flap.set_period(words.period);
  UPF_ASSIGN_OR_RETURN(const int32_t times, WholeNumber("--times", words.times));
  flap.set_times(times);
  return ReadLink(words.words[1], *flap.mutable_target());
}

absl::Status ReadLeak(const FaultWords& words, v1::CreditLeak& leak) {
  leak.set_space(words.space);
  leak.set_to_switch(!words.from_switch);
  if (!words.vc.empty()) {
    UPF_ASSIGN_OR_RETURN(const int32_t channel, WholeNumber("--vc", words.vc));
    leak.set_virtual_channel(channel);
  }
  return ReadLink(words.words[1], *leak.mutable_target());
}

absl::Status ReadSlow(const FaultWords& words, v1::SlowEndpoint& slow) {
  UPF_ASSIGN_OR_RETURN(const int32_t endpoint, Endpoint(words.words[1]));
  slow.set_endpoint(endpoint);
  slow.set_injection_factor(words.injection);
  slow.set_memory_factor(words.memory);
  return absl::OkStatus();
}

absl::Status ReadKind(string_view kind, const FaultWords& words, v1::Fault& fault) {
  const std::string& target = words.words[1];
  if (kind == "link-down") {
    return ReadLink(target, *fault.mutable_link_down());
  }
  if (kind == "link-up") {
    return ReadLink(target, *fault.mutable_link_up());
  }
  if (kind == "plane-down") {
    return ReadPlane(target, *fault.mutable_plane_down());
  }
  if (kind == "plane-up") {
    return ReadPlane(target, *fault.mutable_plane_up());
  }
  if (kind == "lanes") {
    UPF_ASSIGN_OR_RETURN(const int32_t lanes, WholeNumber("lanes", words.words[2]));
    fault.mutable_lanes()->set_lanes(lanes);
    return ReadLink(target, *fault.mutable_lanes()->mutable_target());
  }
  if (kind == "error-rate") {
    fault.mutable_error_rate()->set_flit_error_rate(words.words[2]);
    return ReadLink(target, *fault.mutable_error_rate()->mutable_target());
  }
  if (kind == "flap") {
    return ReadFlap(words, *fault.mutable_link_flap());
  }
  if (kind == "slow") {
    return ReadSlow(words, *fault.mutable_slow_endpoint());
  }
  return ReadLeak(words, *fault.mutable_credit_leak());
}

std::string LinkText(const v1::LinkTarget& link) {
  return link.has_trunk() ? absl::StrCat("trunk", link.trunk())
                          : absl::StrCat("gpu", link.endpoint(), ":", link.link());
}

std::string SlowText(const v1::SlowEndpoint& slow) {
  std::string text = absl::StrCat("gpu", slow.endpoint(), " slow");
  if (!slow.injection_factor().empty()) {
    absl::StrAppend(&text, " injection x", slow.injection_factor());
  }
  if (!slow.memory_factor().empty()) {
    absl::StrAppend(&text, " memory x", slow.memory_factor());
  }
  return text;
}

}  // namespace

std::string FaultUsage() {
  const auto append = [](std::string* out, const KindInfo& info) {
    absl::StrAppend(out, "  ", info.name, " ", info.usage);
  };
  return absl::StrCat(
      absl::StrJoin(Kinds(), "\n", append),
      "\nLINK is gpuE:L or, between switches, trunkN, ENDPOINT gpuE, PLANE a number.");
}

absl::StatusOr<v1::Fault> ParseFault(const FaultWords& words) {
  UPF_ASSIGN_OR_RETURN(const KindInfo kind, CheckedKind(words));
  v1::FaultSchedule schedule;
  v1::Fault& fault = *schedule.add_faults();
  UPF_RETURN_IF_ERROR(ReadKind(kind.name, words, fault));
  fault.set_time(words.at.empty() ? "0ps" : words.at);
  if (const auto read = fabric::FaultScheduleFromProto(schedule); !read.ok()) {
    // The path says which quantity; "faults[0]." says nothing to who gave only one.
    return Refuse(absl::StripPrefix(read.status().message(), "faults[0]."));
  }
  fault.set_time(words.at);
  return fault;
}

std::string FaultText(const v1::Fault& fault) {
  switch (fault.what_case()) {
    case v1::Fault::kLinkDown:
      return LinkText(fault.link_down()) + " down";
    case v1::Fault::kLinkUp:
      return LinkText(fault.link_up()) + " up";
    case v1::Fault::kLinkFlap:
      return LinkText(fault.link_flap().target()) + " flaps";
    case v1::Fault::kLanes:
      return absl::StrCat(LinkText(fault.lanes().target()), " ", fault.lanes().lanes(), " lanes");
    case v1::Fault::kErrorRate:
      return absl::StrCat(LinkText(fault.error_rate().target()), " flit error rate ",
                          fault.error_rate().flit_error_rate());
    case v1::Fault::kPlaneDown:
      return absl::StrCat("plane ", fault.plane_down().plane(), " down");
    case v1::Fault::kPlaneUp:
      return absl::StrCat("plane ", fault.plane_up().plane(), " up");
    case v1::Fault::kSlowEndpoint:
      return SlowText(fault.slow_endpoint());
    case v1::Fault::kCreditLeak:
      return absl::StrCat(LinkText(fault.credit_leak().target()), " leaks ",
                          fault.credit_leak().space());
    case v1::Fault::WHAT_NOT_SET:
      break;
  }
  return "nothing";
}

std::string FaultsText(const v1::FaultSchedule& faults) {
  const auto append = [](std::string* out, const v1::Fault& fault) {
    absl::StrAppend(out, FaultText(fault));
  };
  return faults.faults().empty() ? "none" : absl::StrJoin(faults.faults(), ", ", append);
}

std::string FaultJson(const v1::Fault& fault) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  UPF_CHECK(google::protobuf::util::MessageToJsonString(fault, &text, options).ok());
  return text;
}

std::string FaultsFileText(const v1::FaultSchedule& faults) {
  const auto append = [](std::string* out, const v1::Fault& fault) {
    absl::StrAppend(out, FaultJson(fault));
  };
  return absl::StrCat("{\"faults\":[\n", absl::StrJoin(faults.faults(), ",\n", append), "\n]}\n");
}

}  // namespace upfabric::daemon::cli
