// The result of `upfabric run` as a table, CSV or JSON; the same bytes on any number of processes.
//
// Units: JSON and CSV give microseconds to the picosecond and GB/s (10^9 bytes) to six decimals.
// Jitter: rows that have it add its repetitions, times and bus bandwidth at the median; others do
//         not know of it.

#ifndef UPFABRIC_DAEMON_CLI_RUN_REPORT_H_
#define UPFABRIC_DAEMON_CLI_RUN_REPORT_H_

#include <string>

#include "daemon/cli/json_writer.h"
#include "upfabric/v1/result.pb.h"

namespace upfabric::daemon::cli {

// nccl-tests' columns with the algorithm, then totals and the fingerprint in '#' lines.
std::string RunTable(const v1::Result& result);

// The row fields of the JSON as header, one line a row; N/A where nothing was checked.
std::string RunCsv(const v1::Result& result);

// One object: fabric, ranks, collective, software, seed, fingerprint, virtual_seconds, hops, rows;
// and faults, as a file for --faults has them, if there were any.
std::string RunJson(const v1::Result& result);
// The same object as a value inside another one.
void WriteResult(const v1::Result& result, JsonWriter& json);

// Wall-clock figures of --stats, a few lines for stderr.
std::string StatisticsText(const v1::RunStatistics& statistics);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_RUN_REPORT_H_
