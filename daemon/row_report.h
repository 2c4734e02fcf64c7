// From what each process knows of a row to the row of the result. Pure: the same shares give the
// same row whoever merges them.

#ifndef UPFABRIC_DAEMON_ROW_REPORT_H_
#define UPFABRIC_DAEMON_ROW_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collectives/job.h"
#include "daemon/internal.pb.h"
#include "daemon/row_plan.h"
#include "fabric/api/fabric.h"
#include "upfabric/v1/result.pb.h"

namespace upfabric::daemon {

// What this process knows of a row that has just run on `fabric` and ended with `ran`.
// `jobs` are those of `plans`.
internal::RowShare ShareOfRow(const std::vector<RowPlan>& plans, const absl::Status& ran,
                              const std::vector<const collectives::Job*>& jobs,
                              const fabric::Fabric& fabric,
                              const std::vector<std::string>& damaged);

// What one run of the fabric gave.
struct MergedRun {
  std::vector<v1::Row> rows;  // one, or one a task
  Picoseconds virtual_time;   // until the last rank had finished, warm-up included
  std::vector<internal::RowShare> logged = {};  // shares with logs, if the plan asks for them
};

// Time of an operation: with one iteration the end of the last rank after the first began to be
// timed; with several that span divided by their number, to the nearest picosecond. Returns the
// first failure of all processes if there is one; NoProgressError with the autopsy of all
// processes, ranks that wait and channels that are blocked, if a rank has not finished.
absl::StatusOr<MergedRun> MergeShares(const std::vector<RowPlan>& plans,
                                      const std::vector<internal::RowShare>& shares);

// Hash of rows in their order; 0 for none.
uint64_t ChainFingerprint(uint64_t before, uint64_t row);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_ROW_REPORT_H_
