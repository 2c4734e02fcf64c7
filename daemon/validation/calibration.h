// Fits the constants of a software profile to measured tables.
//
// Models:  the sum over rows of a robust loss of ln(modelled / measured), with a weak pull to the
//          constants' starting values; all are varied on logarithmic scales within their bounds. A
//          generation is fitted to the tables of one domain of its fabrics, then each network to
//          its tables of several, and each named kernel to its own. Only tables of the profile's
//          own software count.
// Errors:  kInvalidArgument when no table is of the profile.
// Threads: none; the same tables in the same order give the same profile.

#ifndef UPFABRIC_DAEMON_VALIDATION_CALIBRATION_H_
#define UPFABRIC_DAEMON_VALIDATION_CALIBRATION_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/validation/table_set.h"
#include "daemon/validation/validation.h"
#include "upfabric/v1/software.pb.h"

namespace upfabric::daemon {

// Tables of one source are held out together: by one method, maybe on one machine. A name that ends
// in "-aic.csv" is of one collection.
std::string SourceOf(const TableUse& use);

struct HeldOut {
  std::string part;  // generation, network or named kernel
  std::string source;
  ErrorSummary errors;  // with constants that were fitted without the source
};

struct FittedPart {
  std::string name;              // generation, network or named kernel
  ErrorSummary errors;           // of the rows to which it was fitted
  ErrorSummary held_out_errors;  // over all sources, each with the others fitted
};

struct FittedProfile {
  v1::SoftwareProfile profile;
  std::vector<FittedPart> parts;
  std::vector<HeldOut> held_out;
};

// `progress` is told what is being fitted. `name` is that of the profile: built in, or a file.
absl::StatusOr<FittedProfile> Calibrate(const std::string& name,
                                        const std::vector<UsedTable>& tables,
                                        const std::function<void(const std::string&)>& progress);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_VALIDATION_CALIBRATION_H_
