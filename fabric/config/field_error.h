// Errors of a configuration that name their field, so that who read the file can add file and line.

#ifndef UPFABRIC_FABRIC_CONFIG_FIELD_ERROR_H_
#define UPFABRIC_FABRIC_CONFIG_FIELD_ERROR_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace upfabric::fabric {

// kInvalidArgument with the message "PATH: MESSAGE" and the path kept apart for FieldPathOf. A path
// is "link.retimers[0].latency.value". MESSAGE says what is wrong and, after a semicolon, what is
// allowed.
absl::Status FieldError(std::string_view path, std::string_view message);

// The field that a status from FieldError names; nothing for any other status.
std::optional<std::string> FieldPathOf(const absl::Status& status);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_CONFIG_FIELD_ERROR_H_
