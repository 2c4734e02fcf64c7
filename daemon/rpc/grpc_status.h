// absl::Status to grpc::Status and back: the canonical codes are the same.

#ifndef UPFABRIC_DAEMON_RPC_GRPC_STATUS_H_
#define UPFABRIC_DAEMON_RPC_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace upfabric::daemon {

inline grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

inline absl::Status FromGrpc(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_RPC_GRPC_STATUS_H_
