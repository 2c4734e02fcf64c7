// The words of the command line and of reports for collectives, types, operations and modes.
//
// nccl-tests' words where it has them: float, half, bfloat16, int32; sum, prod, max, min; none.
// Errors: an unknown word is kInvalidArgument; the message lists the known ones.

#ifndef UPFABRIC_DAEMON_CLI_NAMES_H_
#define UPFABRIC_DAEMON_CLI_NAMES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "upfabric/v1/fabric.pb.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon::cli {

absl::StatusOr<v1::Collective> ParseCollective(absl::string_view text);
// Also takes float32 and float16.
absl::StatusOr<v1::DataType> ParseDataType(absl::string_view text);
absl::StatusOr<v1::ReduceOp> ParseReduceOp(absl::string_view text);
absl::StatusOr<v1::PayloadMode> ParsePayloadMode(absl::string_view text);
absl::StatusOr<v1::Granularity> ParseGranularity(absl::string_view text);

// "?" for a value that has no name. REDUCE_OP_UNSPECIFIED is "none".
absl::string_view CollectiveName(v1::Collective collective);
absl::string_view DataTypeName(v1::DataType type);
absl::string_view ReduceOpName(v1::ReduceOp op);
absl::string_view PayloadModeName(v1::PayloadMode mode);
absl::string_view GranularityName(v1::Granularity granularity);
absl::string_view TimingName(v1::Timing timing);
absl::string_view ConfidenceName(v1::Confidence confidence);

// All that exist, in the order nccl-tests sweeps them.
std::vector<v1::DataType> AllDataTypes();
std::vector<v1::ReduceOp> AllReduceOps();
std::vector<v1::Collective> AllCollectives();

// Whether the collective takes an operation, and a root.
bool HasReduceOp(v1::Collective collective);
bool HasRoot(v1::Collective collective);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_NAMES_H_
