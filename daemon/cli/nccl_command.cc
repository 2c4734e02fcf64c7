#include "daemon/cli/nccl_command.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "collectives/algorithm_registry.h"
#include "daemon/cli/agreement.h"
#include "daemon/cli/names.h"
#include "daemon/cli/nccl_perf.h"
#include "daemon/config/loader.h"
#include "daemon/exit_codes.h"
#include "daemon/runner.h"
#include "daemon/workload_from_proto.h"
#include "fabric/base/status.h"
#include "fabric/config/from_proto.h"

namespace upfabric::daemon::cli {
namespace {

constexpr char kFabricVariable[] = "UPFABRIC_FABRIC";
constexpr char kBandwidthVariable[] = "NCCL_TESTS_MIN_BW";
// chosen: so many older reports beside each other are a mistake.
constexpr int kReportNamesMax = 10'000;

std::string DateAndTime() {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::Now(), absl::LocalTimeZone());
}

// The report of -J: nccl-tests never overwrites one, it tries NAME, NAME.0, NAME.1, ...
class ReportFile {
 public:
  // An empty name, or a process other than 0, opens nothing.
  static absl::StatusOr<ReportFile> Open(const std::string& name) {
    ReportFile report;
    for (int attempt = -1; !name.empty() && attempt < kReportNamesMax; ++attempt) {
      const std::string path = attempt < 0 ? name : absl::StrCat(name, ".", attempt);
      report.file_ = {std::fopen(path.c_str(), "wx"), Discard{path}};
      if (report.file_ != nullptr) {
        return report;
      }
      if (errno != EEXIST) {
        return absl::InvalidArgumentError(absl::StrCat("-J ", path, ": cannot be written (",
                                                       std::strerror(errno),
                                                       "); allowed: a file in a folder of yours"));
      }
    }
    return report;
  }

  absl::Status Write(const std::string& text) {
    if (file_ == nullptr) {
      return absl::OkStatus();
    }
    const bool written = std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size();
    if (std::fclose(file_.release()) != 0 || !written) {
      return absl::InvalidArgumentError("-J: the report could not be written to the end");
    }
    return absl::OkStatus();
  }

 private:
  // A report that was not written leaves no file behind.
  struct Discard {
    std::string path;
    void operator()(std::FILE* file) const {
      std::fclose(file);
      std::remove(path.c_str());
    }
  };
  std::unique_ptr<std::FILE, Discard> file_;
};

// Whether an algorithm does the same in place; an unknown one is timed again to be sure.
bool SameInPlace(const collectives::AlgorithmRegistry& registry, v1::Collective collective,
                 int ranks, const std::string& name) {
  for (const collectives::Algorithm* algorithm : registry.All()) {
    const collectives::AlgorithmInfo& info = algorithm->info();
    const auto known = collectives::CollectiveName(info.collective);
    if (known == std::string(CollectiveName(collective)) && info.name == name) {
      return ranks > 1 && info.limits.in_place && !info.copies_own_part;
    }
  }
  return false;
}

// What the command line and the environment ask for, resolved.
struct Request {
  NcclOptions options;
  std::string fabric;
  std::optional<double> bandwidth_min;
  std::vector<std::string> environment;
};

absl::StatusOr<Request> ReadRequest(const NcclProgram& program, NcclOptions options,
                                    const ReadVariable& variable) {
  Request request;
  request.options = std::move(options);
  if (program.collective == v1::COLLECTIVE_UNSPECIFIED) {
    return absl::InvalidArgumentError(
        "not implemented yet; allowed: all_reduce_perf, all_gather_perf, reduce_scatter_perf, "
        "alltoall_perf, broadcast_perf, reduce_perf, gather_perf, scatter_perf, sendrecv_perf");
  }
  const std::optional<std::string> fabric = variable(kFabricVariable);
  const std::optional<std::string> bandwidth = variable(kBandwidthVariable);
  if (fabric.has_value()) {
    request.environment.push_back(absl::StrCat(kFabricVariable, "=", *fabric));
  }
  request.fabric = request.options.fabric.empty() ? fabric.value_or("") : request.options.fabric;
  if (request.fabric.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--fabric: missing, and ", kFabricVariable,
                     " is not set; allowed: a preset (`upfabric presets` lists them) or a file"));
  }
  if (bandwidth.has_value()) {
    request.environment.push_back(absl::StrCat(kBandwidthVariable, "=", *bandwidth));
    double minimum = 0;
    if (!absl::SimpleAtod(*bandwidth, &minimum) || !(minimum >= 0)) {
      return absl::InvalidArgumentError(absl::StrCat(kBandwidthVariable, ": \"", *bandwidth,
                                                     "\" is not a bandwidth; allowed: GB/s"));
    }
    request.bandwidth_min = minimum;
  }
  return request;
}

// What can fail in one process alone, done before all work together.
struct Prepared {
  v1::Fabric fabric;
  FabricShape shape;
  ReportFile report;
};

absl::StatusOr<Prepared> Prepare(const Request& request, const ProcessGroup& group) {
  Prepared prepared;
  UPF_ASSIGN_OR_RETURN(prepared.fabric, ResolveFabric(request.fabric));
  UPF_ASSIGN_OR_RETURN(const fabric::FabricSpec spec, fabric::FabricSpecFromProto(prepared.fabric));
  prepared.shape = {.id = spec.id, .endpoints = spec.all_endpoints()};
  UPF_ASSIGN_OR_RETURN(prepared.report,
                       ReportFile::Open(group.index() == 0 ? request.options.json_file : ""));
  return prepared;
}

// Runs and reports; returns the exit code of a run that ended.
absl::StatusOr<int> Perform(const NcclProgram& program, const Request& request, Prepared prepared,
                            const std::vector<std::string>& arguments, ProcessGroup& group,
                            const Console& console) {
  const std::string started = DateAndTime();
  UPF_ASSIGN_OR_RETURN(const std::unique_ptr<Runner> runner,
                       Runner::Create(prepared.fabric, group));
  collectives::AlgorithmRegistry registry;
  collectives::RegisterBuiltins(registry);

  NcclPerf perf;
  perf.program = program;
  perf.options = request.options;
  const int per_process = request.options.threads * request.options.gpus;
  perf.ranks = group.size() * per_process;
  perf.devices = EmulatedDevices(perf.ranks, per_process);
  perf.bandwidth_min = request.bandwidth_min;
  perf.check = [&](const v1::Workload& workload) {
    return CheckWorkload(workload, prepared.shape, registry).status();
  };
  perf.run = [&runner](const v1::Workload& workload) {
    return runner->Run(workload, RunObserver{}, nullptr);
  };
  perf.same_in_place = [&](const std::string& algorithm) {
    return SameInPlace(registry, program.collective, perf.ranks, algorithm);
  };
  perf.date_and_time = DateAndTime;
  UPF_ASSIGN_OR_RETURN(const NcclOutcome outcome, RunNcclPerf(perf, console.out));

  for (const std::string& message : outcome.damaged_messages) {
    console.err << "damaged on its way: message " << message << '\n';
  }
  std::vector<std::string> command = {std::string(program.name)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  UPF_RETURN_IF_ERROR(
      prepared.report.Write(NcclJson(perf.options, perf.devices, outcome.rows, outcome.summary,
                                     {.start_time = started,
                                      .end_time = DateAndTime(),
                                      .arguments = command,
                                      .environment = request.environment,
                                      .fabric = prepared.fabric.id(),
                                      .fingerprint = outcome.fingerprint,
                                      .build = UPF_VERSION})));
  UPF_RETURN_IF_ERROR(outcome.status);
  return outcome.summary.failed() || !outcome.damaged_messages.empty() ? kExitWrong : kExitDone;
}

}  // namespace

int RunNcclProgram(const NcclProgram& program, const std::vector<std::string>& arguments,
                   const ReadVariable& variable, ProcessGroup& group, const Console& console) {
  const auto fail = [&](const absl::Status& status) {
    console.err << program.name << ": " << status.message() << '\n';
    return ExitCodeOf(status);
  };
  absl::StatusOr<NcclOptions> options = ParseNcclOptions(arguments);
  if (!options.ok()) {
    return fail(options.status());
  }
  if (options->help) {
    console.out << NcclHelp(program.name);
    return kExitDone;
  }
  const absl::StatusOr<Request> request = ReadRequest(program, *std::move(options), variable);
  absl::StatusOr<Prepared> prepared =
      request.ok() ? Prepare(*request, group) : absl::StatusOr<Prepared>(request.status());
  if (const absl::Status agreed = AgreeOn(prepared.status(), group); !agreed.ok()) {
    return fail(agreed);
  }
  const absl::StatusOr<int> code =
      Perform(program, *request, *std::move(prepared), arguments, group, console);
  return code.ok() ? *code : fail(code.status());
}

}  // namespace upfabric::daemon::cli
