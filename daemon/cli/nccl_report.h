// The table and the JSON file of the nccl-tests programs, byte for byte as nccl-tests 2.19.6 lays
// them out.
//
// Units: microseconds for one operation, GB/s of 10^9 bytes.

#ifndef UPFABRIC_DAEMON_CLI_NCCL_REPORT_H_
#define UPFABRIC_DAEMON_CLI_NCCL_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "daemon/cli/nccl_options.h"
#include "daemon/cli/numbers.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon::cli {

// A line of "Using devices".
struct NcclDevice {
  int rank = 0;
  int pid = 0;
  std::string host;
  int device = 0;
  std::string bus;  // "0000:18:00"
  std::string description;
};

// The columns of one side, out of place or in place.
struct NcclSide {
  Picoseconds time;
  WideFraction algorithm_bandwidth;
  WideFraction bus_bandwidth;
  std::optional<int64_t> wrong;  // nothing: not checked
};

struct NcclRow {
  int64_t bytes = 0;
  int64_t count = 0;
  v1::DataType type = v1::DATA_TYPE_UNSPECIFIED;
  v1::ReduceOp op = v1::REDUCE_OP_UNSPECIFIED;
  int root = -1;
  NcclSide out_of_place;
  NcclSide in_place;
  std::string date;  // of -S; empty without
};

// What the lines after the rows, and the exit status, follow from.
struct NcclSummary {
  int64_t sides_with_wrong = 0;
  double average_bus_bandwidth = 0;
  std::optional<double> bandwidth_min;  // NCCL_TESTS_MIN_BW
  std::string error;                    // empty: none

  // A run fails below nine tenths of the wanted bandwidth.
  bool bandwidth_missed() const;
  bool failed() const;
};
NcclSummary Summarize(const std::vector<NcclRow>& rows, std::optional<double> bandwidth_min);

// What only the JSON file says.
struct NcclJsonFacts {
  std::string start_time;
  std::string end_time;
  std::vector<std::string> arguments;    // with the program's name
  std::vector<std::string> environment;  // "NAME=value" of the variables that were read
  std::string fabric;
  uint64_t fingerprint = 0;
  std::string build;
};

// Everything above the first row.
std::string NcclHeader(absl::string_view program, const NcclOptions& options,
                       const std::vector<NcclDevice>& devices);
std::string NcclRowText(const NcclRow& row);
std::string NcclFooter(absl::string_view program, const NcclSummary& summary);
std::string NcclJson(const NcclOptions& options, const std::vector<NcclDevice>& devices,
                     const std::vector<NcclRow>& rows, const NcclSummary& summary,
                     const NcclJsonFacts& facts);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_NCCL_REPORT_H_
