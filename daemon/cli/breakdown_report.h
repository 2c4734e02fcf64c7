// What `run --breakdown` adds to a result: why each row took as long as it did.

#ifndef UPFABRIC_DAEMON_CLI_BREAKDOWN_REPORT_H_
#define UPFABRIC_DAEMON_CLI_BREAKDOWN_REPORT_H_

#include <string>

#include "daemon/cli/json_writer.h"
#include "upfabric/v1/result.pb.h"

namespace upfabric::daemon::cli {

// Time by cause, the chain that ended last, the busiest channels and the bound, of each row that
// has a breakdown; "" if none has.
std::string BreakdownText(const v1::Result& result);

// The value of a row's "breakdown".
void WriteBreakdown(const v1::Row& row, JsonWriter& json);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_BREAKDOWN_REPORT_H_
