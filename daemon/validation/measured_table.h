// A table of measured collective times, from a file or a benchmark's output.
//
// Formats: our CSV (comments "# key: value", then a header with bytes and one of time_us,
//          algbw_GBps, busbw_GBps); what nccl-tests and rccl-tests print; what they write with -J.
//          Of out-of-place and in-place columns the first is taken.
// Units:   bytes as nccl-tests counts them, microseconds.
// Errors:  kInvalidArgument "FILE:LINE: what is wrong; what is allowed".

#ifndef UPFABRIC_DAEMON_VALIDATION_MEASURED_TABLE_H_
#define UPFABRIC_DAEMON_VALIDATION_MEASURED_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace upfabric::daemon {

struct MeasuredRow {
  int64_t bytes = 0;
  // As much as the table has; bandwidths in 10^9 bytes a second.
  std::optional<double> microseconds = {};
  std::optional<double> algorithm_bandwidth = {};
  std::optional<double> bus_bandwidth = {};
};

struct MeasuredTable {
  std::string file;
  // What the table itself says of the run; "" and 0 where it does not.
  std::string collective = {};  // our word: "all_reduce"
  int ranks = 0;
  std::string version = {};     // of the library
  bool single_process = false;  // one process drives several accelerators
  std::vector<MeasuredRow> rows = {};
};

// At most kTableBytesMax of text.
inline constexpr size_t kTableBytesMax = size_t{16} << 20;
absl::StatusOr<MeasuredTable> ParseMeasuredTable(const std::string& file, const std::string& text);

// Bus bandwidth over algorithm bandwidth, as nccl-tests defines it; `collective` is our word.
double BusFactor(const std::string& collective, int ranks);

// Time of a row from what it has; nothing if it has nothing, or the time is not above 0.
std::optional<double> TimeOf(const MeasuredRow& row, const std::string& collective, int ranks);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_VALIDATION_MEASURED_TABLE_H_
