// What `upfabric validate` prints: errors by table, family and overall; rows; JSON.

#ifndef UPFABRIC_DAEMON_CLI_VALIDATION_REPORT_H_
#define UPFABRIC_DAEMON_CLI_VALIDATION_REPORT_H_

#include <map>
#include <string>
#include <vector>

#include "daemon/validation/calibration.h"
#include "daemon/validation/validation.h"

namespace upfabric::daemon::cli {

// Errors over all tables, and over those of a family.
struct ValidationSummary {
  ErrorSummary overall;
  std::map<std::string, ErrorSummary> families;
  std::map<std::string, ErrorSummary> scopes;
};
ValidationSummary Summarize(const std::vector<ValidatedTable>& tables);

// Tables, worst first; families; overall; then the worst rows, or all rows of a single table.
std::string ValidationText(const std::vector<ValidatedTable>& tables);
std::string ValidationJson(const std::vector<ValidatedTable>& tables);

// A page with a plot for each table, measured and modelled time by size, and the errors.
std::string ValidationHtml(const std::vector<ValidatedTable>& tables);

// Errors of a fit, in sample and held out, by part and by source.
std::string CalibrationText(const FittedProfile& fitted);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_VALIDATION_REPORT_H_
