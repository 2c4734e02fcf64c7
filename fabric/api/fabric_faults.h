// What a schedule of faults means for one fabric.

#ifndef UPFABRIC_FABRIC_API_FABRIC_FAULTS_H_
#define UPFABRIC_FABRIC_API_FABRIC_FAULTS_H_

#include "absl/status/status.h"
#include "fabric/model/endpoint_times.h"
#include "fabric/model/fault_timeline.h"
#include "fabric/model/link_timing.h"
#include "fabric/model/spec.h"
#include "fabric/topo/layout.h"

namespace upfabric::fabric {

FaultTargets FaultTargetsOf(const FabricSpec& spec, const Layout& layout, const LinkTiming& timing);

// Whether links or planes go down or up.
bool MovesRoutes(const FaultSchedule& schedule);

// kUnimplemented if a trunk goes down: switches would need other ways for what waits in them.
absl::Status CheckTrunksStayUp(const FaultSchedule& schedule);

// kUnimplemented: what a link's loss does to a read that is half answered is not modelled.
absl::Status RefuseRoutesWithGroups();

// kDataLoss, which names the links that would have been there and since when they are not.
absl::Status NoLinkLeft(const MessageFailure& failure, EndpointId source,
                        const FaultTimeline& faults, const Layout& layout, const sim::Clock& clock);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_API_FABRIC_FAULTS_H_
