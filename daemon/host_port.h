// Where something listens: HOST:PORT.

#ifndef UPFABRIC_DAEMON_HOST_PORT_H_
#define UPFABRIC_DAEMON_HOST_PORT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace upfabric::daemon {

struct HostPort {
  std::string host;
  int port = 0;

  std::string ToString() const;
  // Whether only this machine can reach it: 127.0.0.0/8, ::1, localhost.
  bool IsLoopback() const;
};

// Reads "127.0.0.1:50051", "[::1]:0", "node0:9464". `flag` is named in the error
// (kInvalidArgument).
absl::StatusOr<HostPort> ParseHostPort(absl::string_view text, absl::string_view flag);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_HOST_PORT_H_
