// The processes of an MPI job as a process group.
//
// Every window each process sends one message to each other one: its records, its next time, the
// payloads it announces, and news if it has any, or whether it wants to stop; news and a wish to
// stop reach all in the same window. No call blocks and none spins (waiter.h).
//
// Errors:  kUnavailable when a peer is gone or silent; the group cannot be used afterwards.
// Threads: the simulation thread alone.

#ifndef UPFABRIC_DAEMON_MPI_GROUP_H_
#define UPFABRIC_DAEMON_MPI_GROUP_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "daemon/mpi/environment.h"
#include "daemon/mpi/payloads.h"
#include "daemon/mpi/waiter.h"
#include "daemon/process_group.h"

namespace upfabric::daemon {

struct MpiGroupOptions {
  // Waits for peers; see WaiterOptions. chosen: without heartbeats a peer that computes cannot be
  // told from one that was stopped, and no window or check takes so long.
  WaiterOptions wait{.limit = absl::Minutes(10), .peer_health = nullptr};
  // Tests: damages one byte of the payload that is the n-th that process 0 sends to others. 0:
  // none.
  int64_t flip_payload = 0;
};

class MpiGroup final : public ProcessGroup {
 public:
  // `environment` outlives the group.
  MpiGroup(MpiEnvironment& environment, MpiGroupOptions options);

  int index() const override { return environment_.index(); }
  int size() const override { return environment_.size(); }
  std::unique_ptr<RowSession> StartRow(std::function<int(EndpointId)> owner,
                                       RowHooks hooks) override;
  absl::StatusOr<std::vector<std::string>> AllGather(const std::string& mine) override;

 private:
  MpiEnvironment& environment_;
  const WaiterOptions wait_;
  PayloadFlip flip_;
  uint32_t rows_ = 0;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_MPI_GROUP_H_
