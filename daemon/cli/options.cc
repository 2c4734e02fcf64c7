#include "daemon/cli/options.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <utility>

#include <CLI/CLI.hpp>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "daemon/cli/fault_text.h"
#include "daemon/cli/names.h"
#include "daemon/cli/sweep_workload.h"
#include "fabric/base/status.h"

namespace upfabric::daemon::cli {
namespace {

// chosen: far above what anyone repeats.
constexpr int64_t kIterationsMax = 1'000'000;
constexpr int64_t kJitterMax = 1000;
constexpr int64_t kSlotsMax = 1024;
constexpr int64_t kRanksMax = 1'000'000;
// Fabrics of a comparison are named by letters.
constexpr size_t kComparedMax = 26;

// The text of each flag as typed; our own parsers read it, so that all errors look alike.
struct SweepTexts {
  std::string min = "32M";
  std::string max = "32M";
  std::string step = "1M";
  std::string factor = "1";
  std::string matrix;
  std::string ranks;
  std::string endpoints;
  std::string type = "float";
  std::string op = "sum";
  std::string iterations = "1";
  std::string warmup = "0";
  std::string check = "1";
  std::string root = "0";
  std::string algorithm = "auto";
  bool no_prove = false;
  std::string slots;
  std::string software = "ideal";
  std::string launch;
  std::string payload = "auto";
  std::string granularity = "train";
  std::string seed = "0";
};

struct Texts {
  std::string collective;
  std::string fabric;
  std::vector<std::string> fabrics;
  std::string format = "table";
  std::string connect;
  std::string run_id;
  std::string file;
  std::string base;
  bool in_place = false;
  bool sources = false;
  std::string jitter;
  std::string faults;
  std::string record_faults;
  bool breakdown = false;
  bool latency = false;
  bool rank_times = false;
  std::string trace;
  std::string skew;
  std::string scenario;
  bool dump_scenario = false;
  bool statistics = false;
  SweepTexts sweep;
  FaultWords fault;
  ValidationTexts validation;
};

absl::Status AtFlag(absl::string_view flag, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(flag, ": ", status.message()));
}

template <typename Value>
absl::Status Store(absl::string_view flag, absl::StatusOr<Value> parsed, Value& out) {
  if (!parsed.ok()) {
    return AtFlag(flag, parsed.status());
  }
  out = *std::move(parsed);
  return absl::OkStatus();
}

absl::Status StoreInt(absl::string_view flag, absl::string_view text,
                      const WholeNumberLimits& limits, int64_t& out) {
  return Store(flag, ParseWholeNumber(text, limits), out);
}

void AddSweepFlags(CLI::App* app, SweepTexts& texts) {
  app->add_option("-b,--minbytes", texts.min, "first size: a number and K, M or G (1024 powers)")
      ->capture_default_str();
  app->add_option("-e,--maxbytes", texts.max, "last size")->capture_default_str();
  app->add_option("-f,--stepfactor", texts.factor,
                  "multiply the size by this; above 1 it wins "
                  "over -i");
  app->add_option("-i,--stepbytes", texts.step, "add this to the size")->capture_default_str();
  app->add_option("--matrix", texts.matrix,
                  "all_to_all: file of the bytes from each rank (line) to each (number), in place "
                  "of sizes");
  app->add_option("-g,--ranks", texts.ranks, "use the first so many endpoints (all)");
  app->add_option("--endpoints", texts.endpoints, "rank r is the r-th of these: 0-7,64");
  app->add_option("-d,--datatype", texts.type,
                  "double, float, half, bfloat16, f8e4m3, f8e5m2, or int and uint with 8, 32 or 64")
      ->capture_default_str();
  app->add_option("-o,--op", texts.op, "sum, prod, min, max or avg")->capture_default_str();
  app->add_option("-n,--iters", texts.iterations,
                  "accepted: isolated operations repeat exactly, so one is computed");
  app->add_option("-w,--warmup_iters", texts.warmup, "accepted: as -n");
  app->add_option("-c,--check", texts.check, "1: compare the results with a reference; 0: do not")
      ->capture_default_str();
  app->add_option("-r,--root", texts.root, "root rank of broadcast, reduce, gather, scatter")
      ->capture_default_str();
  app->add_option("--algorithm", texts.algorithm,
                  "auto (the cheapest by closed form), best (the fastest of all that can serve), "
                  "all (a row of each), a name that `upfabric algorithms` lists, or a file of "
                  "MSCCL XML, FILE.xml")
      ->capture_default_str();
  app->add_flag("--no-prove", texts.no_prove, "run the algorithm of a file without proof");
  app->add_option(
      "--slots", texts.slots,
      "messages that a connection of the algorithm of a file holds at once (any number)");
  app->add_option("--software", texts.software,
                  "ideal (the fabric alone), nccl, rccl, vllm, trtllm, kernel, or a file")
      ->capture_default_str();
  app->add_option(
      "--launch", texts.launch,
      "with a profile: process_per_gpu (the default), threads, single_process or graph");
  app->add_option("--payload", texts.payload,
                  "auto (full up to 1 GiB over all buffers, else sampled), full, sampled or none")
      ->capture_default_str();
  app->add_option("--granularity", texts.granularity,
                  "train, or packet: one by one, the same result, slower")
      ->capture_default_str();
  app->add_option("--seed", texts.seed, "seed of payload values and spray starts")
      ->capture_default_str();
}

absl::StatusOr<std::vector<int64_t>> ReadSizes(const SweepTexts& texts) {
  SizeSweep sweep;
  UPF_RETURN_IF_ERROR(Store("-b", ParseSize(texts.min), sweep.min));
  UPF_RETURN_IF_ERROR(Store("-e", ParseSize(texts.max), sweep.max));
  UPF_RETURN_IF_ERROR(Store("-i", ParseSize(texts.step), sweep.step));
  constexpr int64_t kFactorMax = 1 << 20;  // chosen: larger ones leave one row
  UPF_RETURN_IF_ERROR(StoreInt("-f", texts.factor, {.min = 1, .max = kFactorMax}, sweep.factor));
  return SweepSizes(sweep);
}

absl::StatusOr<SweepOptions> ReadSweep(const SweepTexts& texts) {
  SweepOptions sweep;
  UPF_ASSIGN_OR_RETURN(sweep.sizes_bytes, ReadSizes(texts));
  if (!texts.ranks.empty() && !texts.endpoints.empty()) {
    return absl::InvalidArgumentError(
        "-g with --endpoints: both say which endpoints take part; "
        "allowed: one of them");
  }
  int64_t number = 0;
  if (!texts.ranks.empty()) {
    UPF_RETURN_IF_ERROR(StoreInt("-g", texts.ranks, {.min = 1, .max = kRanksMax}, number));
    sweep.ranks = static_cast<int>(number);
  }
  if (!texts.endpoints.empty()) {
    UPF_RETURN_IF_ERROR(Store("--endpoints", ParseEndpointList(texts.endpoints), sweep.endpoints));
  }
  UPF_RETURN_IF_ERROR(Store("-d", ParseDataType(texts.type), sweep.type));
  UPF_RETURN_IF_ERROR(Store("-o", ParseReduceOp(texts.op), sweep.op));
  UPF_RETURN_IF_ERROR(StoreInt("-n", texts.iterations, {.min = 1, .max = kIterationsMax}, number));
  UPF_RETURN_IF_ERROR(StoreInt("-w", texts.warmup, {.min = 0, .max = kIterationsMax}, number));
  UPF_RETURN_IF_ERROR(StoreInt("-c", texts.check, {.min = 0, .max = 1}, number));
  sweep.check = number == 1;
  UPF_RETURN_IF_ERROR(StoreInt("--root", texts.root, {.min = 0, .max = kRanksMax}, number));
  sweep.root = static_cast<int>(number);
  UPF_RETURN_IF_ERROR(Store("--payload", ParsePayloadMode(texts.payload), sweep.payload));
  UPF_RETURN_IF_ERROR(
      Store("--granularity", ParseGranularity(texts.granularity), sweep.granularity));
  UPF_RETURN_IF_ERROR(StoreInt("--seed", texts.seed,
                               {.min = 0, .max = std::numeric_limits<int64_t>::max()}, number));
  sweep.seed = static_cast<uint64_t>(number);
  sweep.matrix = texts.matrix;
  sweep.algorithm = texts.algorithm;
  sweep.prove = !texts.no_prove;
  if (!texts.slots.empty()) {
    UPF_RETURN_IF_ERROR(StoreInt("--slots", texts.slots, {.min = 1, .max = kSlotsMax}, number));
    sweep.slots = static_cast<int>(number);
  }
  sweep.software = texts.software;
  sweep.launch = texts.launch;
  return sweep;
}

absl::StatusOr<Format> ReadFormat(absl::string_view text, std::initializer_list<Format> allowed) {
  constexpr std::pair<absl::string_view, Format> kFormats[] = {{"table", Format::kTable},
                                                               {"csv", Format::kCsv},
                                                               {"json", Format::kJson},
                                                               {"dot", Format::kDot},
                                                               {"svg", Format::kSvg}};
  std::string names;
  for (const auto& [name, format] : kFormats) {
    if (std::find(allowed.begin(), allowed.end(), format) == allowed.end()) {
      continue;
    }
    if (name == text) {
      return format;
    }
    absl::StrAppend(&names, names.empty() ? "" : ", ", name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--format: \"", text, "\" is not a format; allowed: ", names));
}

absl::StatusOr<Command> ReadRun(const Texts& texts) {
  RunCommand run;
  run.scenario = texts.scenario;
  if (run.scenario.empty()) {
    UPF_RETURN_IF_ERROR(Store("COLLECTIVE", ParseCollective(texts.collective), run.collective));
  }
  if (texts.fabric.empty() && texts.connect.empty() && run.scenario.empty()) {
    return absl::InvalidArgumentError(
        "--fabric: missing; allowed: a preset (`upfabric presets` lists them) or a file");
  }
  UPF_ASSIGN_OR_RETURN(run.sweep, ReadSweep(texts.sweep));
  UPF_ASSIGN_OR_RETURN(run.format,
                       ReadFormat(texts.format, {Format::kTable, Format::kCsv, Format::kJson}));
  run.fabric = texts.fabric;
  run.connect = texts.connect;
  run.faults = texts.faults;
  run.record_faults = texts.record_faults;
  if (!run.record_faults.empty() && !absl::EndsWith(run.record_faults, ".json") &&
      !absl::EndsWith(run.record_faults, ".yaml")) {
    return absl::InvalidArgumentError(absl::StrCat("--record-faults: ", run.record_faults,
                                                   ": allowed are names that end in .json or "
                                                   ".yaml, as --faults reads them"));
  }
  run.statistics = texts.statistics;
  run.sweep.breakdown = texts.breakdown;
  run.sweep.latency = texts.latency;
  run.sweep.rank_times = texts.rank_times;
  run.sweep.timeline = !texts.trace.empty();
  run.trace = texts.trace;
  run.skew = texts.skew;
  run.dump_scenario = texts.dump_scenario;
  if (!texts.jitter.empty()) {
    int64_t jitter = 0;
    UPF_RETURN_IF_ERROR(StoreInt("--jitter", texts.jitter, {.min = 1, .max = kJitterMax}, jitter));
    run.sweep.jitter = static_cast<int>(jitter);
  }
  return run;
}

absl::StatusOr<Command> ReadCompare(const Texts& texts) {
  if (!texts.faults.empty()) {
    return absl::InvalidArgumentError(
        "--faults: fabrics that are compared have different links; allowed: with run, of one "
        "fabric");
  }
  CompareCommand compare;
  for (const absl::string_view name : absl::StrSplit(texts.collective, ',')) {
    v1::Collective collective = v1::COLLECTIVE_UNSPECIFIED;
    UPF_RETURN_IF_ERROR(Store("COLLECTIVE", ParseCollective(name), collective));
    compare.collectives.push_back(collective);
  }
  compare.fabrics = texts.fabrics;
  if (compare.fabrics.size() < 2 || compare.fabrics.size() > kComparedMax) {
    return absl::InvalidArgumentError(absl::StrCat("--fabric: given ", compare.fabrics.size(),
                                                   " times; allowed: 2 to ", kComparedMax,
                                                   " fabrics to compare"));
  }
  UPF_ASSIGN_OR_RETURN(compare.sweep, ReadSweep(texts.sweep));
  if (compare.sweep.algorithm == "all") {
    return absl::InvalidArgumentError(
        "--algorithm: all: has rows that do not face each other; allowed with compare: auto, "
        "best, a name, a file");
  }
  UPF_ASSIGN_OR_RETURN(compare.format, ReadFormat(texts.format, {Format::kTable, Format::kJson}));
  compare.statistics = texts.statistics;
  return compare;
}

absl::StatusOr<Command> ReadInject(const Texts& texts) {
  InjectCommand inject{.connect = texts.connect, .faults = {}, .file = texts.faults};
  if (!inject.file.empty() && (!texts.fault.words.empty() || !texts.fault.at.empty())) {
    return absl::InvalidArgumentError("--file with FAULT or --at: allowed is one of them");
  }
  if (inject.file.empty()) {
    UPF_ASSIGN_OR_RETURN(*inject.faults.add_faults(), ParseFault(texts.fault));
  }
  return inject;
}

absl::StatusOr<Command> ReadCheck(const Texts& texts) {
  CheckCommand check{.file = texts.file, .ranks = {}};
  if (!texts.sweep.ranks.empty()) {
    int64_t ranks = 0;
    UPF_RETURN_IF_ERROR(StoreInt("-g", texts.sweep.ranks, {.min = 1, .max = kRanksMax}, ranks));
    check.ranks = static_cast<int>(ranks);
  }
  return check;
}

absl::StatusOr<Command> ReadExport(const Texts& texts) {
  v1::Collective collective = v1::COLLECTIVE_UNSPECIFIED;
  UPF_RETURN_IF_ERROR(Store("COLLECTIVE", ParseCollective(texts.collective), collective));
  SweepTexts sweep = texts.sweep;
  sweep.max = sweep.min;
  UPF_ASSIGN_OR_RETURN(const SweepOptions options, ReadSweep(sweep));
  ExportCommand command{WorkloadOf(options, collective, 1)};
  command.workload.set_in_place(texts.in_place);
  return command;
}

// The program's grammar. Requires: `texts` outlives it.
class Grammar {
 public:
  explicit Grammar(Texts& texts)
      : app_("Emulates scale-up accelerator fabrics; times are virtual.", "upfabric") {
    app_.require_subcommand(1);
    AddListings(texts);
    AddRuns(texts);
    validate_ = AddValidate(app_, texts.validation);
    calibrate_ = AddCalibrate(app_, texts.validation);
    AddControl(texts);
  }

  CLI::App& app() { return app_; }

  // CLI11 says only that a subcommand is missing; the word that was typed says more.
  absl::Status CheckCommand(const std::vector<std::string>& arguments) const {
    std::vector<std::string> known;
    for (const CLI::App* command : app_.get_subcommands([](const CLI::App*) { return true; })) {
      known.push_back(command->get_name());
    }
    if (arguments.empty() || absl::StartsWith(arguments.front(), "-") ||
        std::find(known.begin(), known.end(), arguments.front()) != known.end()) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", arguments.front(), "\" is not a command; allowed: ", absl::StrJoin(known, ", ")));
  }

  absl::StatusOr<Command> Read(const Texts& texts) const {
    if (presets_->parsed()) {
      UPF_ASSIGN_OR_RETURN(const Format format,
                           ReadFormat(texts.format, {Format::kTable, Format::kJson}));
      if (texts.sources && format != Format::kTable) {
        return absl::InvalidArgumentError(
            "--sources with --format json: is a table; allowed is one of the two");
      }
      return PresetsCommand{format, texts.sources};
    }
    if (show_->parsed()) {
      UPF_ASSIGN_OR_RETURN(
          const Format format,
          ReadFormat(texts.format, {Format::kTable, Format::kJson, Format::kDot, Format::kSvg}));
      return ShowCommand{texts.fabric, format};
    }
    if (run_->parsed()) {
      UPF_RETURN_IF_ERROR(CheckScenarioAlone(texts));
      UPF_RETURN_IF_ERROR(CheckMatrixAlone(*run_, texts.sweep));
      return ReadRun(texts);
    }
    if (compare_->parsed()) {
      UPF_RETURN_IF_ERROR(CheckMatrixAlone(*compare_, texts.sweep));
      return ReadCompare(texts);
    }
    if (algorithms_->parsed()) {
      AlgorithmsCommand algorithms;
      if (!texts.collective.empty()) {
        v1::Collective collective = v1::COLLECTIVE_UNSPECIFIED;
        UPF_RETURN_IF_ERROR(Store("COLLECTIVE", ParseCollective(texts.collective), collective));
        algorithms.collective = collective;
      }
      return algorithms;
    }
    if (check_->parsed()) {
      return ReadCheck(texts);
    }
    if (export_->parsed()) {
      return ReadExport(texts);
    }
    if (import_->parsed()) {
      return ImportCommand{texts.file, texts.base};
    }
    if (validate_->parsed()) {
      return ReadValidate(texts.validation);
    }
    if (calibrate_->parsed()) {
      return ReadCalibrate(texts.validation);
    }
    if (status_->parsed()) {
      return StatusCommand{texts.connect};
    }
    if (inject_->parsed()) {
      return ReadInject(texts);
    }
    return StopCommand{texts.connect, texts.run_id};
  }

 private:
  // A scenario says what the flags of a sweep say.
  absl::Status CheckScenarioAlone(const Texts& texts) const {
    constexpr absl::string_view kAllowed[] = {
        "scenario",   "fabric", "faults", "record-faults", "breakdown", "latency",
        "rank-times", "trace",  "stats",  "format",        "connect",   "dump-scenario"};
    for (const CLI::Option* option : run_->get_options()) {
      const bool allowed = !option->get_lnames().empty() &&
                           std::find(std::begin(kAllowed), std::end(kAllowed),
                                     option->get_lnames().front()) != std::end(kAllowed);
      if (!texts.scenario.empty() && option->count() > 0 && !allowed) {
        return absl::InvalidArgumentError(absl::StrCat(
            "--scenario with ", option->get_name(),
            ": the file says what to run; allowed with it: --", absl::StrJoin(kAllowed, ", --")));
      }
    }
    return absl::OkStatus();
  }

  // So does a matrix of sizes.
  static absl::Status CheckMatrixAlone(const CLI::App& app, const SweepTexts& texts) {
    for (const char* flag : {"-b", "-e", "-i", "-f"}) {
      if (!texts.matrix.empty() && app.get_option(flag)->count() > 0) {
        return absl::InvalidArgumentError(absl::StrCat(
            "--matrix with ", flag, ": the file says the sizes; allowed is one of them"));
      }
    }
    return absl::OkStatus();
  }

  void AddListings(Texts& texts) {
    presets_ = app_.add_subcommand("presets", "list the fabrics that come with the program");
    presets_->add_option("--format", texts.format, "table or json")->capture_default_str();
    presets_->add_flag("--sources", texts.sources, "what the figures of each rest on");
    show_ = app_.add_subcommand("show", "every figure of a fabric with source and confidence");
    show_->add_option("FABRIC", texts.fabric, "a preset or a file")->required();
    show_->add_option("--format", texts.format, "table, json, dot or svg")->capture_default_str();
    algorithms_ = app_.add_subcommand("algorithms", "list the collective algorithms");
    algorithms_->add_option("COLLECTIVE", texts.collective, "only of this collective");
    check_ = app_.add_subcommand("check", "prove an algorithm from a file, without running it");
    check_->add_option("FILE", texts.file, "MSCCL XML")->required();
    check_->add_option("-g,--ranks", texts.sweep.ranks, "ranks that it has to be for");
    export_ = app_.add_subcommand("export", "print an algorithm as MSCCL XML");
    export_->add_option("COLLECTIVE", texts.collective, "which collective")->required();
    export_->add_option("--algorithm", texts.sweep.algorithm, "a name of `upfabric algorithms`")
        ->required();
    export_->add_option("-g,--ranks", texts.sweep.ranks, "for so many ranks")->required();
    export_->add_option("-b,--bytes", texts.sweep.min, "for this size (32M)");
    export_->add_flag("--in-place", texts.in_place, "input and output share their buffer");
    import_ = app_.add_subcommand("import", "print a machine's own topology listing as a fabric");
    import_->add_option("FILE", texts.file, "NCCL's topology XML, or of nvidia-smi topo -m")
        ->required();
    import_->add_option("--base", texts.base, "fabric for what it does not say (by the chip)");
  }

  void AddRuns(Texts& texts) {
    run_ = app_.add_subcommand("run", "run one collective: isolated operations, virtual times");
    run_->add_option(
        "COLLECTIVE", texts.collective,
        "all_reduce, all_gather, reduce_scatter, all_to_all, broadcast, reduce, gather, "
        "scatter, sendrecv or barrier");
    run_->add_option("--fabric", texts.fabric, "a preset or a file");
    AddSweepFlags(run_, texts.sweep);
    run_->add_option("--faults", texts.faults, "file of what goes wrong when; see docs/faults.md");
    run_->add_option("--record-faults", texts.record_faults,
                     "write what went wrong, injected faults too, as a file for --faults");
    run_->add_flag("--breakdown", texts.breakdown,
                   "why each row took as long as it did: the chain that ended last, by cause");
    run_->add_flag("--latency", texts.latency, "median, p99 and maximum of the messages' latency");
    run_->add_flag("--rank-times", texts.rank_times, "when each rank started and finished");
    run_->add_option("--trace", texts.trace,
                     "write when instructions ran, as a Chrome trace in JSON");
    run_->add_flag("--stats", texts.statistics, "wall-clock figures on stderr");
    run_->add_option("--jitter", texts.jitter,
                     "repeat each row so many times, ranks starting late by less than a packet's "
                     "time, and report the spread");
    run_->add_option("--skew", texts.skew,
                     "late starts: random:10us, linear:10us, or 3=10us,5=2us for these ranks");
    run_->add_option("--scenario", texts.scenario,
                     "a file that says what to run, in place of COLLECTIVE and its flags");
    run_->add_flag("--dump-scenario", texts.dump_scenario,
                   "write what would run as a file for --scenario, and do not run it");
    run_->add_option("--format", texts.format, "table, csv or json")->capture_default_str();
    run_->add_option("--connect", texts.connect, "run on the daemons at HOST:PORT");

    compare_ = app_.add_subcommand("compare",
                                   "the same sweeps on several fabrics, and why they "
                                   "differ");
    compare_->add_option("COLLECTIVE", texts.collective, "one or more, separated by commas")
        ->required();
    compare_->add_option("--fabric", texts.fabrics, "a preset or a file; give it twice or more")
        ->take_all();
    AddSweepFlags(compare_, texts.sweep);
    compare_->add_option("--faults", texts.faults)->group("");  // to say why not
    compare_->add_flag("--stats", texts.statistics, "wall-clock figures on stderr");
    compare_->add_option("--format", texts.format, "table or json")->capture_default_str();
  }

  void AddControl(Texts& texts) {
    status_ = app_.add_subcommand("status", "what running daemons are and do");
    status_->add_option("--connect", texts.connect, "HOST:PORT of a daemon")->required();
    AddInject(texts);
    stop_ = app_.add_subcommand("stop", "stop the daemons, or one run");
    stop_->add_option("--connect", texts.connect, "HOST:PORT of a daemon")->required();
    stop_->add_option("--run", texts.run_id, "only the run of this id");
  }

  void AddInject(Texts& texts) {
    FaultWords& fault = texts.fault;
    inject_ = app_.add_subcommand("inject", "break or mend a part of the daemons' fabric, now");
    inject_->footer("It stands until the reverse is injected. FAULT is one of:\n" + FaultUsage());
    inject_->add_option("FAULT", fault.words, "what happens to which part");
    inject_->add_option("--connect", texts.connect, "HOST:PORT of a daemon")->required();
    inject_->add_option("--at", fault.at, "virtual time in the row that runs, as 12us (now)");
    inject_->add_option("--file", texts.faults, "faults from a file instead; see docs/faults.md");
    inject_->add_option("--down", fault.down, "flap: how long it is down each time");
    inject_->add_option("--period", fault.period, "flap: from one going down to the next");
    inject_->add_option("--times", fault.times, "flap: how often");
    inject_->add_option("--injection", fault.injection, "slow: factor of the injection time");
    inject_->add_option("--memory", fault.memory, "slow: factor of local operations");
    inject_->add_option("--space", fault.space, "leak: buffer space whose credits are lost");
    inject_->add_option("--vc", fault.vc, "leak: virtual channel (0)");
    inject_->add_flag("--from-switch", fault.from_switch,
                      "leak: of the channel from the switch, not the one to it");
  }

  CLI::App app_;
  CLI::App* inject_ = nullptr;
  CLI::App* presets_ = nullptr;
  CLI::App* show_ = nullptr;
  CLI::App* run_ = nullptr;
  CLI::App* compare_ = nullptr;
  CLI::App* algorithms_ = nullptr;
  CLI::App* check_ = nullptr;
  CLI::App* export_ = nullptr;
  CLI::App* import_ = nullptr;
  CLI::App* status_ = nullptr;
  CLI::App* stop_ = nullptr;
  CLI::App* validate_ = nullptr;
  CLI::App* calibrate_ = nullptr;
};

}  // namespace

absl::StatusOr<Command> ParseCommandLine(const std::vector<std::string>& arguments) {
  try {
    Texts texts;
    Grammar grammar(texts);
    UPF_RETURN_IF_ERROR(grammar.CheckCommand(arguments));
    try {
      // CLI11 takes them from the back.
      grammar.app().parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
      return HelpCommand{grammar.app().help()};
    }
    return grammar.Read(texts);
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(absl::StrReplaceAll(error.what(), {{"\n", " "}}),
                                                   "; allowed: see upfabric --help"));
  }
}

}  // namespace upfabric::daemon::cli
