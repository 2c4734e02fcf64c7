// The command line of the nccl-tests programs, read as they read it.
//
// Every flag of nccl-tests 2.19.6 is accepted. One without meaning here gives a remark, which is
// printed as a comment. Only long options are ours: --fabric, --algorithm, --seed, --software,
// --payload.
// Errors: kInvalidArgument, one line naming the flag.

#ifndef UPFABRIC_DAEMON_CLI_NCCL_OPTIONS_H_
#define UPFABRIC_DAEMON_CLI_NCCL_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daemon/cli/sizes.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon::cli {

struct NcclOptions {
  bool help = false;
  int threads = 1;
  int gpus = 1;
  SizeSweep sizes;
  int iterations = 20;
  int aggregated = 1;
  int warmup = 1;
  int check = 1;
  std::vector<v1::DataType> types = {v1::DATA_TYPE_FLOAT32};
  std::vector<v1::ReduceOp> ops = {v1::REDUCE_OP_SUM};
  int root = 0;  // -1: every rank in turn
  int blocking = 0;
  int graph = 0;
  int unaligned = 0;
  bool timestamps = false;
  std::string json_file;
  std::string fabric;
  std::string algorithm = "auto";
  std::string software = "ideal";
  v1::PayloadMode payload = v1::PAYLOAD_MODE_AUTO;
  uint64_t seed = 0;
  // Lines for stdout before the header, as nccl-tests prints them: "invalid type X, ...".
  std::vector<std::string> complaints;
  // Comments without the leading '#', one for each flag that was accepted and means nothing.
  std::vector<std::string> remarks;
};

// The collective of a program's name without folders, if it is one of nccl-tests' eleven.
struct NcclProgram {
  absl::string_view name;
  v1::Collective collective = v1::COLLECTIVE_UNSPECIFIED;  // unspecified: not implemented yet
};
std::optional<NcclProgram> NcclProgramNamed(absl::string_view name);

// `arguments` without the program's name.
absl::StatusOr<NcclOptions> ParseNcclOptions(const std::vector<std::string>& arguments);

std::string NcclHelp(absl::string_view program);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_NCCL_OPTIONS_H_
