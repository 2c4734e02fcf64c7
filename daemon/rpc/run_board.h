// The runs of a set of daemons: one active, up to 16 waiting in order, the last ones that ended,
// and who watches them. It stands between the RPC threads, which start, stop and watch, and the
// simulation thread, which runs.
//
// Threads: all methods from any thread. Watchers are called with the board locked: they must not
//          block nor call back.

#ifndef UPFABRIC_DAEMON_RPC_RUN_BOARD_H_
#define UPFABRIC_DAEMON_RPC_RUN_BOARD_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "upfabric/v1/control.pb.h"

namespace upfabric::daemon {

// One stream of progress. Gets a message, says when it is written, gets the next; is closed once.
class RunWatcher {
 public:
  virtual ~RunWatcher() = default;
  virtual void Send(v1::WatchRunResponse message) = 0;
  virtual void Close(const absl::Status& status) = 0;
};

struct QueuedRun {
  std::string id;
  v1::Workload workload;
};

class RunBoard {
 public:
  static constexpr size_t kWaitingMax = 16;
  // chosen: enough for a watcher to find its run after a reconnect.
  static constexpr size_t kEndedMax = 32;

  // From RPC threads. kResourceExhausted when kWaitingMax wait, kUnavailable after Close.
  absl::StatusOr<std::string> Start(const v1::Workload& workload);
  // Stops a run that waits or is active; kNotFound if there is none of that id.
  absl::Status Stop(const std::string& run_id);
  // Asks the simulation thread to end all daemons.
  void StopAll();
  // Streams all rows of the run, then its end. kNotFound if the run is not known.
  absl::Status Watch(const std::string& run_id, RunWatcher* watcher);
  void Written(RunWatcher* watcher);
  // The client is gone: closes the watcher, if it is not closed yet.
  void Abort(RunWatcher* watcher);

  // From the simulation thread. The next run, which becomes the active one.
  std::optional<QueuedRun> Next();
  void AddRow(const v1::Row& row, int rows_done, int rows_total);
  // Ends the active run.
  void End(const absl::StatusOr<v1::Result>& result, const v1::RunStatistics& statistics);
  // Ends every stream with `status` and takes no more runs.
  void Close(const absl::Status& status);
  // Returns after `patience`, earlier if there is something to do.
  void WaitForWork(absl::Duration patience);

  // Each costs one relaxed load.
  bool stop_active_wanted() const { return stop_active_.load(std::memory_order_relaxed); }
  bool stop_all_wanted() const { return stop_all_.load(std::memory_order_relaxed); }

  std::string active_run_id() const;
  int waiting_runs() const;

 private:
  struct Run {
    v1::Workload workload;
    // The last rows; `rows_dropped` came before them (a loop has no end).
    std::deque<v1::WatchRunResponse> rows;
    int64_t rows_dropped = 0;
    std::optional<v1::WatchRunResponse> end;
  };
  struct Stream {
    std::string run_id;
    int64_t next_row = 0;
    bool writing = false;
    bool end_sent = false;
    bool closed = false;
  };

  // All of these with mutex_ held.
  void EndLocked(const std::string& run_id, v1::WatchRunResponse end);
  void Pump(RunWatcher* watcher, Stream& stream);
  void PumpAll(const std::string& run_id);
  bool HasWork() const;

  std::atomic<bool> stop_active_ = false;
  std::atomic<bool> stop_all_ = false;

  // std, not absl: ThreadSanitizer sees through it, and the packaged Abseil is not instrumented.
  mutable std::mutex mutex_;
  std::condition_variable work_;
  // Guarded by mutex_:
  int64_t runs_started_ = 0;
  std::map<std::string, Run> runs_;  // by id
  std::deque<std::string> waiting_;
  std::string active_;
  std::deque<std::string> ended_;  // oldest first
  std::map<RunWatcher*, Stream> streams_;
  std::optional<absl::Status> closed_;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_RPC_RUN_BOARD_H_
