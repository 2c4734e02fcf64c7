#include "fabric/config/field_error.h"

#include "absl/strings/cord.h"

namespace upfabric::fabric {
namespace {

constexpr char kPathPayload[] = "upfabric.v1/field-path";

}  // namespace

absl::Status FieldError(std::string_view path, std::string_view message) {
  absl::Status status = absl::InvalidArgumentError(std::string(path) + ": " + std::string(message));
  status.SetPayload(kPathPayload, absl::Cord(std::string(path)));
  return status;
}

std::optional<std::string> FieldPathOf(const absl::Status& status) {
  const absl::optional<absl::Cord> path = status.GetPayload(kPathPayload);
  if (!path.has_value()) {
    return std::nullopt;
  }
  return static_cast<std::string>(*path);
}

}  // namespace upfabric::fabric
