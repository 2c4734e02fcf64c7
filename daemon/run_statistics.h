// What a process counts over the rows of its runs, and how a run's share of it becomes statistics.

#ifndef UPFABRIC_DAEMON_RUN_STATISTICS_H_
#define UPFABRIC_DAEMON_RUN_STATISTICS_H_

#include <cstdint>
#include <vector>

#include "daemon/internal.pb.h"
#include "fabric/api/fabric.h"
#include "upfabric/v1/result.pb.h"

namespace upfabric::daemon {

// What a process has done since its runner was made, over rows and runs.
struct RunnerTotals {
  Picoseconds virtual_time;  // sum over rows, each until its last rank had finished
  fabric::FabricTotals fabric;
  double exchange_wait_seconds = 0;
};

// Adds what a row counted.
void AddTotals(const fabric::FabricTotals& row, fabric::FabricTotals& sum);
// Both list the same channels in the same order, or `sum` none yet.
void AddCounters(const std::vector<fabric::ChannelCounters>& row,
                 std::vector<fabric::ChannelCounters>& sum);

// What was seen after the rows of a run, in this process.
struct ChecksDone {
  int64_t channels = 0;
  int64_t completions = 0;
  int64_t fabric_bytes_max = 0;
};

// Measures a run, by the counts of before and after and the processor's time.
class RunMeter {
 public:
  // The run starts now; `counters` are summed over the rows that have ended.
  RunMeter(const RunnerTotals& totals, const std::vector<fabric::ChannelCounters>& counters);

  // What the run has spent until now.
  internal::StatisticsShare Share(const RunnerTotals& totals,
                                  const std::vector<fabric::ChannelCounters>& counters,
                                  const ChecksDone& checks) const;

 private:
  // Counts to subtract.
  struct Basis {
    RunnerTotals totals;
    int64_t replays = 0;
    int64_t shares_returned = 0;
    fabric::CongestionCounters congestion;
  };
  static Basis BasisOf(const RunnerTotals& totals,
                       const std::vector<fabric::ChannelCounters>& counters);

  Basis before_;
  double user_cpu_seconds_before_;
};

// One process's lines and the sums; `shares` by daemon.
v1::RunStatistics MergeStatistics(const std::vector<internal::StatisticsShare>& shares);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_RUN_STATISTICS_H_
