// What a row's log becomes: its breakdown, its messages' latency, its timeline.
//
// The processes of a run swap their ranks' logs after the row, so all come to the same answer.

#ifndef UPFABRIC_DAEMON_ROW_LOGS_H_
#define UPFABRIC_DAEMON_ROW_LOGS_H_

#include <vector>

#include "collectives/critical_path.h"
#include "collectives/job.h"
#include "daemon/internal.pb.h"
#include "daemon/row_report.h"
#include "fabric/api/fabric.h"
#include "upfabric/v1/result.pb.h"

namespace upfabric::daemon {

// Instructions of all ranks that a logged row may have, and those that a timeline keeps (chosen: 32
// bytes each in every process; about 40 MB of a trace).
inline constexpr int64_t kLoggedInstructionsMax = 4'000'000;
inline constexpr int64_t kTimelineInstructionsMax = 100'000;

// Errors: kInvalidArgument when the row's program is too long.
absl::Status CheckLoggable(const RowPlan& plan);

// This process's logs and busiest channels.
void AddLogs(const collectives::Job& job, const fabric::Fabric& fabric, internal::RowShare& share);

collectives::LoggedRun MergeLogs(const RowPlan& plan,
                                 const std::vector<internal::RowShare>& shares);

// The ways of watched messages: this process's, and those of all, of each message the last one.
internal::WatchedWays WaysOf(const fabric::Fabric& fabric);
std::vector<fabric::MessagePath> MergeWays(const std::vector<internal::WatchedWays>& shares);

v1::Breakdown BreakdownOf(const collectives::CriticalPath& path,
                          const std::vector<internal::RowShare>& shares);

v1::MessageLatency LatencyOf(const collectives::LoggedRun& run);

v1::Timeline TimelineOf(const collectives::LoggedRun& run);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_ROW_LOGS_H_
