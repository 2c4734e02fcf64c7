#include "daemon/software_plan.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "collectives/software/library_model.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

using collectives::Collective;
using collectives::CollectiveRequest;
using collectives::Pattern;

Pattern PatternOf(Collective collective) {
  switch (collective) {
    case Collective::kAllReduce:
    case Collective::kBarrier:  // libraries have none: an all-reduce of one element
      return Pattern::kAllReduce;
    case Collective::kAllGather:
      return Pattern::kAllGather;
    case Collective::kReduceScatter:
      return Pattern::kReduceScatter;
    case Collective::kAllToAll:
      return Pattern::kAllToAll;
    case Collective::kSendRecv:
      return Pattern::kSendRecv;
    case Collective::kGather:
    case Collective::kScatter:
      return Pattern::kRooted;
    default:
      return Pattern::kChain;
  }
}

// Programs that move data as the library's algorithm does, best first. On a mesh the library has
// rings over all links, which no single ring has; exchanges have. A chain has few pieces where the
// library's slices of LL are many; from the root to each it is one piece all the same.
std::vector<std::string_view> ProgramsFor(std::string_view algorithm, bool mesh, bool one_piece) {
  if (algorithm == "nvls" || algorithm == "multimem-oneshot") {
    return {"in_switch", "two_shot"};
  }
  if (algorithm == "tree") {
    return {"double_binary_tree", "ring", "two_shot", "dissemination"};
  }
  if (algorithm == "ring" && one_piece) {
    return {"flat", "ring", "direct", "chain"};
  }
  if (algorithm == "ring") {
    return mesh ? std::vector<std::string_view>{"two_shot", "direct", "ring", "chain",
                                                "dissemination"}
                : std::vector<std::string_view>{"ring", "chain", "direct", "dissemination"};
  }
  if (algorithm == "one_shot") {
    return {"one_shot"};
  }
  return {"direct", "two_shot", "chain"};
}

absl::StatusOr<const collectives::Algorithm*> ProgramFor(
    const collectives::Prediction& predicted, bool mesh, const CollectiveRequest& request,
    const fabric::FabricView& view, const collectives::AlgorithmRegistry& registry) {
  const std::string& algorithm = predicted.algorithm;
  const bool one_piece =
      PatternOf(request.collective) == Pattern::kChain && !mesh && predicted.protocol != "simple";
  for (const std::string_view name : ProgramsFor(algorithm, mesh, one_piece)) {
    const auto found = registry.Find(request.collective, name);
    if (found.ok() && CheckRequest(**found, request).ok() && CheckFabric(**found, view).ok()) {
      return *found;
    }
  }
  return absl::UnimplementedError(
      absl::StrCat("--software: no program moves data as the library's ", std::string(algorithm),
                   " does for ", std::string(CollectiveName(request.collective))));
}

double Microseconds(Picoseconds time) { return static_cast<double>(time.count()) * 1e-6; }

// Parts of 1,024: what a byte of payload takes of the wire.
constexpr int64_t kStretchParts = 1024;
constexpr double kStretchMax = 64;  // chosen: LL of a single channel takes a thirtieth of a link
constexpr int kBisections = 10;     // as many as parts can tell apart
// Elements with which latencies no longer show.
constexpr int64_t kManyElements = int64_t{1} << 30;

}  // namespace

absl::StatusOr<SoftwarePlan> PlanSoftware(const SoftwareUse& use, const CollectiveRequest& request,
                                          Bytes bytes, const fabric::FabricView& view,
                                          const collectives::AlgorithmRegistry& registry) {
  if (view.pods() > 1) {
    return absl::UnimplementedError(
        "--software: profiles know one domain here; allowed with ranks of several pods is ideal");
  }
  collectives::SoftwareCase c;
  c.pattern = PatternOf(request.collective);
  c.ranks = request.ranks;
  c.launch = use.launch;
  c.algorithm = use.algorithm;
  c.version = use.software->profile.version;
  c.facts = collectives::FactsOf(view, c.ranks, collectives::LibraryConstants().packet_payload);
  UPF_ASSIGN_OR_RETURN(const SelectedSoftware selected, SelectParts(*use.software, use.fabric, c));
  if (selected.parts.library != nullptr) {
    c.facts = collectives::FactsOf(view, c.ranks, selected.parts.library->constants.packet_payload);
  }
  const collectives::Prediction predicted = Predict(selected.parts, c, bytes.count());
  SoftwarePlan plan;
  UPF_ASSIGN_OR_RETURN(plan.algorithm,
                       ProgramFor(predicted, c.facts.mesh, request, view, registry));
  plan.protocol = predicted.protocol.empty() ? "-" : predicted.protocol;
  const auto program_us = [&plan, &request, &view](int64_t count) {
    CollectiveRequest sized = request;
    sized.count = count;
    return Microseconds(plan.algorithm->Cost(sized, view));
  };
  // Where rates alone count, the program's bytes leave as fast as the library's.
  const double rate = (program_us(2 * kManyElements) - program_us(kManyElements)) /
                      static_cast<double>(kManyElements);
  const double wire = rate * static_cast<double>(request.count);
  double stretch = wire > 0 ? std::clamp(predicted.wire_us / wire, 1.0, kStretchMax) : 1.0;
  // What is left is overhead. Where there is less than nothing, the library overlaps what the
  // program does not.
  const auto left = [&](double by) {
    return predicted.microseconds -
           program_us(std::llround(static_cast<double>(request.count) * by));
  };
  if (left(stretch) < 0) {
    double low = 1;
    for (int step = 0; step < kBisections; ++step) {
      const double middle = (low + stretch) / 2;
      (left(middle) < 0 ? stretch : low) = middle;
    }
    stretch = low;
  }
  plan.stretch = Ratio(std::llround(stretch * kStretchParts), kStretchParts);
  plan.overhead = Picoseconds(std::llround(std::max(left(stretch), 0.0) * 1e6));
  return plan;
}

std::string ErrorClass(const v1::SoftwareProfile& profile, const std::string& fabric,
                       const std::string& algorithm) {
  const auto text = [](const v1::FitError& error, const std::string& of) -> std::string {
    if (error.rows() == 0) {
      return "not validated";
    }
    return absl::StrFormat("%.1f %% off %d measured rows of %s, %.1f %% off held-out sources",
                           error.percent(), error.rows(), of, error.held_out_percent());
  };
  for (const v1::NamedKernel& kernel : profile.kernels()) {
    if (kernel.algorithm() == algorithm) {
      return text(kernel.error(), algorithm);
    }
  }
  for (const v1::SoftwareGeneration& generation : profile.generations()) {
    const auto& fabrics = generation.fabrics();
    if (std::find(fabrics.begin(), fabrics.end(), fabric) != fabrics.end()) {
      return text(generation.error(), generation.name());
    }
  }
  return "transferred, estimate";
}

}  // namespace upfabric::daemon
