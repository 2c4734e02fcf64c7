// Runs one of the nccl-tests programs: queued iterations, out of place and in place.
//
// Every process of the group makes the same calls; the caller gives all but process 0 a stream that
// goes nowhere.

#ifndef UPFABRIC_DAEMON_CLI_NCCL_PERF_H_
#define UPFABRIC_DAEMON_CLI_NCCL_PERF_H_

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/cli/nccl_options.h"
#include "daemon/cli/nccl_report.h"
#include "upfabric/v1/result.pb.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon::cli {

struct NcclPerf {
  NcclProgram program;
  NcclOptions options;
  int ranks = 1;
  std::vector<NcclDevice> devices;
  std::optional<double> bandwidth_min;

  // Whether a workload can run at all; asked of every row before anything is printed.
  std::function<absl::Status(const v1::Workload&)> check;
  std::function<absl::StatusOr<v1::Result>(const v1::Workload&)> run;
  // Whether this algorithm (of a row's collective) executes the same instructions in place.
  std::function<bool(const std::string& algorithm)> same_in_place;
  std::function<std::string()> date_and_time;  // "YYYY-MM-DD HH:MM:SS"
};

struct NcclOutcome {
  std::vector<NcclRow> rows;
  NcclSummary summary;
  uint64_t fingerprint = 0;  // chained over the rows' fingerprints in order
  std::vector<std::string> damaged_messages;
  absl::Status status;  // of the run that failed first; the rows before it are there
};

// Prints header, each row when it is done, and footer. Returns an error, before anything is
// printed, when the sizes make no sweep or `check` refuses a row.
absl::StatusOr<NcclOutcome> RunNcclPerf(const NcclPerf& perf, std::ostream& out);

// Devices by rank: emulated accelerators, the same on every machine.
std::vector<NcclDevice> EmulatedDevices(int ranks, int ranks_per_process);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_NCCL_PERF_H_
