// A client of running daemons.
//
// Threads: one at a time.

#ifndef UPFABRIC_DAEMON_RPC_CONTROL_CLIENT_H_
#define UPFABRIC_DAEMON_RPC_CONTROL_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "upfabric/v1/control.grpc.pb.h"

namespace upfabric::daemon {

// A channel that notices a peer that was cut off.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address);

class ControlClient {
 public:
  // `address` is HOST:PORT of any daemon. Returns kUnavailable "no daemon at HOST:PORT" when none
  // answers.
  static absl::StatusOr<std::unique_ptr<ControlClient>> Connect(const std::string& address);

  using OnRow = std::function<void(const v1::Row& row, int rows_done, int rows_total)>;

  // Runs `workload` on the daemons and waits for its end. `on_row` may be empty, `statistics` null.
  // Errors have the exit code (exit_codes.h) that the run itself had; kUnavailable when the daemons
  // go away.
  absl::StatusOr<v1::Result> StartAndWatch(const v1::Workload& workload, const OnRow& on_row,
                                           v1::RunStatistics* statistics);

  absl::StatusOr<v1::GetStatusResponse> Status();

  // Returns when the faults are applied or refused.
  absl::StatusOr<v1::InjectFaultResponse> Inject(const v1::FaultSchedule& faults);

  // Stops a run; the daemons if `run_id` is empty.
  absl::Status Stop(const std::string& run_id);

 private:
  ControlClient(std::string address, std::shared_ptr<grpc::Channel> channel);

  // Adds the address to what gRPC says of a lost connection.
  absl::Status Explain(const grpc::Status& status) const;

  std::string address_;
  std::unique_ptr<v1::ControlService::Stub> stub_;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_RPC_CONTROL_CLIENT_H_
