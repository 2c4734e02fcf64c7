#include "daemon/cli/text_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "fabric/base/check.h"

namespace upfabric::daemon::cli {

void TextTable::AddRow(std::vector<std::string> cells) {
  UPF_CHECK(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::Render(const std::string& indent) const {
  std::vector<size_t> widths;
  std::vector<std::string> titles;
  for (size_t i = 0; i < columns_.size(); ++i) {
    titles.push_back(columns_[i].title);
    widths.push_back(columns_[i].title.size());
    for (const std::vector<std::string>& row : rows_) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  const auto append = [&](const std::vector<std::string>& cells) {
    std::string line = indent;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths[i] - cells[i].size(), ' ');
      const bool right = columns_[i].align == Align::kRight;
      absl::StrAppend(&line, i == 0 ? "" : "  ", right ? padding : "", cells[i],
                      right ? "" : padding);
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&text, line, "\n");
  };
  append(titles);
  for (const std::vector<std::string>& row : rows_) {
    append(row);
  }
  return text;
}

}  // namespace upfabric::daemon::cli
