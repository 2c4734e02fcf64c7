// Measured tables against the model.
//
// Models:  a row's time by collectives/software/library_model.h, with what the fabric's own view
//          says of rates, latencies and wire efficiency.
// Units:   microseconds; errors are exp(mean |ln(modelled / measured)|) - 1, in percent.
// Errors:  kInvalidArgument, kNotFound and kUnimplemented, one line that names the table.
// Threads: none.

#ifndef UPFABRIC_DAEMON_VALIDATION_VALIDATION_H_
#define UPFABRIC_DAEMON_VALIDATION_VALIDATION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collectives/software/library_model.h"
#include "collectives/software/software_case.h"
#include "daemon/config/software.h"
#include "daemon/validation/measured_table.h"
#include "daemon/validation/table_index.h"
#include "fabric/api/fabric.h"

namespace upfabric::daemon {

struct ValidatedRow {
  int64_t bytes = 0;
  double measured_us = 0;
  double modelled_us = 0;
  // What the library's own tuning formula gives for its choice, for comparison; 0: it has none.
  double tuner_us = 0;
  std::string algorithm = {};
  std::string protocol = {};

  double ratio() const { return modelled_us / measured_us; }
};

struct ValidatedTable {
  TableUse use;
  std::string family;        // the accelerators' generation
  bool transferred = false;  // constants are of other accelerators
  std::vector<ValidatedRow> rows;
};

// Rows below kSmallBytes measure latency, the others bandwidth.
inline constexpr int64_t kSmallBytes = 64 << 10;

struct ErrorSummary {
  int rows = 0;
  double all = 0;
  int rows_small = 0;
  double small = 0;
  int rows_large = 0;
  double large = 0;
};

class ErrorSum {
 public:
  void Add(int64_t bytes, double log_ratio);
  void Add(const ValidatedTable& table);
  void Add(const ErrorSum& other);
  ErrorSummary Summary() const;

 private:
  struct Part {
    int rows = 0;
    double sum = 0;
  };
  Part small_;
  Part large_;
};

// A use with everything that its prediction takes.
struct PreparedUse {
  collectives::SoftwareCase prepared;
  SelectedSoftware software;
};

// Fabrics and profiles by name, loaded once.
class Models {
 public:
  Models();
  ~Models();

  // The use's software is a built-in profile, a file, or what Replace named. What a profile does
  // not know, its algorithm, its network or the software itself, is served by what is nearest, as a
  // transferred estimate.
  absl::StatusOr<PreparedUse> Prepare(const TableUse& use);
  absl::StatusOr<ValidatedTable> Validate(const TableUse& use, const MeasuredTable& table);

  // The profile that serves a name from now on.
  void Replace(const std::string& name, const Software& software);
  absl::StatusOr<const Software*> SoftwareNamed(const std::string& name);

 private:
  absl::StatusOr<PreparedUse> PrepareAsGiven(const TableUse& use);
  // Takes the next thing that the profile does not know out of the use; false if there is none.
  bool Relax(TableUse& use);
  // Name of the generation, of whatever built-in profile, that has the fabric's accelerators.
  std::string FamilyOf(const std::string& fabric);
  absl::StatusOr<const fabric::Fabric*> FabricNamed(const std::string& name);

  std::map<std::string, std::unique_ptr<fabric::Fabric>> fabrics_;
  std::map<std::string, std::unique_ptr<Software>> software_;
};

// The adapters of one domain by the network's name: "ib-ndr-8x400" has 8 of 400 Gb/s in a domain of
// `endpoints`, fewer with fewer ranks; others one for each rank.
collectives::Adapters AdaptersOf(const collectives::SoftwareProfile& profile, const TableUse& use,
                                 int endpoints);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_VALIDATION_VALIDATION_H_
