#include "daemon/cli/validation_commands.h"

#include <fstream>
#include <iostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "daemon/cli/validation_report.h"
#include "daemon/config/yaml_writer.h"
#include "daemon/validation/calibration.h"
#include "daemon/validation/table_set.h"
#include "daemon/validation/validation.h"
#include "fabric/base/status.h"

namespace upfabric::daemon::cli {
namespace {

TableSources SourcesOf(const std::vector<std::string>& tables, const TableFlags& flags) {
  return {.tables = tables,
          .index = flags.index,
          .given = {.fabric = flags.fabric,
                    .collective = flags.collective,
                    .ranks = flags.ranks,
                    .domains = flags.domains,
                    .network = flags.network,
                    .software = flags.software,
                    .version = flags.version,
                    .launch = flags.launch,
                    .algorithm = flags.algorithm}};
}

absl::Status WriteFile(const std::string& flag, const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return file ? absl::OkStatus()
              : absl::InvalidArgumentError(absl::StrCat(flag, ": cannot write ", path,
                                                        "; allowed: a file in a folder of "
                                                        "yours"));
}

}  // namespace

absl::Status Validate(const ValidateCommand& command, const Console& console) {
  UPF_ASSIGN_OR_RETURN(const std::vector<UsedTable> used,
                       CollectTables(SourcesOf(command.tables, command.flags), std::cin));
  Models models;
  if (!command.flags.software.empty()) {
    UPF_RETURN_IF_ERROR(models.SoftwareNamed(command.flags.software).status());
  }
  std::vector<ValidatedTable> tables;
  for (const UsedTable& table : used) {
    UPF_ASSIGN_OR_RETURN(ValidatedTable validated, models.Validate(table.use, table.table));
    tables.push_back(std::move(validated));
  }
  if (!command.report.empty()) {
    UPF_RETURN_IF_ERROR(WriteFile("--report", command.report, ValidationHtml(tables)));
  }
  console.out << (command.json ? ValidationJson(tables) : ValidationText(tables));
  return absl::OkStatus();
}

absl::Status CalibrateProfile(const CalibrateCommand& command, const Console& console) {
  UPF_ASSIGN_OR_RETURN(const std::vector<UsedTable> used,
                       CollectTables(SourcesOf(command.tables, command.flags), std::cin));
  const auto progress = [&console](const std::string& what) {
    if (console.err_is_terminal) {
      console.err << "fitting " << what << '\n';
    }
  };
  UPF_ASSIGN_OR_RETURN(FittedProfile fitted, Calibrate(command.software, used, progress));
  v1::Calibration& calibration = *fitted.profile.mutable_calibration();
  calibration.set_date(absl::FormatTime("%Y-%m-%d", absl::Now(), absl::UTCTimeZone()));
  calibration.set_version(UPF_VERSION);
  UPF_RETURN_IF_ERROR(WriteFile("-o", command.output, WriteYaml(fitted.profile)));
  console.out << CalibrationText(fitted);
  return absl::OkStatus();
}

}  // namespace upfabric::daemon::cli
