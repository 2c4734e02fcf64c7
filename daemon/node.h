// One daemon: its share of the fabric, its services, and the loop that runs what it is asked to.
//
// Daemon 0 coordinates: it takes runs from its board and tells the others by MPI; they poll for
// that. A daemon that is asked to stop, by a signal or an RPC, lets daemon 0 know, and all end
// together.
//
// Threads: the simulation thread owns it and alone calls MPI; the services have threads of their
//          own and meet it only at the board, the two boxes and the status page.

#ifndef UPFABRIC_DAEMON_NODE_H_
#define UPFABRIC_DAEMON_NODE_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collectives/algorithm_registry.h"
#include "daemon/host_port.h"
#include "daemon/internal.pb.h"
#include "daemon/metrics/metrics_server.h"
#include "daemon/metrics/snapshot_box.h"
#include "daemon/mpi/commands.h"
#include "daemon/process_group.h"
#include "daemon/rpc/control_service.h"
#include "daemon/rpc/heartbeat.h"
#include "daemon/rpc/injection_box.h"
#include "daemon/rpc/rpc_server.h"
#include "daemon/rpc/run_board.h"
#include "daemon/run_counts.h"
#include "daemon/runner.h"
#include "daemon/stop_signal.h"
#include "daemon/workload_from_proto.h"

namespace upfabric::daemon {

struct NodeOptions {
  v1::Fabric fabric;  // checked
  HostPort listen;    // of this daemon
  HostPort metrics;
  std::optional<v1::Workload> loop;
  std::string address_file;
};

// What a node works with; all of it outlives the node.
struct NodeContext {
  ProcessGroup& group;
  MpiCommands* commands = nullptr;  // null for a daemon alone
  Heartbeat& heartbeat;
  const StopSignal& stop;
};

class Node {
 public:
  // Returns when every daemon serves. An error of one daemon is the answer in all of them.
  static absl::StatusOr<std::unique_ptr<Node>> Start(NodeOptions options,
                                                     const NodeContext& context);

  // Runs until told to stop; OK if all daemons end cleanly. kUnavailable if one is gone.
  absl::Status Run();
  // After an error: goes on answering until the other daemons have heard why the job ends.
  void Linger();

  // Where it serves, for people.
  std::string Banner() const;

 private:
  Node(NodeOptions options, const NodeContext& context);

  absl::Status StartServices();
  absl::Status MeetOthers(const absl::Status& mine);
  absl::Status WriteAddressFile() const;

  absl::Status Coordinate();
  absl::Status Follow();
  absl::Status EndAll();
  absl::Status SendCommand(const internal::Command& command);
  void PassOnStop();

  std::optional<QueuedRun> NextRun();
  absl::Status RunOne(const QueuedRun& run);
  absl::StatusOr<v1::Result> RunWithFaults(const QueuedRun& run, RunObserver observer,
                                           v1::RunStatistics& statistics);
  // An injection between runs: daemon 0 sends it to all, and each keeps it for the next run.
  absl::Status InjectIdle(const v1::FaultSchedule& faults);
  absl::Status KeepForNextRun(const v1::FaultSchedule& faults);
  void ShowStanding(const v1::FaultSchedule& faults);
  absl::Status OnWindow(const std::string& run_id);
  absl::Status PeerHealth();
  bool StopWanted() const { return context_.stop.stopped() || board_.stop_all_wanted(); }
  // Answers a scrape that waits and renews the status page.
  void Attend();

  absl::StatusOr<v1::GetStatusResponse> StatusPage() const;
  absl::Status CheckRequest(const v1::Workload& workload) const;

  const NodeOptions options_;
  const NodeContext context_;
  collectives::AlgorithmRegistry registry_;
  FabricShape shape_;
  std::unique_ptr<Runner> runner_;
  RunCounts counts_;
  int64_t windows_seen_ = 0;
  bool loop_rests_ = false;  // it failed; what is asked for is served all the same
  // Injected faults: states that stand, and what happens in the next row alone.
  v1::FaultSchedule standing_;
  v1::FaultSchedule next_row_;

  std::atomic<bool> serving_ = false;
  RunBoard board_;
  InjectionBox injections_;
  SnapshotBox box_;
  mutable std::mutex mutex_;
  v1::GetStatusResponse status_;                // guarded by mutex_
  absl::Status failure_;                        // likewise
  std::vector<internal::StartReport> reports_;  // constant once serving

  // Last, so that they end first.
  ControlService service_;
  std::unique_ptr<RpcServer> rpc_server_;
  std::unique_ptr<MetricsServer> metrics_server_;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_NODE_H_
