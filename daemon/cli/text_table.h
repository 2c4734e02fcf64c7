// A table of text in aligned columns, two blanks apart, without trailing blanks.

#ifndef UPFABRIC_DAEMON_CLI_TEXT_TABLE_H_
#define UPFABRIC_DAEMON_CLI_TEXT_TABLE_H_

#include <string>
#include <utility>
#include <vector>

namespace upfabric::daemon::cli {

class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Requires: as many cells as columns.
  void AddRow(std::vector<std::string> cells);

  // Titles and rows, each line after `indent`.
  std::string Render(const std::string& indent = "") const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_TEXT_TABLE_H_
