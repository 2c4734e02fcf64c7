// HTTP for Prometheus: /metrics and /healthz.
//
// Threads: the callbacks run in the server's own threads, several at a time.

#ifndef UPFABRIC_DAEMON_METRICS_METRICS_SERVER_H_
#define UPFABRIC_DAEMON_METRICS_METRICS_SERVER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "daemon/host_port.h"

namespace upfabric::daemon {

class MetricsServer {
 public:
  struct Callbacks {
    // The exposition, or nothing while there is none yet (answered with 503).
    std::function<std::optional<std::string>()> metrics;
    std::function<bool()> healthy;
  };

  // Listens on `address`; port 0 takes a free one. Returns kAlreadyExists if the port is in use,
  // kInvalidArgument if nothing can listen there.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const HostPort& address,
                                                              Callbacks callbacks);
  virtual ~MetricsServer() = default;  // ends the threads

  // With the port that was taken.
  virtual const HostPort& address() const = 0;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_METRICS_METRICS_SERVER_H_
