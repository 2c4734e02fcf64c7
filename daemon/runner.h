// Runs workloads on one fabric, in this process's share of a process group.
//
// The same code runs in `upfabric run` alone, under mpirun, and in the daemons; the result is the
// same bytes in each. Every process of the group makes the same calls with the same workload.
//
// Models:  each row on a fabric of its own, so that no row depends on one before it.
// Threads: the simulation thread owns it.

#ifndef UPFABRIC_DAEMON_RUNNER_H_
#define UPFABRIC_DAEMON_RUNNER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/process_group.h"
#include "daemon/run_statistics.h"
#include "fabric/api/fabric.h"
#include "upfabric/v1/fabric.pb.h"
#include "upfabric/v1/result.pb.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon {

// Faults injected into a row, with their row and time; none if they were refused.
struct Injection {
  absl::Status status;
  int row = 0;  // from 1
  SimTime time;
  v1::FaultSchedule faults;
};

struct RunObserver {
  // After each row, in every process.
  std::function<void(const v1::Row& row, int rows_done, int rows_total)> on_row;
  // Inside each window's exchange (see ProcessGroup::StartRow), and once after each row. Optional.
  std::function<absl::Status()> on_window;
  // Faults to inject, a serialized v1::FaultSchedule, or ""; asked in each exchange. The same
  // faults are asked for again until on_injected was called.
  std::function<std::string()> injection;
  // In every process, in the exchange: they are applied, or refused with nothing changed.
  std::function<void(const Injection& injection)> on_injected;
};

class Runner {
 public:
  virtual ~Runner() = default;

  // `fabric` must have been checked (daemon/config). `group` outlives the runner.
  static absl::StatusOr<std::unique_ptr<Runner>> Create(const v1::Fabric& fabric,
                                                        ProcessGroup& group);

  // Whether the fabric has what each fault names: an error as CheckEachFault's. Not while a run is
  // active.
  virtual absl::Status CheckFaults(const v1::FaultSchedule& faults) = 0;

  // Runs every row of the sweep; again and again if the workload loops, until on_window stops it
  // (then the error is on_window's).
  // Errors: kInvalidArgument, kNotFound, kUnimplemented (bad workload, exit 2), kUnavailable (a
  // peer is gone, 3), kDataLoss (a message found no link any more, 1), NoProgressError with autopsy
  // (4), what on_window returned. `statistics` may be null.
  virtual absl::StatusOr<v1::Result> Run(const v1::Workload& workload, const RunObserver& observer,
                                         v1::RunStatistics* statistics) = 0;

  // This process's share of the fabric of the row that runs or ran last.
  virtual const fabric::Fabric& fabric() const = 0;

  // Both may be called from inside on_window and then show the same window.
  virtual RunnerTotals Totals() const = 0;
  // Counters of this process's channels since the runner was made, always in the same order; the
  // longest queues are of the row that runs or ran last.
  virtual std::vector<fabric::ChannelCounters> Counters() const = 0;
};

// Exit code of a finished run: 0, or 1 if a result was wrong or a message damaged.
int ExitCodeOf(const v1::Result& result);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_RUNNER_H_
