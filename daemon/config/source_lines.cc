#include "daemon/config/source_lines.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "fabric/config/field_error.h"

namespace upfabric::daemon {
namespace {

// One printable line of bounded length, whatever text of the file got into a message.
std::string OneLine(std::string text) {
  constexpr size_t kLengthMax = 600;
  if (text.size() > kLengthMax) {
    text.resize(kLengthMax);
    text += "...";
  }
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }, ' ');
  return text;
}

}  // namespace

SourceLines::SourceLines(const std::string& file) : file_(OneLine(file)) {}

int SourceLines::LineOf(std::string path) const {
  while (true) {
    const auto found = lines_.find(path);
    if (found != lines_.end()) {
      return found->second;
    }
    if (path.empty()) {
      return 1;
    }
    const size_t end = path.find_last_of(".[");
    path.resize(end == std::string::npos ? 0 : end);
  }
}

absl::Status SourceLines::Error(const std::string& path, const std::string& message) const {
  return ErrorAtLine(LineOf(path), path.empty() ? message : absl::StrCat(path, ": ", message));
}

absl::Status SourceLines::ErrorAtLine(int line, const std::string& message) const {
  return absl::InvalidArgumentError(absl::StrCat(file_, ":", line, ": ", OneLine(message)));
}

absl::Status SourceLines::Locate(const absl::Status& status, const std::string& prefix) const {
  if (status.ok()) {
    return status;
  }
  const std::optional<std::string> path = fabric::FieldPathOf(status);
  if (!path.has_value()) {
    return absl::Status(status.code(), absl::StrCat(file_, ": ", status.message()));
  }
  return ErrorAtLine(LineOf(prefix + *path), absl::StrCat(prefix, status.message()));
}

}  // namespace upfabric::daemon
