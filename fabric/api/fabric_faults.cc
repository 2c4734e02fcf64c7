#include "fabric/api/fabric_faults.h"

#include <algorithm>
#include <string>
#include <variant>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "fabric/api/fabric.h"
#include "fabric/base/units_text.h"

namespace upfabric::fabric {

FaultTargets FaultTargetsOf(const FabricSpec& spec, const Layout& layout,
                            const LinkTiming& timing) {
  FaultTargets targets;
  targets.endpoints = layout.endpoints();
  for (int link = 0; link < layout.links_per_endpoint(); ++link) {
    targets.plane_of_link.push_back(layout.PlaneOfLink(link));
  }
  targets.planes = static_cast<int>(layout.planes().size());
  targets.lanes = spec.link.lanes;
  targets.virtual_channels = spec.switch_chip.virtual_channels;
  targets.link_retries = spec.link.has_errors;
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

absl::Status RefuseRoutesWithGroups() {
  return absl::UnimplementedError(
      "faults: links and planes that go down or up are not modelled where switches copy or reduce");
}

absl::Status NoLinkLeft(const MessageFailure& failure, EndpointId source,
                        const FaultTimeline& faults, const Layout& layout,
                        const sim::Clock& clock) {
  std::string down;
  for (int link = 0; link < layout.links_per_endpoint(); ++link) {
    const int end =
        faults.LinkUp(source.value(), link, failure.time) ? failure.destination : source.value();
    absl::StrAppend(&down, link > 0 ? ", " : "",
                    layout.ChannelName(EndpointId(end), link, end == source.value()), " since ",
                    FormatTime(clock.ToPicoseconds(faults.DownSince(end, link, failure.time))));
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
