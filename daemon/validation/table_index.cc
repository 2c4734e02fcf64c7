#include "daemon/validation/table_index.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

using Cells = std::map<std::string, std::string, std::less<>>;

absl::Status ErrorAt(const std::string& file, size_t line, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(file, ":", line, ": ", message));
}

absl::StatusOr<int> Count(const std::string& file, size_t line, const Cells& cells,
                          const std::string& name) {
  int value = 0;
  const auto it = cells.find(name);
  if (it == cells.end() || !absl::SimpleAtoi(it->second, &value) || value < 1) {
    return ErrorAt(file, line,
                   absl::StrCat(name, " is \"", it == cells.end() ? "" : it->second,
                                "\"; a whole number from 1 up is wanted"));
  }
  return value;
}

absl::StatusOr<TableUse> UseOf(const std::string& file, size_t line, const Cells& cells) {
  const auto text = [&cells](const char* name) {
    const auto it = cells.find(name);
    return it == cells.end() ? std::string() : it->second;
  };
  TableUse use = {.file = text("file"),
                  .fabric = text("preset"),
                  .collective = text("collective"),
                  .scope = text("scope"),
                  .network = text("network"),
                  .software = text("stack"),
                  .version = text("version"),
                  .launch = text("launch"),
                  .algorithm = text("algorithm")};
  UPF_ASSIGN_OR_RETURN(use.ranks, Count(file, line, cells, "ranks"));
  UPF_ASSIGN_OR_RETURN(use.domains, Count(file, line, cells, "domains"));
  if (use.file.empty() || use.fabric.empty() || use.collective.empty() || use.software.empty()) {
    return ErrorAt(file, line, "has no file, preset, collective or stack; all four are wanted");
  }
  if (use.ranks % use.domains != 0) {
    return ErrorAt(file, line,
                   absl::StrCat(use.ranks, " ranks in ", use.domains,
                                " domains; a whole number in each is wanted"));
  }
  return use;
}

}  // namespace

absl::StatusOr<std::vector<TableUse>> ParseTableIndex(const std::string& file,
                                                      const std::string& text) {
  std::vector<TableUse> uses;
  std::vector<std::string> columns;
  size_t number = 0;
  for (const absl::string_view raw : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    if (line.empty() || line.front() == '#') {
      continue;
    }
    const std::vector<std::string> words = absl::StrSplit(line, ',');
    if (columns.empty()) {
      columns = words;
      if (std::find(columns.begin(), columns.end(), "file") == columns.end() ||
          std::find(columns.begin(), columns.end(), "preset") == columns.end()) {
        return ErrorAt(file, number,
                       "is no header of an index; file,preset,collective,... is wanted");
      }
      continue;
    }
    Cells cells;
    for (size_t c = 0; c < columns.size() && c < words.size(); ++c) {
      cells[columns[c]] = std::string(absl::StripAsciiWhitespace(words[c]));
    }
    UPF_ASSIGN_OR_RETURN(TableUse use, UseOf(file, number, cells));
    uses.push_back(std::move(use));
  }
  return uses;
}

}  // namespace upfabric::daemon
