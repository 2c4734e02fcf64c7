// The faults of a run over its rows: which of them a row meets, and what they leave behind.
//
// Models:  a fault of row 0 happens in every row. One of row N >= 1 happens in that row; the state
//          it sets (link or plane up or down, lanes, error rate, slowness) stands in all later rows
//          from their start, until a later fault of the same part replaces it. A flap ends with its
//          link up; a leak leaves nothing, since each row starts with all credits.
// Requires: schedules that fabric/config accepts.

#ifndef UPFABRIC_DAEMON_RUN_FAULTS_H_
#define UPFABRIC_DAEMON_RUN_FAULTS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fabric/api/fabric.h"
#include "upfabric/v1/faults.pb.h"

namespace upfabric::daemon {

// What faults of row 1 and later leave behind after all of them: one for each part that is not as
// built (as far as the schedule tells: the lanes and error rates of the fabric are not known here),
// at time 0 of row 1, in the order in which they happened.
v1::FaultSchedule StandingAfter(const v1::FaultSchedule& faults);

// The schedule of row `row` >= 1: first what the rows before have left behind, then its own faults
// and those of every row, in the order of `run`.
v1::FaultSchedule FaultsOfRow(const v1::FaultSchedule& run, int row);

// Sets the schedule of the next or running row. Errors are those of Fabric::SetFaults.
absl::Status SetFaults(const v1::FaultSchedule& schedule, fabric::Fabric& fabric);

// Sets each fault of the run alone, so that the first one that does not fit the fabric is named as
// the file has it: kInvalidArgument "faults[2]: plane 99 ...". Requires: no row is running.
absl::Status CheckEachFault(const v1::FaultSchedule& run, fabric::Fabric& fabric);

// Faults that are injected into row `row` when it is at `now`: those without a time get `now`.
// Returns kInvalidArgument if there are none, one has a time that has passed, or names a row.
absl::StatusOr<v1::FaultSchedule> Stamped(const v1::FaultSchedule& faults, int row, SimTime now);

// Without "faults[2]: ", for who gave only one.
absl::Status WithoutPosition(const absl::Status& status);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_RUN_FAULTS_H_
