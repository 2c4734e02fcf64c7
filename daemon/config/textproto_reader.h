// Protobuf text format into a message, with the same kind of errors as yaml_reader.h.

#ifndef UPFABRIC_DAEMON_CONFIG_TEXTPROTO_READER_H_
#define UPFABRIC_DAEMON_CONFIG_TEXTPROTO_READER_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "daemon/config/source_lines.h"

namespace upfabric::daemon {

// Fills `message`, which must be empty, and the lines of its fields. Errors: kInvalidArgument, one
// line "FILE:LINE: what is wrong; what is allowed"; `message` is then half filled.
absl::Status ReadTextproto(const std::string& text, google::protobuf::Message& message,
                           SourceLines& lines);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_CONFIG_TEXTPROTO_READER_H_
