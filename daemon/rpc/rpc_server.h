// The gRPC server of one daemon: ControlService, health, reflection.
//
// Threads: gRPC's own.

#ifndef UPFABRIC_DAEMON_RPC_RPC_SERVER_H_
#define UPFABRIC_DAEMON_RPC_RPC_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <memory>

#include "absl/status/statusor.h"
#include "daemon/host_port.h"

namespace upfabric::daemon {

// gRPC's own log goes to stderr, where we promise one clear line; it is silenced unless
// GRPC_VERBOSITY asks for it. Call before the first use of gRPC.
void SilenceGrpcLog();

class RpcServer {
 public:
  // Listens on `address`; port 0 takes a free one. `service` outlives the server. Returns
  // kAlreadyExists if the port is in use, kInvalidArgument if nothing can listen there. Health says
  // NOT_SERVING until SetServing(true).
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(const HostPort& address,
                                                          grpc::Service& service);
  ~RpcServer();  // cancels what is still open

  void SetServing(bool serving);
  // With the port that was taken.
  const HostPort& address() const { return address_; }

 private:
  RpcServer(HostPort address, std::unique_ptr<grpc::Server> server);

  HostPort address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_RPC_RPC_SERVER_H_
