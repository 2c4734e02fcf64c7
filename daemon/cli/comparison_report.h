// A comparison of fabrics as text for 120 columns, or as JSON.

#ifndef UPFABRIC_DAEMON_CLI_COMPARISON_REPORT_H_
#define UPFABRIC_DAEMON_CLI_COMPARISON_REPORT_H_

#include <string>

#include "daemon/cli/comparison.h"

namespace upfabric::daemon::cli {

// One table with a row for each collective and size; then why, for each collective and each fabric
// after the first: at the smallest size that moves anything, and at the largest. Requires: at least
// two fabrics, at most 26, and a row in each result.
std::string ComparisonText(const Comparison& comparison);

// {"software","ranks","fabrics":[],"results":[],"why":[]}; results as `upfabric run` prints them.
std::string ComparisonJson(const Comparison& comparison);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_COMPARISON_REPORT_H_
