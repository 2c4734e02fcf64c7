// When a run's instructions ran, as a Chrome trace, which Perfetto and chrome://tracing open.
//
// Format: JSON of "traceEvents"; a process a rank, a thread a stream; a complete event for each
//         instruction that took time; a flow from each send to its receive; a counter of messages
//         that are under way. Rows follow each other. Times are virtual.
// Omits:  what a timeline leaves out; flows to and from it; packets and channels.

#ifndef UPFABRIC_DAEMON_CLI_CHROME_TRACE_H_
#define UPFABRIC_DAEMON_CLI_CHROME_TRACE_H_

#include <string>

#include "upfabric/v1/result.pb.h"

namespace upfabric::daemon::cli {

std::string ChromeTrace(const v1::Result& result);

// Instructions of all rows that the timelines left out.
int64_t LeftOutOfTrace(const v1::Result& result);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_CHROME_TRACE_H_
