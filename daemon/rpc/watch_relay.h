// A WatchRun stream that a daemon passes on from daemon 0 to its own client.

#ifndef UPFABRIC_DAEMON_RPC_WATCH_RELAY_H_
#define UPFABRIC_DAEMON_RPC_WATCH_RELAY_H_

#include <grpcpp/support/server_callback.h>

#include "upfabric/v1/control.grpc.pb.h"

namespace upfabric::daemon {

// Starts the relay; it deletes itself when both ends are done. `coordinator` outlives it.
grpc::ServerWriteReactor<v1::WatchRunResponse>* StartWatchRelay(
    v1::ControlService::Stub& coordinator, const v1::WatchRunRequest& request);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_RPC_WATCH_RELAY_H_
