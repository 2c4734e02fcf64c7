// Writes JSON whose numbers are given as text, so that they are the same bytes everywhere.
//
// Requires: calls nest as JSON does; in an object each value follows its Key.

#ifndef UPFABRIC_DAEMON_CLI_JSON_WRITER_H_
#define UPFABRIC_DAEMON_CLI_JSON_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace upfabric::daemon::cli {

class JsonWriter {
 public:
  // Brackets. With `lines`, each element of the container starts on a line of its own.
  JsonWriter& BeginObject(bool lines = false);
  JsonWriter& EndObject();
  JsonWriter& BeginArray(bool lines = false);
  JsonWriter& EndArray();

  JsonWriter& Key(absl::string_view key);
  JsonWriter& String(absl::string_view value);
  JsonWriter& Int(int64_t value);
  // `text` is already a JSON number, true, false or null.
  JsonWriter& Raw(absl::string_view text);
  JsonWriter& Null() { return Raw("null"); }

  const std::string& text() const { return text_; }

 private:
  struct Level {
    bool lines = false;
    bool empty = true;
  };

  void Separate();
  void AppendQuoted(absl::string_view value);
  JsonWriter& Begin(char bracket, bool lines);
  JsonWriter& End(char bracket);

  std::string text_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_JSON_WRITER_H_
