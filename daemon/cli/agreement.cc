#include "daemon/cli/agreement.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "daemon/exit_codes.h"
#include "fabric/base/status.h"

namespace upfabric::daemon::cli {

absl::Status AgreeOn(const absl::Status& mine, ProcessGroup& group) {
  if (group.size() == 1) {
    return mine;
  }
  // "EXIT_CODE MESSAGE", or nothing.
  const std::string said = mine.ok() ? "" : absl::StrCat(ExitCodeOf(mine), " ", mine.message());
  UPF_ASSIGN_OR_RETURN(const std::vector<std::string> all, group.AllGather(said));
  for (const std::string& other : all) {
    if (other.empty()) {
      continue;
    }
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(other, absl::MaxSplits(' ', 1));
    int code = kExitBrokenInvariant;
    if (!absl::SimpleAtoi(parts.first, &code) || code == kExitDone) {
      return absl::InternalError(absl::StrCat("another process said: ", other));
    }
    return StatusOfExitCode(code, parts.second);
  }
  return absl::OkStatus();
}

}  // namespace upfabric::daemon::cli
