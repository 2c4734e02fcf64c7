#include "daemon/run_counts.h"

#include "daemon/cli/names.h"
#include "daemon/cli/numbers.h"

namespace upfabric::daemon {

void RunCounts::Begin(const std::string& run_id, const std::string& fabric,
                      const v1::Workload& workload) {
  workload_ = workload;
  counts_.active = true;
  counts_.run.run = run_id;
  counts_.run.fabric = fabric;
  counts_.run.collective =
      workload.tasks().empty() ? std::string(cli::CollectiveName(workload.collective())) : "tasks";
  counts_.run.algorithm = workload.algorithm();
  counts_.run.seed = workload.seed();
}

void RunCounts::AddRow(const v1::Row& row) {
  const std::string collective(cli::CollectiveName(row.collective()));
  counts_.operations[{collective, row.algorithm()}] += workload_.iterations() + workload_.warmup();
  CollectiveTimes& times = counts_.times[collective];
  times.Observe(Picoseconds(row.time_ps()));
  constexpr double kBytesPerGigabyte = 1e9;
  times.bus_bytes_per_second =
      cli::BusBandwidth(row, row.collective(), row.ranks()).ToDouble() * kBytesPerGigabyte;
  if (row.wrong() > 0) {
    counts_.wrong_elements += row.wrong();
  }
}

void RunCounts::End() { counts_.active = false; }

Snapshot RunCounts::Take(const Runner& runner) const {
  Snapshot snapshot = counts_;
  const RunnerTotals totals = runner.Totals();
  snapshot.virtual_time = totals.virtual_time;
  snapshot.hops = totals.fabric.hops;
  snapshot.windows = totals.fabric.windows;
  snapshot.faults = totals.fabric.faults;
  snapshot.exchange_wait_seconds = totals.exchange_wait_seconds;
  snapshot.channels = runner.Counters();
  return snapshot;
}

}  // namespace upfabric::daemon
