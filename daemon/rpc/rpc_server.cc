#include "daemon/rpc/rpc_server.h"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/rpc/limits.h"

namespace upfabric::daemon {
namespace {

constexpr char kServiceName[] = "upfabric.v1.ControlService";

void DropLog(gpr_log_func_args*) {}

// Why nothing can listen there: gRPC does not tell. 0 if something can.
int ListenErrno(const HostPort& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const std::string port = absl::StrCat(address.port);
  if (getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found) != 0) {
    return EADDRNOTAVAIL;
  }
  int error = 0;
  const int socket_fd = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
  const int yes = 1;
  setsockopt(socket_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (bind(socket_fd, found->ai_addr, found->ai_addrlen) != 0 || listen(socket_fd, 1) != 0) {
    error = errno;
  }
  close(socket_fd);
  freeaddrinfo(found);
  return error;
}

}  // namespace

void SilenceGrpcLog() {
  if (std::getenv("GRPC_VERBOSITY") == nullptr) {
    gpr_set_log_function(DropLog);
  }
}

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(const HostPort& address,
                                                            grpc::Service& service) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  HostPort taken = address;
  grpc::ServerBuilder builder;
  // Two daemons on one port would share its clients.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kKeepAliveMilliseconds / 2);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  builder.AddListeningPort(address.ToString(), grpc::InsecureServerCredentials(), &taken.port);
  builder.RegisterService(&service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || taken.port == 0) {
    const int error = ListenErrno(address);
    if (error == EADDRINUSE) {
      return absl::AlreadyExistsError(absl::StrCat("--listen: ", address.ToString(), " is in use"));
    }
    return absl::InvalidArgumentError(absl::StrCat("--listen: cannot listen on ",
                                                   address.ToString(), ": ", std::strerror(error)));
  }
  return std::unique_ptr<RpcServer>(new RpcServer(std::move(taken), std::move(server)));
}

RpcServer::RpcServer(HostPort address, std::unique_ptr<grpc::Server> server)
    : address_(std::move(address)), server_(std::move(server)) {
  SetServing(false);
}

RpcServer::~RpcServer() {
  // chosen: time for the last messages of streams that have been closed.
  constexpr std::chrono::milliseconds kGrace(500);
  server_->Shutdown(std::chrono::system_clock::now() + kGrace);
  server_->Wait();
}

void RpcServer::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
  health->SetServingStatus(serving);  // the empty name
  health->SetServingStatus(kServiceName, serving);
}

}  // namespace upfabric::daemon
