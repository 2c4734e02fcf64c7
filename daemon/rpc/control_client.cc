#include "daemon/rpc/control_client.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/exit_codes.h"
#include "daemon/rpc/grpc_status.h"
#include "daemon/rpc/limits.h"
#include "daemon/rpc/rpc_server.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

// chosen: daemons answer commands at once.
constexpr std::chrono::seconds kCommandDeadline(10);
// chosen: a window may check a large payload before it takes an injection.
constexpr std::chrono::seconds kInjectionDeadline(65);

void SetDeadline(grpc::ClientContext& context, std::chrono::seconds deadline = kCommandDeadline) {
  context.set_deadline(std::chrono::system_clock::now() + deadline);
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepAliveMilliseconds);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepAliveMilliseconds);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // A proxy from the environment has no business between daemons.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

ControlClient::ControlClient(std::string address, std::shared_ptr<grpc::Channel> channel)
    : address_(std::move(address)), stub_(v1::ControlService::NewStub(std::move(channel))) {}

absl::StatusOr<std::unique_ptr<ControlClient>> ControlClient::Connect(const std::string& address) {
  SilenceGrpcLog();
  std::unique_ptr<ControlClient> client(new ControlClient(address, MakeChannel(address)));
  const absl::Status answered = client->Status().status();
  if (!answered.ok()) {
    return absl::UnavailableError(absl::StrCat("no daemon at ", address));
  }
  return client;
}

absl::Status ControlClient::Explain(const grpc::Status& status) const {
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return absl::UnavailableError(
        absl::StrCat("the daemons at ", address_, " are gone: ", status.error_message()));
  }
  return FromGrpc(status);
}

absl::StatusOr<v1::Result> ControlClient::StartAndWatch(const v1::Workload& workload,
                                                        const OnRow& on_row,
                                                        v1::RunStatistics* statistics) {
  v1::StartRunRequest start;
  *start.mutable_workload() = workload;
  v1::StartRunResponse started;
  {
    grpc::ClientContext context;
    SetDeadline(context);
    UPF_RETURN_IF_ERROR(Explain(stub_->StartRun(&context, start, &started)));
  }
  v1::WatchRunRequest watch;
  watch.set_run_id(started.run_id());
  grpc::ClientContext context;  // a run may take as long as it likes: no deadline, but keep-alive
  const auto stream = stub_->WatchRun(&context, watch);
  v1::WatchRunResponse message;
  v1::WatchRunResponse end;
  while (stream->Read(&message)) {
    if (message.has_row() && on_row) {
      on_row(message.row(), message.rows_done(), message.rows_total());
    }
    end = std::move(message);
  }
  UPF_RETURN_IF_ERROR(Explain(stream->Finish()));
  if (end.exit_code() != kExitDone) {
    return StatusOfExitCode(end.exit_code(), end.failure());
  }
  if (!end.has_result()) {
    return absl::InternalError(absl::StrCat(started.run_id(), " ended without a result"));
  }
  if (statistics != nullptr) {
    *statistics = end.statistics();
  }
  return end.result();
}

absl::StatusOr<v1::GetStatusResponse> ControlClient::Status() {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::GetStatusResponse response;
  UPF_RETURN_IF_ERROR(Explain(stub_->GetStatus(&context, v1::GetStatusRequest(), &response)));
  return response;
}

absl::StatusOr<v1::InjectFaultResponse> ControlClient::Inject(const v1::FaultSchedule& faults) {
  grpc::ClientContext context;
  SetDeadline(context, kInjectionDeadline);
  v1::InjectFaultRequest request;
  *request.mutable_faults() = faults.faults();
  v1::InjectFaultResponse response;
  UPF_RETURN_IF_ERROR(Explain(stub_->InjectFault(&context, request, &response)));
  return response;
}

absl::Status ControlClient::Stop(const std::string& run_id) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::StopRequest request;
  request.set_run_id(run_id);
  v1::StopResponse response;
  return Explain(stub_->Stop(&context, request, &response));
}

}  // namespace upfabric::daemon
