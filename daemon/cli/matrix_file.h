// A file of the bytes that each rank of an all_to_all sends to each other, as nccl-tests' alltoallv
// takes it.
//
// Format: a line a source, a number a destination, separated by blanks or commas; '#' begins a
//         comment, empty lines do not count.
// Errors: kInvalidArgument, "FILE:LINE: what is wrong; what is allowed"; kNotFound for a file that
//         does not exist.

#ifndef UPFABRIC_DAEMON_CLI_MATRIX_FILE_H_
#define UPFABRIC_DAEMON_CLI_MATRIX_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/cli/options.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon::cli {

// Puts the sweep's matrix, if it has one, into its workload on a fabric of so many endpoints: in
// place of sizes, and of as many ranks if the sweep names none.
absl::Status LoadMatrix(const SweepOptions& sweep, int fabric_endpoints, v1::Workload& workload);

struct Matrix {
  int ranks = 0;
  std::vector<int64_t> bytes;  // [source * ranks + destination]

  // The most that a rank sends or receives.
  int64_t BytesMax() const;
};

// Square, and every number a multiple of `element` bytes, the size of `type`.
absl::StatusOr<Matrix> ReadMatrixFile(const std::string& path, int64_t element,
                                      const std::string& type);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_MATRIX_FILE_H_
