// From a message of faults to checked strong types.

#ifndef UPFABRIC_FABRIC_CONFIG_FAULTS_FROM_PROTO_H_
#define UPFABRIC_FABRIC_CONFIG_FAULTS_FROM_PROTO_H_

#include "absl/status/statusor.h"
#include "fabric/model/faults.h"
#include "upfabric/v1/faults.pb.h"

namespace upfabric::fabric {

// Returns the schedule, flaps written out, or the first error as a FieldError (field_error.h):
// something missing, a wrong unit, a number below its range. Whether a fabric has what a fault
// names, Fabric::SetFaults tells; in which rows of a run a fault happens is not its business.
absl::StatusOr<FaultSchedule> FaultScheduleFromProto(const v1::FaultSchedule& schedule);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_CONFIG_FAULTS_FROM_PROTO_H_
