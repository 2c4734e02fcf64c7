#include "daemon/cli/commands.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "collectives/algorithm_registry.h"
#include "daemon/cli/agreement.h"
#include "daemon/cli/algorithm_files.h"
#include "daemon/cli/algorithm_listing.h"
#include "daemon/cli/chrome_trace.h"
#include "daemon/cli/comparison_report.h"
#include "daemon/cli/element_confidence.h"
#include "daemon/cli/fabric_listing.h"
#include "daemon/cli/fault_text.h"
#include "daemon/cli/matrix_file.h"
#include "daemon/cli/options.h"
#include "daemon/cli/progress_bar.h"
#include "daemon/cli/remote_commands.h"
#include "daemon/cli/run_report.h"
#include "daemon/cli/scenario.h"
#include "daemon/cli/sweep_workload.h"
#include "daemon/cli/topology_drawing.h"
#include "daemon/cli/topology_import.h"
#include "daemon/cli/validation_commands.h"
#include "daemon/config/loader.h"
#include "daemon/config/yaml_writer.h"
#include "daemon/exit_codes.h"
#include "daemon/runner.h"
#include "daemon/workload_from_proto.h"
#include "fabric/base/status.h"
#include "fabric/config/from_proto.h"
#include "fabric/presets/presets.h"

namespace upfabric::daemon::cli {
namespace {

ProgressBar MakeBar(const Console& console) {
  return ProgressBar(console.err, console.err_is_terminal, [] { return absl::Now(); });
}

// One of several runs whose rows share a bar.
struct BarPart {
  int64_t rows_before = 0;
  int64_t rows_total = 0;
};

RunObserver ObserverOf(ProgressBar& bar, BarPart part, const Console& console) {
  RunObserver observer;
  if (!console.err_is_terminal) {
    return observer;
  }
  bar.Update(part.rows_before, part.rows_total);
  observer.on_row = [&bar, part](const v1::Row&, int done, int) {
    bar.Update(part.rows_before + done, part.rows_total);
  };
  observer.on_window = [&bar] {
    bar.Tick();
    return absl::OkStatus();
  };
  return observer;
}

struct ResolvedFabric {
  v1::Fabric config;
  int endpoints = 0;
};

absl::StatusOr<ResolvedFabric> Resolve(const std::string& name) {
  ResolvedFabric resolved;
  UPF_ASSIGN_OR_RETURN(resolved.config, ResolveFabric(name));
  UPF_ASSIGN_OR_RETURN(const fabric::FabricSpec spec, fabric::FabricSpecFromProto(resolved.config));
  resolved.endpoints = spec.all_endpoints();
  return resolved;
}

absl::StatusOr<std::vector<ResolvedFabric>> ResolveAll(const std::vector<std::string>& names) {
  std::vector<ResolvedFabric> fabrics;
  for (const std::string& name : names) {
    UPF_ASSIGN_OR_RETURN(ResolvedFabric resolved, Resolve(name));
    fabrics.push_back(std::move(resolved));
  }
  return fabrics;
}

// The fabrics in every process, or the error of the first process that has one.
absl::StatusOr<std::vector<ResolvedFabric>> ResolveTogether(const std::vector<std::string>& names,
                                                            ProcessGroup& group) {
  absl::StatusOr<std::vector<ResolvedFabric>> fabrics = ResolveAll(names);
  UPF_RETURN_IF_ERROR(AgreeOn(fabrics.status(), group));
  return fabrics;
}

// Fabric and workload of a run in this job.
absl::StatusOr<v1::Scenario> ResolveScenario(const RunCommand& run) {
  UPF_ASSIGN_OR_RETURN(v1::Scenario scenario, LoadScenario(run));
  UPF_ASSIGN_OR_RETURN(const fabric::FabricSpec spec,
                       fabric::FabricSpecFromProto(scenario.fabric()));
  UPF_ASSIGN_OR_RETURN(*scenario.mutable_workload(),
                       WorkloadOf(run, scenario, spec.all_endpoints()));
  return scenario;
}

absl::Status WriteFile(const char* flag, const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return file ? absl::OkStatus()
              : absl::InvalidArgumentError(absl::StrCat(flag, ": cannot write ", path));
}

// Damaged messages are named whatever the format of the result.
void ReportDamage(const v1::Result& result, const Console& console) {
  for (const v1::Row& row : result.rows()) {
    for (const std::string& message : row.damaged_messages()) {
      console.err << "damaged on its way: message " << message << '\n';
    }
  }
}

// Executes one command each; the result is the exit code of a command that ended.
class Executor {
 public:
  Executor(ProcessGroup& group, const Console& console) : group_(group), console_(console) {}

  absl::StatusOr<int> operator()(const HelpCommand& help) const {
    console_.out << help.text;
    return kExitDone;
  }

  absl::StatusOr<int> operator()(const PresetsCommand& command) const {
    std::vector<ListedFabric> presets;
    for (const fabric::PresetFile& preset : fabric::Presets()) {
      UPF_ASSIGN_OR_RETURN(const v1::Fabric config, ResolveFabric(std::string(preset.id)));
      UPF_ASSIGN_OR_RETURN(ListedFabric listed, ListedFabric::Create(config));
      presets.push_back(std::move(listed));
    }
    console_.out << (command.format == Format::kJson ? PresetsJson(presets)
                     : command.sources               ? SourcesTable(presets)
                                                     : PresetsTable(presets));
    return kExitDone;
  }

  absl::StatusOr<int> operator()(const ShowCommand& command) const {
    UPF_ASSIGN_OR_RETURN(const v1::Fabric config, ResolveFabric(command.fabric));
    UPF_ASSIGN_OR_RETURN(const ListedFabric listed, ListedFabric::Create(config));
    switch (command.format) {
      case Format::kDot:
        console_.out << TopologyDot(listed.spec, listed.analysis->layout());
        break;
      case Format::kSvg: {
        UPF_ASSIGN_OR_RETURN(const std::string svg,
                             TopologySvg(listed.spec, listed.analysis->layout()));
        console_.out << svg;
        break;
      }
      case Format::kJson:
        console_.out << FabricJson(listed);
        break;
      default:
        console_.out << FabricText(listed);
        break;
    }
    return kExitDone;
  }

  absl::StatusOr<int> operator()(const AlgorithmsCommand& command) const {
    collectives::AlgorithmRegistry registry;
    collectives::RegisterBuiltins(registry);
    console_.out << AlgorithmsTable(registry, command.collective);
    return kExitDone;
  }

  absl::StatusOr<int> operator()(const CheckCommand& command) const {
    return CheckFile(command, console_);
  }

  absl::StatusOr<int> operator()(const ExportCommand& command) const {
    UPF_RETURN_IF_ERROR(ExportAlgorithm(command, console_));
    return kExitDone;
  }

  absl::StatusOr<int> operator()(const ImportCommand& command) const {
    UPF_RETURN_IF_ERROR(ImportTopology(command, console_));
    return kExitDone;
  }

  absl::StatusOr<int> operator()(const RunCommand& run) const {
    if (run.dump_scenario) {
      return DumpScenario(run);
    }
    if (!run.connect.empty() && group_.index() != 0) {
      return kExitDone;  // one of us asks the daemons
    }
    ProgressBar bar = MakeBar(console_);
    v1::RunStatistics statistics;
    UPF_ASSIGN_OR_RETURN(const v1::Result result, run.connect.empty()
                                                      ? RunHere(run, bar, statistics)
                                                      : RunRemotely(run, bar, statistics));
    bar.Finish();
    if (!run.record_faults.empty() && group_.index() == 0) {
      UPF_RETURN_IF_ERROR(
          WriteFile("--record-faults", run.record_faults, FaultsFileText(result.faults())));
    }
    if (!run.trace.empty() && group_.index() == 0) {
      UPF_RETURN_IF_ERROR(WriteFile("--trace", run.trace, ChromeTrace(result)));
      if (const int64_t left_out = LeftOutOfTrace(result); left_out > 0) {
        console_.err << "# --trace: " << left_out
                     << " instructions are left out, those of the highest ranks\n";
      }
    }
    switch (run.format) {
      case Format::kCsv:
        console_.out << RunCsv(result);
        break;
      case Format::kJson:
        console_.out << RunJson(result);
        break;
      default:
        console_.out << RunTable(result);
        break;
    }
    ReportDamage(result, console_);
    if (run.statistics) {
      console_.err << StatisticsText(statistics);
    }
    return daemon::ExitCodeOf(result);
  }

  absl::StatusOr<int> operator()(const CompareCommand& command) const {
    UPF_ASSIGN_OR_RETURN(const std::vector<ResolvedFabric> fabrics,
                         ResolveTogether(command.fabrics, group_));
    // The same work on each: by default as many ranks as the smallest fabric has.
    int ranks = fabrics.front().endpoints;
    Comparison comparison;
    for (const ResolvedFabric& fabric : fabrics) {
      ranks = std::min(ranks, fabric.endpoints);
      comparison.fabrics.push_back(fabric.config.id());
      comparison.confidences.push_back(ConfidenceOfElements(fabric.config));
    }
    comparison.results.resize(command.collectives.size());
    ProgressBar bar = MakeBar(console_);
    for (size_t f = 0; f < fabrics.size(); ++f) {
      UPF_RETURN_IF_ERROR(RunCompared(command, fabrics[f], ranks, bar, comparison));
    }
    bar.Finish();
    int code = kExitDone;
    for (const std::vector<v1::Result>& results : comparison.results) {
      for (const v1::Result& result : results) {
        ReportDamage(result, console_);
        code = std::max(code, daemon::ExitCodeOf(result));
      }
    }
    console_.out << (command.format == Format::kJson ? ComparisonJson(comparison)
                                                     : ComparisonText(comparison));
    return code;
  }

  absl::StatusOr<int> operator()(const ValidateCommand& command) const {
    if (group_.index() == 0) {
      UPF_RETURN_IF_ERROR(Validate(command, console_));
    }
    return kExitDone;
  }

  absl::StatusOr<int> operator()(const CalibrateCommand& command) const {
    if (group_.index() == 0) {
      UPF_RETURN_IF_ERROR(CalibrateProfile(command, console_));
    }
    return kExitDone;
  }

  absl::StatusOr<int> operator()(const StatusCommand& command) const {
    if (group_.index() != 0) {
      return kExitDone;
    }
    UPF_RETURN_IF_ERROR(ShowStatus(command, console_));
    return kExitDone;
  }

  absl::StatusOr<int> operator()(const InjectCommand& command) const {
    if (group_.index() != 0) {
      return kExitDone;
    }
    UPF_RETURN_IF_ERROR(Inject(command, console_));
    return kExitDone;
  }

  absl::StatusOr<int> operator()(const StopCommand& command) const {
    if (group_.index() != 0) {
      return kExitDone;
    }
    UPF_RETURN_IF_ERROR(Stop(command, console_));
    return kExitDone;
  }

 private:
  absl::StatusOr<int> DumpScenario(const RunCommand& run) const {
    if (group_.index() != 0) {
      return kExitDone;
    }
    UPF_ASSIGN_OR_RETURN(const v1::Scenario scenario, ResolveScenario(run));
    UPF_ASSIGN_OR_RETURN(const fabric::FabricSpec spec,
                         fabric::FabricSpecFromProto(scenario.fabric()));
    collectives::AlgorithmRegistry registry;
    collectives::RegisterBuiltins(registry);
    UPF_RETURN_IF_ERROR(CheckWorkload(scenario.workload(),
                                      {.id = spec.id, .endpoints = spec.all_endpoints()}, registry)
                            .status());
    console_.out << WriteYaml(scenario);
    return kExitDone;
  }

  absl::StatusOr<v1::Result> RunHere(const RunCommand& run, ProgressBar& bar,
                                     v1::RunStatistics& statistics) const {
    const absl::StatusOr<v1::Scenario> scenario = ResolveScenario(run);
    UPF_RETURN_IF_ERROR(AgreeOn(scenario.status(), group_));
    UPF_ASSIGN_OR_RETURN(const std::unique_ptr<Runner> runner,
                         Runner::Create(scenario->fabric(), group_));
    const BarPart part{.rows_total = scenario->workload().sizes_bytes_size()};
    return runner->Run(scenario->workload(), ObserverOf(bar, part, console_), &statistics);
  }

  // Runs every collective on one fabric and appends the results.
  absl::Status RunCompared(const CompareCommand& command, const ResolvedFabric& fabric, int ranks,
                           ProgressBar& bar, Comparison& comparison) const {
    UPF_ASSIGN_OR_RETURN(const std::unique_ptr<Runner> runner,
                         Runner::Create(fabric.config, group_));
    const auto rows = static_cast<int64_t>(command.sweep.sizes_bytes.size());
    const auto collectives = static_cast<int64_t>(command.collectives.size());
    for (size_t c = 0; c < command.collectives.size(); ++c) {
      const auto sweeps_before = static_cast<int64_t>(comparison.results[c].size()) * collectives +
                                 static_cast<int64_t>(c);
      const BarPart part{
          .rows_before = sweeps_before * rows,
          .rows_total = static_cast<int64_t>(comparison.fabrics.size()) * collectives * rows};
      v1::RunStatistics statistics;
      v1::Workload workload = WorkloadOf(command.sweep, command.collectives[c], ranks);
      absl::Status loaded = LoadProgram(workload);
      loaded.Update(LoadMatrix(command.sweep, ranks, workload));
      UPF_RETURN_IF_ERROR(AgreeOn(loaded, group_));
      UPF_ASSIGN_OR_RETURN(v1::Result result,
                           runner->Run(workload, ObserverOf(bar, part, console_), &statistics));
      if (command.statistics) {
        bar.Clear();
        console_.err << "# " << fabric.config.id() << '\n' << StatisticsText(statistics);
      }
      comparison.results[c].push_back(std::move(result));
    }
    return absl::OkStatus();
  }

  ProcessGroup& group_;
  const Console& console_;
};

}  // namespace

int RunUpfabric(const std::vector<std::string>& arguments, ProcessGroup& group,
                const Console& console) {
  const absl::StatusOr<Command> command = ParseCommandLine(arguments);
  const absl::StatusOr<int> code = command.ok() ? std::visit(Executor(group, console), *command)
                                                : absl::StatusOr<int>(command.status());
  if (code.ok()) {
    return *code;
  }
  console.err << "upfabric: " << code.status().message() << '\n';
  return ExitCodeOf(code.status());
}

}  // namespace upfabric::daemon::cli
