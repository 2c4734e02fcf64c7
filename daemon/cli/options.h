// The command line of `upfabric` as values.
//
// With validation_options.h the only file that calls CLI11; its exceptions end here.
// Errors: kInvalidArgument, one line: the flag, what is wrong, what is allowed.

#ifndef UPFABRIC_DAEMON_CLI_OPTIONS_H_
#define UPFABRIC_DAEMON_CLI_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/cli/sizes.h"
#include "daemon/cli/validation_options.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon::cli {

enum class Format { kTable, kCsv, kJson, kDot, kSvg };

// What a sweep is asked for, before the fabric is known.
struct SweepOptions {
  std::vector<int64_t> sizes_bytes;
  std::string matrix;          // a file in place of sizes; empty: none
  std::optional<int> ranks;    // -g
  std::vector<int> endpoints;  // --endpoints; empty: the first `ranks`, or all
  v1::DataType type = v1::DATA_TYPE_FLOAT32;
  v1::ReduceOp op = v1::REDUCE_OP_SUM;
  int root = 0;
  bool check = true;
  std::string algorithm;  // "auto", a name, or a file of MSCCL XML
  bool prove = true;      // the algorithm of a file
  int slots = 0;          // of its connections; 0: any number
  std::string software;
  std::string launch;  // of a software profile; "" is its default
  v1::PayloadMode payload = v1::PAYLOAD_MODE_AUTO;
  v1::Granularity granularity = v1::GRANULARITY_TRAIN;
  uint64_t seed = 0;
  int jitter = 0;  // repetitions with skewed starts; these three are of `run` alone
  bool breakdown = false;
  bool timeline = false;
  bool latency = false;
  bool rank_times = false;
};

struct HelpCommand {
  std::string text;
};
struct PresetsCommand {
  Format format = Format::kTable;
  bool sources = false;  // the table of sources instead
};
struct ShowCommand {
  std::string fabric;
  Format format = Format::kTable;
};
struct RunCommand {
  v1::Collective collective = v1::COLLECTIVE_UNSPECIFIED;
  std::string fabric;  // empty only with --connect: the daemons' fabric
  SweepOptions sweep;
  Format format = Format::kTable;
  bool statistics = false;
  std::string connect;         // empty: in this process or MPI job
  std::string faults;          // a file; empty: none
  std::string record_faults;   // a file to write; empty: none
  std::string trace;           // a file to write; empty: none
  std::string skew;            // as skew_text.h; empty: none
  std::string scenario;        // a file in place of collective and sweep; empty: none
  bool dump_scenario = false;  // write what would run instead of running it
};
struct CompareCommand {
  std::vector<v1::Collective> collectives;
  std::vector<std::string> fabrics;
  SweepOptions sweep;
  Format format = Format::kTable;
  bool statistics = false;
};
struct AlgorithmsCommand {
  std::optional<v1::Collective> collective;
};
// The prover alone, on an algorithm from a file.
struct CheckCommand {
  std::string file;
  std::optional<int> ranks;  // -g: what the file must be for
};
// A built-in algorithm as MSCCL XML, for one size.
struct ExportCommand {
  v1::Workload workload;
};
// A machine's own listing of its topology as a fabric.
struct ImportCommand {
  std::string file;
  std::string base;  // empty: by the chip that the file names
};
struct StatusCommand {
  std::string connect;
};
struct InjectCommand {
  std::string connect;
  v1::FaultSchedule faults;  // of the words; none with a file
  std::string file;
};
struct StopCommand {
  std::string connect;
  std::string run_id;  // empty: the daemons
};

using Command =
    std::variant<HelpCommand, PresetsCommand, ShowCommand, RunCommand, CompareCommand,
                 AlgorithmsCommand, CheckCommand, ExportCommand, ImportCommand, StatusCommand,
                 InjectCommand, StopCommand, ValidateCommand, CalibrateCommand>;

// `arguments` without the program's name.
absl::StatusOr<Command> ParseCommandLine(const std::vector<std::string>& arguments);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_OPTIONS_H_
