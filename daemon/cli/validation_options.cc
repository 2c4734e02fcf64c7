#include "daemon/cli/validation_options.h"

#include "absl/strings/str_cat.h"
#include "daemon/cli/names.h"
#include "daemon/cli/sizes.h"
#include "daemon/config/software.h"
#include "fabric/base/status.h"

namespace upfabric::daemon::cli {
namespace {

constexpr int64_t kRanksMax = 1'000'000;

void AddTableFlags(CLI::App* app, ValidationTexts& texts) {
  app->add_option("--index", texts.flags.index,
                  "file that says what each table is (index.csv beside it)");
  app->add_option("--fabric", texts.flags.fabric, "a preset or a file, instead of the index's");
  app->add_option("--network", texts.flags.network,
                  "between domains: ib-ndr-8x400 is 8 adapters of 400 Gb/s in each");
  app->add_option("--launch", texts.flags.launch,
                  "process_per_gpu, threads, single_process, graph or unknown");
  app->add_option("--collective", texts.flags.collective, "where a table does not say");
  app->add_option("--algorithm", texts.flags.algorithm,
                  "auto, ring, tree, nvls or a kernel's name");
  app->add_option("--library-version", texts.flags.version, "version of the library: 2.29");
  app->add_option("-g,--ranks", texts.ranks, "where a table does not say");
  app->add_option("--domains", texts.domains, "fabrics that a network joins (1)");
}

absl::Status ReadCount(const char* flag, const std::string& text, int& out) {
  if (text.empty()) {
    return absl::OkStatus();
  }
  const absl::StatusOr<int64_t> number = ParseWholeNumber(text, {.min = 1, .max = kRanksMax});
  if (!number.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(flag, ": ", number.status().message()));
  }
  out = static_cast<int>(*number);
  return absl::OkStatus();
}

absl::StatusOr<TableFlags> ReadFlags(const ValidationTexts& texts) {
  TableFlags flags = texts.flags;
  UPF_RETURN_IF_ERROR(ReadCount("-g", texts.ranks, flags.ranks));
  UPF_RETURN_IF_ERROR(ReadCount("--domains", texts.domains, flags.domains));
  UPF_RETURN_IF_ERROR(ParseLaunch(flags.launch).status());
  return flags;
}

}  // namespace

CLI::App* AddValidate(CLI::App& app, ValidationTexts& texts) {
  CLI::App* validate = app.add_subcommand("validate", "measured tables against the model");
  validate
      ->add_option("TABLE", texts.tables,
                   "CSV, or what nccl-tests prints or writes; a folder with an index; - is "
                   "standard input")
      ->required();
  AddTableFlags(validate, texts);
  validate->add_option("--software", texts.flags.software, "a profile or a file (nccl)");
  validate->add_option("--format", texts.format, "table or json")->capture_default_str();
  validate->add_option("--report", texts.report, "write plots to this file of HTML");
  return validate;
}

CLI::App* AddCalibrate(CLI::App& app, ValidationTexts& texts) {
  CLI::App* calibrate =
      app.add_subcommand("calibrate", "fit a software profile to measured tables");
  calibrate->add_option("TABLE", texts.tables, "as of validate")->required();
  AddTableFlags(calibrate, texts);
  calibrate->add_option("--software", texts.flags.software, "the profile to fit, or a file of one")
      ->required();
  calibrate->add_option("-o,--output", texts.output, "write the fitted profile to this file")
      ->required();
  return calibrate;
}

absl::StatusOr<ValidateCommand> ReadValidate(const ValidationTexts& texts) {
  ValidateCommand command;
  command.tables = texts.tables;
  command.report = texts.report;
  UPF_ASSIGN_OR_RETURN(command.flags, ReadFlags(texts));
  if (texts.format != "table" && texts.format != "json") {
    return absl::InvalidArgumentError(
        absl::StrCat("--format: \"", texts.format, "\" is not a format; allowed: table, json"));
  }
  command.json = texts.format == "json";
  return command;
}

absl::StatusOr<CalibrateCommand> ReadCalibrate(const ValidationTexts& texts) {
  CalibrateCommand command;
  command.tables = texts.tables;
  command.output = texts.output;
  UPF_ASSIGN_OR_RETURN(command.flags, ReadFlags(texts));
  command.software = command.flags.software;
  command.flags.software.clear();  // a table's own software stays
  return command;
}

}  // namespace upfabric::daemon::cli
