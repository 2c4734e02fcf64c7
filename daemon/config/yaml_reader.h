// YAML and JSON (which is YAML) into any message of the configuration, by its descriptor.
//
// Accepts: snake_case and lowerCamelCase field names; enum values by full or short name in any case
//          ("CONFIDENCE_SPEC", "spec"); whole numbers also as text, as JSON writers print 64-bit
//          ones.
// Refuses: unknown and repeated fields, a second member of a oneof, empty values, wrong types, more
//          than one document. A figure must be written as a map.
// Threads: none. The only file that knows yaml-cpp, whose exceptions end here.

#ifndef UPFABRIC_DAEMON_CONFIG_YAML_READER_H_
#define UPFABRIC_DAEMON_CONFIG_YAML_READER_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "daemon/config/source_lines.h"

namespace upfabric::daemon {

// Fills `message`, which must be empty, and the lines of its fields. Errors: kInvalidArgument, one
// line "FILE:LINE: field.path: what is wrong; what is allowed"; `message` is then half filled.
absl::Status ReadYaml(const std::string& text, google::protobuf::Message& message,
                      SourceLines& lines);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_CONFIG_YAML_READER_H_
