#include "daemon/validation/table_set.h"

#include <filesystem>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/config/loader.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::vector<TableUse>> ReadIndex(const std::string& path) {
  UPF_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kTableBytesMax));
  return ParseTableIndex(path, text);
}

void Prefer(const std::string& given, std::string& value) { value = given.empty() ? value : given; }

// What flags and the table add to what the index says, if it says anything.
absl::StatusOr<UsedTable> Join(const TableUse& given, TableUse use, MeasuredTable table) {
  Prefer(given.fabric, use.fabric);
  Prefer(given.collective, use.collective);
  Prefer(given.network, use.network);
  Prefer(given.software, use.software);
  Prefer(given.version, use.version);
  Prefer(given.launch, use.launch);
  Prefer(given.algorithm, use.algorithm);
  use.ranks = given.ranks != 0 ? given.ranks : use.ranks;
  use.domains = given.domains != 0 ? given.domains : std::max(use.domains, 1);
  if (use.collective.empty()) {
    use.collective = table.collective;
  }
  if (use.ranks == 0) {
    use.ranks = table.ranks;
  }
  if (use.version.empty()) {
    use.version = table.version;
  }
  if (use.launch.empty()) {
    use.launch = table.single_process ? "single_process" : "unknown";
  }
  if (use.software.empty()) {
    use.software = "nccl";
  }
  if (use.scope.empty()) {
    use.scope = use.domains > 1 ? "scale_out" : "domain";
  }
  use.file = fs::path(table.file).filename().string();
  const auto missing = [&table](const char* what, const char* flag) {
    return absl::InvalidArgumentError(
        absl::StrCat(table.file, ": ", what, " is not known; give it with ", flag, " or an index"));
  };
  if (use.fabric.empty()) {
    return missing("its fabric", "--fabric");
  }
  if (use.collective.empty()) {
    return missing("its collective", "--collective");
  }
  if (use.ranks == 0) {
    return missing("the number of its ranks", "-g");
  }
  if (use.domains > 1 && use.network.empty()) {
    return missing("the network between its domains", "--network");
  }
  return UsedTable{std::move(use), std::move(table)};
}

class Collector {
 public:
  Collector(const TableSources& sources, std::istream& input) : sources_(sources), input_(input) {}

  absl::Status Add(const std::string& name) {
    if (name == "-") {
      const std::string text{std::istreambuf_iterator<char>(input_), {}};
      UPF_ASSIGN_OR_RETURN(MeasuredTable table, ParseMeasuredTable("standard input", text));
      return AddTable({}, std::move(table));
    }
    std::error_code ignored;
    if (fs::is_directory(name, ignored)) {
      const std::string index =
          sources_.index.empty() ? (fs::path(name) / "index.csv").string() : sources_.index;
      UPF_ASSIGN_OR_RETURN(const std::vector<TableUse> uses, ReadIndex(index));
      for (const TableUse& use : uses) {
        UPF_RETURN_IF_ERROR(AddFile((fs::path(name) / use.file).string(), use));
      }
      return uses.empty() ? absl::InvalidArgumentError(absl::StrCat(index, ": lists no table"))
                          : absl::OkStatus();
    }
    UPF_ASSIGN_OR_RETURN(const TableUse use, IndexedUse(name));
    return AddFile(name, use);
  }

  std::vector<UsedTable> Take() { return std::move(tables_); }

 private:
  // What an index says of a single file; nothing if there is none or it does not name the file.
  absl::StatusOr<TableUse> IndexedUse(const std::string& path) {
    std::string index = sources_.index;
    if (index.empty()) {
      index = (fs::path(path).parent_path() / "index.csv").string();
      std::error_code ignored;
      if (!fs::exists(index, ignored)) {
        return TableUse{.domains = 0};
      }
    }
    auto it = indexes_.find(index);
    if (it == indexes_.end()) {
      UPF_ASSIGN_OR_RETURN(std::vector<TableUse> uses, ReadIndex(index));
      it = indexes_.emplace(index, std::move(uses)).first;
    }
    for (const TableUse& use : it->second) {
      if (use.file == fs::path(path).filename().string()) {
        return use;
      }
    }
    return TableUse{.domains = 0};
  }

  absl::Status AddFile(const std::string& path, const TableUse& use) {
    UPF_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kTableBytesMax));
    UPF_ASSIGN_OR_RETURN(MeasuredTable table, ParseMeasuredTable(path, text));
    return AddTable(use, std::move(table));
  }

  absl::Status AddTable(const TableUse& use, MeasuredTable table) {
    UPF_ASSIGN_OR_RETURN(UsedTable used, Join(sources_.given, use, std::move(table)));
    tables_.push_back(std::move(used));
    return absl::OkStatus();
  }

  const TableSources& sources_;
  std::istream& input_;
  std::map<std::string, std::vector<TableUse>> indexes_;
  std::vector<UsedTable> tables_;
};

}  // namespace

absl::StatusOr<std::vector<UsedTable>> CollectTables(const TableSources& sources,
                                                     std::istream& input) {
  Collector collector(sources, input);
  for (const std::string& name : sources.tables) {
    UPF_RETURN_IF_ERROR(collector.Add(name));
  }
  return collector.Take();
}

}  // namespace upfabric::daemon
