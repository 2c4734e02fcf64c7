#include "daemon/rpc/control_service.h"

#include <chrono>
#include <utility>

#include "daemon/rpc/grpc_status.h"
#include "daemon/rpc/watch_relay.h"

namespace upfabric::daemon {
namespace {

// chosen: daemon 0 answers commands at once, or is gone.
constexpr std::chrono::seconds kPassOnDeadline(5);
// chosen: a window may check a large payload before it takes an injection.
constexpr std::chrono::seconds kInjectionDeadline(60);

// One progress stream of daemon 0. Lives until gRPC says that it is done.
class BoardStream final : public grpc::ServerWriteReactor<v1::WatchRunResponse>, public RunWatcher {
 public:
  BoardStream(RunBoard& board, const std::string& run_id) : board_(board) {
    const absl::Status watched = board_.Watch(run_id, this);
    if (!watched.ok()) {
      Finish(ToGrpc(watched));
    }
  }

  // RunWatcher.
  void Send(v1::WatchRunResponse message) override {
    message_ = std::move(message);
    StartWrite(&message_);
  }
  void Close(const absl::Status& status) override { Finish(ToGrpc(status)); }

  // gRPC.
  void OnWriteDone(bool ok) override {
    if (ok) {
      board_.Written(this);
    } else {
      board_.Abort(this);
    }
  }
  void OnCancel() override { board_.Abort(this); }
  void OnDone() override { delete this; }

 private:
  RunBoard& board_;
  v1::WatchRunResponse message_;
};

// A unary call that is passed on; lives until the answer is there.
template <typename Request>
struct PassedOn {
  PassedOn(const Request& original, grpc::ServerUnaryReactor* answered,
           std::chrono::seconds deadline = kPassOnDeadline)
      : request(original), reactor(answered) {
    context.set_deadline(std::chrono::system_clock::now() + deadline);
  }
  // The callback of the call to the coordinator.
  std::function<void(grpc::Status)> AnswerAndDelete() {
    return [this](const grpc::Status& status) {
      reactor->Finish(status);
      delete this;
    };
  }

  const Request request;
  grpc::ServerUnaryReactor* const reactor;
  grpc::ClientContext context;
};

grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

}  // namespace

ControlService::ControlService(RunBoard& board, Callbacks callbacks)
    : board_(board), callbacks_(std::move(callbacks)) {}

void ControlService::PassCommandsTo(std::shared_ptr<grpc::Channel> channel) {
  const std::scoped_lock lock(mutex_);
  coordinator_ = v1::ControlService::NewStub(std::move(channel));
}

v1::ControlService::Stub* ControlService::coordinator() const {
  const std::scoped_lock lock(mutex_);
  return coordinator_.get();
}

grpc::ServerUnaryReactor* ControlService::GetStatus(grpc::CallbackServerContext* context,
                                                    const v1::GetStatusRequest*,
                                                    v1::GetStatusResponse* response) {
  const absl::StatusOr<v1::GetStatusResponse> status = callbacks_.status();
  if (status.ok()) {
    *response = *status;
  }
  return Answer(context, status.status());
}

grpc::ServerUnaryReactor* ControlService::StartRun(grpc::CallbackServerContext* context,
                                                   const v1::StartRunRequest* request,
                                                   v1::StartRunResponse* response) {
  if (v1::ControlService::Stub* to = coordinator()) {
    auto* call = new PassedOn<v1::StartRunRequest>(*request, context->DefaultReactor());
    to->async()->StartRun(&call->context, &call->request, response, call->AnswerAndDelete());
    return call->reactor;
  }
  absl::Status status = callbacks_.check(request->workload());
  if (status.ok()) {
    absl::StatusOr<std::string> run_id = board_.Start(request->workload());
    status = run_id.status();
    if (run_id.ok()) {
      response->set_run_id(*std::move(run_id));
    }
  }
  return Answer(context, status);
}

grpc::ServerWriteReactor<v1::WatchRunResponse>* ControlService::WatchRun(
    grpc::CallbackServerContext*, const v1::WatchRunRequest* request) {
  if (v1::ControlService::Stub* to = coordinator()) {
    return StartWatchRelay(*to, *request);
  }
  return new BoardStream(board_, request->run_id());
}

grpc::ServerUnaryReactor* ControlService::InjectFault(grpc::CallbackServerContext* context,
                                                      const v1::InjectFaultRequest* request,
                                                      v1::InjectFaultResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (v1::ControlService::Stub* to = coordinator()) {
    auto* call = new PassedOn<v1::InjectFaultRequest>(*request, reactor, kInjectionDeadline);
    to->async()->InjectFault(&call->context, &call->request, response, call->AnswerAndDelete());
    return reactor;
  }
  callbacks_.inject(*request, [=](const absl::StatusOr<v1::InjectFaultResponse>& answer) {
    if (answer.ok()) {
      *response = *answer;
    }
    reactor->Finish(ToGrpc(answer.status()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* ControlService::Stop(grpc::CallbackServerContext* context,
                                               const v1::StopRequest* request,
                                               v1::StopResponse* response) {
  if (v1::ControlService::Stub* to = coordinator()) {
    auto* call = new PassedOn<v1::StopRequest>(*request, context->DefaultReactor());
    to->async()->Stop(&call->context, &call->request, response, call->AnswerAndDelete());
    return call->reactor;
  }
  if (request->run_id().empty()) {
    board_.StopAll();
    return Answer(context, absl::OkStatus());
  }
  return Answer(context, board_.Stop(request->run_id()));
}

}  // namespace upfabric::daemon
