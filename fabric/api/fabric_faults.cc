#include "fabric/api/fabric_faults.h"

#include <algorithm>
#include <string>
#include <variant>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "fabric/api/fabric.h"
#include "fabric/base/units_text.h"

namespace upfabric::fabric {

using sim::Ticks;

FaultTargets FaultTargetsOf(const FabricSpec& spec, const Layout& layout,
                            const LinkTiming& timing) {
  FaultTargets targets;
  targets.endpoints = layout.endpoints();
  targets.links_per_endpoint = layout.links_per_endpoint();
  targets.planes = static_cast<int>(layout.planes().size());
  targets.direct = layout.direct();
  for (int e = 0; e < layout.endpoints(); ++e) {
    for (int link = 0; link < layout.links_per_endpoint(); ++link) {
      targets.links.push_back({layout.PlaneOfLink(link), spec.link.lanes, spec.link.has_errors});
    }
  }
  for (const Layout::Trunk& trunk : layout.trunks()) {
    const LinkSpec& link = spec.LinkOfKind(trunk.kind);
    targets.links.push_back(
        {layout.chips()[static_cast<size_t>(trunk.from.chip)].plane, link.lanes, link.has_errors});
  }
  const int classes = layout.channel_classes();
  targets.virtual_channels = spec.switch_chip.virtual_channels / classes * classes;
  targets.clock = timing.clock();
  targets.unit_bytes = timing.framing().unit_bytes();
  return targets;
}

bool MovesRoutes(const FaultSchedule& schedule) {
  return std::any_of(schedule.begin(), schedule.end(), [](const Fault& fault) {
    return std::holds_alternative<LinkStateFault>(fault.what) ||
           std::holds_alternative<PlaneStateFault>(fault.what);
  });
}

absl::Status CheckTrunksStayUp(const FaultSchedule& schedule) {
  for (const Fault& fault : schedule) {
    const auto* link = std::get_if<LinkStateFault>(&fault.what);
    if (link != nullptr && link->link.endpoint.value() < 0) {
      return absl::UnimplementedError(
          "faults: links between switches that go down are not modelled");
    }
  }
  return absl::OkStatus();
}

absl::Status RefuseRoutesWithGroups() {
  return absl::UnimplementedError(
      "faults: links and planes that go down or up are not modelled where switches copy or reduce");
}

absl::Status NoLinkLeft(const MessageFailure& failure, EndpointId source,
                        const FaultTimeline& faults, const Layout& layout,
                        const sim::Clock& clock) {
  std::string down;
  const int self = source.value() - layout.place().first_endpoint;
  const int other = failure.destination - layout.place().first_endpoint;
  for (int link = 0; link < layout.links_per_endpoint(); ++link) {
    if (layout.direct().has_value() && !layout.direct()->Joins(self, other, link)) {
      continue;
    }
    const bool here = !faults.LinkUp(layout.LinkOf(self, link), failure.time);
    const int end = here ? self : other;
    const Ticks since = faults.DownSince(layout.LinkOf(end, link), failure.time);
    absl::StrAppend(&down, down.empty() ? "" : ", ",
                    layout.ChannelName(EndpointId(end), link, here), " since ",
                    FormatTime(clock.ToPicoseconds(since)));
  }
  absl::Status lost = absl::DataLossError(absl::StrCat(
      "no link is left from gpu", source.value(), " to gpu", failure.destination, " at ",
      FormatTime(clock.ToPicoseconds(failure.time)), ", and none comes up: down are ", down));
  lost.SetPayload(kFailureOrderUrl,
                  absl::Cord(absl::StrCat(absl::Dec(failure.time, absl::kZeroPad20),
                                          absl::Dec(source.value(), absl::kZeroPad8))));
  return lost;
}

}  // namespace upfabric::fabric
