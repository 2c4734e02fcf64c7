#include "daemon/cli/topology_import.h"

#include <filesystem>
#include <ostream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "daemon/config/loader.h"
#include "daemon/topology/system_topology.h"
#include "fabric/base/status.h"

namespace upfabric::daemon::cli {
namespace {

constexpr size_t kFileBytesMax = size_t{16} << 20;  // chosen: above any machine's listing

// The file's name in the letters that an id may have.
std::string IdOf(const std::string& file) {
  std::string id = std::filesystem::path(file).stem().string();
  for (char& letter : id) {
    letter =
        absl::ascii_isalnum(static_cast<unsigned char>(letter)) ? absl::ascii_tolower(letter) : '-';
  }
  const size_t first = id.find_first_not_of('-');
  return first == std::string::npos ? "imported" : id.substr(first);
}

// An error in a line of the file names the file as well.
absl::Status InFile(const std::string& file, const absl::Status& status) {
  const bool has_line = !status.message().empty() && absl::ascii_isdigit(status.message()[0]);
  return has_line ? absl::Status(status.code(), absl::StrCat(file, ":", status.message())) : status;
}

}  // namespace

absl::Status ImportTopology(const ImportCommand& command, const Console& console) {
  UPF_ASSIGN_OR_RETURN(const std::string text, ReadFile(command.file, kFileBytesMax));
  const absl::StatusOr<SystemTopology> system = ReadTopology(text);
  UPF_RETURN_IF_ERROR(InFile(command.file, system.status()));
  const absl::StatusOr<ImportedFabric> imported =
      FabricOf(*system, command.base, IdOf(command.file));
  UPF_RETURN_IF_ERROR(InFile(command.file, imported.status()));
  console.out << FabricFileText(*imported, command.file);
  return absl::OkStatus();
}

}  // namespace upfabric::daemon::cli
