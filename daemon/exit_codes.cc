#include "daemon/exit_codes.h"

#include "absl/strings/cord.h"

namespace upfabric::daemon {
namespace {

constexpr char kNoProgressUrl[] = "upfabric.v1/no-progress";

}  // namespace

int ExitCodeOf(const absl::Status& status) {
  if (status.GetPayload(kNoProgressUrl).has_value()) {
    return kExitNoProgress;
  }
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitDone;
    case absl::StatusCode::kDataLoss:
      return kExitWrong;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kPermissionDenied:
      return kExitBadInput;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kUnauthenticated:
      return kExitUnavailable;
    default:
      return kExitBrokenInvariant;
  }
}

absl::Status StatusOfExitCode(int code, absl::string_view message) {
  UPF_CHECK_OP(code, !=, kExitDone);
  switch (code) {
    case kExitWrong:
      return absl::DataLossError(message);
    case kExitBadInput:
      return absl::InvalidArgumentError(message);
    case kExitUnavailable:
      return absl::UnavailableError(message);
    case kExitNoProgress:
      return NoProgressError(message);
    default:
      return absl::InternalError(message);
  }
}

absl::Status NoProgressError(absl::string_view autopsy) {
  absl::Status status = absl::DeadlineExceededError(autopsy);
  status.SetPayload(kNoProgressUrl, absl::Cord());
  return status;
}

}  // namespace upfabric::daemon
