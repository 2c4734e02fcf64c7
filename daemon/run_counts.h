// What a daemon counts of its runs, beside the fabric's own counters.

#ifndef UPFABRIC_DAEMON_RUN_COUNTS_H_
#define UPFABRIC_DAEMON_RUN_COUNTS_H_

#include <string>

#include "daemon/metrics/snapshot.h"
#include "daemon/runner.h"
#include "upfabric/v1/result.pb.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon {

// Threads: the simulation thread alone.
class RunCounts {
 public:
  void Begin(const std::string& run_id, const std::string& fabric, const v1::Workload& workload);
  void AddRow(const v1::Row& row);
  void End();

  // With the runner's counters, taken now.
  Snapshot Take(const Runner& runner) const;

 private:
  v1::Workload workload_;
  Snapshot counts_;  // without what the runner counts
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_RUN_COUNTS_H_
