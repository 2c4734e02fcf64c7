#include "daemon/cli/validation_report.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "daemon/cli/json_writer.h"
#include "daemon/cli/sizes.h"
#include "daemon/cli/text_table.h"

namespace upfabric::daemon::cli {
namespace {

using Align = TextTable::Align;

ErrorSummary ErrorsOf(const ValidatedTable& table) {
  ErrorSum sum;
  sum.Add(table);
  return sum.Summary();
}

std::string PercentText(int rows, double percent) {
  return rows == 0 ? "-" : absl::StrFormat("%.1f", percent);
}

std::vector<std::string> ErrorCells(const ErrorSummary& errors) {
  return {absl::StrCat(errors.rows), PercentText(errors.rows_small, errors.small),
          PercentText(errors.rows_large, errors.large), PercentText(errors.rows, errors.all)};
}

void AppendCells(const ErrorSummary& errors, std::vector<std::string>& cells) {
  for (std::string& cell : ErrorCells(errors)) {
    cells.push_back(std::move(cell));
  }
}

std::string WhatText(const ValidatedTable& table) {
  return absl::StrCat(table.use.collective, " ", table.use.ranks,
                      table.use.domains > 1 ? absl::StrCat("/", table.use.domains) : "");
}

std::string TablesText(std::vector<const ValidatedTable*> tables) {
  std::stable_sort(tables.begin(), tables.end(),
                   [](const ValidatedTable* a, const ValidatedTable* b) {
                     return ErrorsOf(*a).all > ErrorsOf(*b).all;
                   });
  TextTable text({{"table"},
                  {"fabric"},
                  {"collective ranks"},
                  {"software"},
                  {"launch"},
                  {"rows", Align::kRight},
                  {"<64K %", Align::kRight},
                  {">=64K %", Align::kRight},
                  {"all %", Align::kRight}});
  for (const ValidatedTable* table : tables) {
    std::vector<std::string> cells = {
        table->use.file,
        absl::StrCat(table->use.fabric, table->transferred ? " (transferred)" : ""),
        WhatText(*table), table->use.software, table->use.launch};
    AppendCells(ErrorsOf(*table), cells);
    text.AddRow(std::move(cells));
  }
  return text.Render();
}

std::string FamiliesText(const ValidationSummary& summary) {
  TextTable text({{"of"},
                  {"rows", Align::kRight},
                  {"<64K %", Align::kRight},
                  {">=64K %", Align::kRight},
                  {"all %", Align::kRight}});
  const auto add = [&text](const std::string& name, const ErrorSummary& errors) {
    std::vector<std::string> cells = {name};
    AppendCells(errors, cells);
    text.AddRow(std::move(cells));
  };
  for (const auto& [family, errors] : summary.families) {
    add(family, errors);
  }
  for (const auto& [scope, errors] : summary.scopes) {
    add(scope, errors);
  }
  add("overall", summary.overall);
  return text.Render();
}

struct NamedRow {
  const ValidatedTable* table;
  const ValidatedRow* row;
};

std::string RowsText(const std::vector<NamedRow>& rows, bool with_table) {
  std::vector<TextTable::Column> columns = {{"bytes", Align::kRight},
                                            {"measured us", Align::kRight},
                                            {"modelled us", Align::kRight},
                                            {"ratio", Align::kRight},
                                            {"algorithm"}};
  if (with_table) {
    columns.push_back({"table"});
  }
  TextTable text(columns);
  for (const NamedRow& named : rows) {
    const ValidatedRow& row = *named.row;
    std::vector<std::string> cells = {
        absl::StrCat(row.bytes), absl::StrFormat("%.2f", row.measured_us),
        absl::StrFormat("%.2f", row.modelled_us), absl::StrFormat("%.3f", row.ratio()),
        absl::StrCat(row.algorithm, row.protocol.empty() ? "" : " ", row.protocol)};
    if (with_table) {
      cells.push_back(named.table->use.file);
    }
    text.AddRow(std::move(cells));
  }
  return text.Render();
}

void WriteErrors(const ErrorSummary& errors, JsonWriter& json) {
  const auto number = [&json](const char* key, int rows, double percent) {
    json.Key(key);
    rows == 0 ? json.Null() : json.Raw(absl::StrFormat("%.3f", percent));
  };
  json.BeginObject().Key("rows").Int(errors.rows);
  number("error_percent", errors.rows, errors.all);
  number("error_below_64K_percent", errors.rows_small, errors.small);
  number("error_from_64K_percent", errors.rows_large, errors.large);
  json.EndObject();
}

void WriteTable(const ValidatedTable& table, JsonWriter& json) {
  json.BeginObject();
  json.Key("file").String(table.use.file);
  json.Key("preset").String(table.use.fabric);
  json.Key("family").String(table.family);
  json.Key("scope").String(table.use.scope);
  json.Key("collective").String(table.use.collective);
  json.Key("ranks").Int(table.use.ranks);
  json.Key("domains").Int(table.use.domains);
  json.Key("software").String(table.use.software);
  json.Key("network").String(table.use.network);
  json.Key("launch").String(table.use.launch);
  json.Key("transferred").Raw(table.transferred ? "true" : "false");
  json.Key("error");
  WriteErrors(ErrorsOf(table), json);
  json.Key("rows").BeginArray(/*lines=*/true);
  for (const ValidatedRow& row : table.rows) {
    json.BeginObject();
    json.Key("bytes").Int(row.bytes);
    json.Key("measured_us").Raw(absl::StrFormat("%.6g", row.measured_us));
    json.Key("modelled_us").Raw(absl::StrFormat("%.6g", row.modelled_us));
    json.Key("tuner_us").Raw(row.tuner_us == 0 ? "null" : absl::StrFormat("%.6g", row.tuner_us));
    json.Key("algorithm").String(row.algorithm);
    json.Key("protocol").String(row.protocol);
    json.EndObject();
  }
  json.EndArray().EndObject();
}

}  // namespace

ValidationSummary Summarize(const std::vector<ValidatedTable>& tables) {
  ErrorSum overall;
  std::map<std::string, ErrorSum> families;
  std::map<std::string, ErrorSum> scopes;
  for (const ValidatedTable& table : tables) {
    overall.Add(table);
    families[table.family].Add(table);
    scopes[table.use.scope == "domain" ? "one domain" : "several domains"].Add(table);
  }
  ValidationSummary summary = {.overall = overall.Summary(), .families = {}, .scopes = {}};
  for (const auto& [family, sum] : families) {
    summary.families[family] = sum.Summary();
  }
  for (const auto& [scope, sum] : scopes) {
    summary.scopes[scope] = sum.Summary();
  }
  return summary;
}

std::string ValidationText(const std::vector<ValidatedTable>& tables) {
  std::vector<const ValidatedTable*> all;
  std::vector<NamedRow> rows;
  for (const ValidatedTable& table : tables) {
    all.push_back(&table);
    for (const ValidatedRow& row : table.rows) {
      rows.push_back({&table, &row});
    }
  }
  std::string text = "# error: geometric mean of modelled over measured, either way, less 1\n";
  if (tables.size() > 1) {
    constexpr size_t kWorst = 20;
    std::stable_sort(rows.begin(), rows.end(), [](const NamedRow& a, const NamedRow& b) {
      return std::abs(std::log(a.row->ratio())) > std::abs(std::log(b.row->ratio()));
    });
    rows.resize(std::min(rows.size(), kWorst));
  }
  absl::StrAppend(&text, TablesText(all), "\n");
  if (tables.size() > 1) {
    absl::StrAppend(&text, FamiliesText(Summarize(tables)), "\nworst rows\n");
  }
  absl::StrAppend(&text, RowsText(rows, tables.size() > 1));
  return text;
}

std::string ValidationJson(const std::vector<ValidatedTable>& tables) {
  const ValidationSummary summary = Summarize(tables);
  JsonWriter json;
  json.BeginObject(/*lines=*/true).Key("tables").BeginArray(/*lines=*/true);
  for (const ValidatedTable& table : tables) {
    WriteTable(table, json);
  }
  json.EndArray().Key("families").BeginObject(/*lines=*/true);
  for (const auto& [family, errors] : summary.families) {
    json.Key(family);
    WriteErrors(errors, json);
  }
  json.EndObject().Key("scopes").BeginObject(/*lines=*/true);
  for (const auto& [scope, errors] : summary.scopes) {
    json.Key(scope);
    WriteErrors(errors, json);
  }
  json.EndObject().Key("overall");
  WriteErrors(summary.overall, json);
  json.EndObject();
  return json.text() + "\n";
}

std::string CalibrationText(const FittedProfile& fitted) {
  TextTable parts({{"part"},
                   {"rows", Align::kRight},
                   {"fitted %", Align::kRight},
                   {"held out %", Align::kRight}});
  for (const FittedPart& part : fitted.parts) {
    parts.AddRow({part.name, absl::StrCat(part.errors.rows),
                  PercentText(part.errors.rows, part.errors.all),
                  PercentText(part.held_out_errors.rows, part.held_out_errors.all)});
  }
  TextTable sources({{"held out"}, {"part"}, {"rows", Align::kRight}, {"error %", Align::kRight}});
  for (const HeldOut& held_out : fitted.held_out) {
    sources.AddRow({held_out.source, held_out.part, absl::StrCat(held_out.errors.rows),
                    PercentText(held_out.errors.rows, held_out.errors.all)});
  }
  return absl::StrCat(parts.Render(), "\n", sources.Render());
}

}  // namespace upfabric::daemon::cli
