// The ControlService of one daemon. Daemon 0 answers from its board; the others pass commands on to
// it and answer GetStatus themselves.
//
// Threads: gRPC's; nothing here waits.

#ifndef UPFABRIC_DAEMON_RPC_CONTROL_SERVICE_H_
#define UPFABRIC_DAEMON_RPC_CONTROL_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <mutex>

#include "absl/status/statusor.h"
#include "daemon/rpc/injection_box.h"
#include "daemon/rpc/run_board.h"
#include "upfabric/v1/control.grpc.pb.h"

namespace upfabric::daemon {

class ControlService final : public v1::ControlService::CallbackService {
 public:
  struct Callbacks {
    // An error says why the job is ending; kAborted, so that it is not taken for a lost connection.
    std::function<absl::StatusOr<v1::GetStatusResponse>()> status;
    // Whether a workload could run; its error is the answer to StartRun.
    std::function<absl::Status(const v1::Workload&)> check;
    // Takes faults to inject; the answer may come later, from another thread.
    std::function<void(const v1::InjectFaultRequest&, InjectionAnswer)> inject;
  };

  // `board` outlives the service.
  ControlService(RunBoard& board, Callbacks callbacks);

  // From now on commands go to daemon 0 over `channel`.
  void PassCommandsTo(std::shared_ptr<grpc::Channel> channel);

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::GetStatusRequest* request,
                                      v1::GetStatusResponse* response) override;
  grpc::ServerUnaryReactor* StartRun(grpc::CallbackServerContext* context,
                                     const v1::StartRunRequest* request,
                                     v1::StartRunResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchRunResponse>* WatchRun(
      grpc::CallbackServerContext* context, const v1::WatchRunRequest* request) override;
  grpc::ServerUnaryReactor* InjectFault(grpc::CallbackServerContext* context,
                                        const v1::InjectFaultRequest* request,
                                        v1::InjectFaultResponse* response) override;
  grpc::ServerUnaryReactor* Stop(grpc::CallbackServerContext* context,
                                 const v1::StopRequest* request,
                                 v1::StopResponse* response) override;

 private:
  // Null in daemon 0.
  v1::ControlService::Stub* coordinator() const;

  RunBoard& board_;
  const Callbacks callbacks_;
  mutable std::mutex mutex_;
  std::unique_ptr<v1::ControlService::Stub> coordinator_;  // guarded by mutex_
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_RPC_CONTROL_SERVICE_H_
