// Where the fields of a message stand in the file it was read from, so that an error found later
// still says FILE:LINE.

#ifndef UPFABRIC_DAEMON_CONFIG_SOURCE_LINES_H_
#define UPFABRIC_DAEMON_CONFIG_SOURCE_LINES_H_

#include <map>
#include <string>

#include "absl/status/status.h"

namespace upfabric::daemon {

class SourceLines {
 public:
  // `file` is the name to print.
  explicit SourceLines(const std::string& file);

  // Field paths are as in fabric/config/field_error.h; the whole message has the path "".
  void Set(const std::string& path, int line) { lines_[path] = line; }

  // Line of the field, or else of the nearest part of the message around it that the file has.
  int LineOf(std::string path) const;

  // kInvalidArgument "FILE:LINE: PATH: MESSAGE", or without "PATH: " for the whole message. Control
  // characters become spaces and very long texts are cut, so that it stays one readable line.
  absl::Status Error(const std::string& path, const std::string& message) const;
  absl::Status ErrorAtLine(int line, const std::string& message) const;

  // Adds "FILE:LINE: " to an error of fabric/config about the message at `prefix` ("fabric."), or
  // "FILE: " if it names no field. OK stays OK.
  absl::Status Locate(const absl::Status& status, const std::string& prefix) const;

 private:
  std::string file_;
  std::map<std::string, int> lines_;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_CONFIG_SOURCE_LINES_H_
