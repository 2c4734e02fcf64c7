// Hands snapshots from the simulation thread to scrapes: a scrape asks, and the simulation thread
// answers at its next window or idle round.
//
// Threads: any for Get; the simulation thread for wanted() and Deliver.

#ifndef UPFABRIC_DAEMON_METRICS_SNAPSHOT_BOX_H_
#define UPFABRIC_DAEMON_METRICS_SNAPSHOT_BOX_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "absl/time/time.h"
#include "daemon/metrics/snapshot.h"

namespace upfabric::daemon {

class SnapshotBox {
 public:
  // A snapshot taken after the call began; the last one if none comes within `patience` (a window's
  // check of a large payload may take that long); null if there was never one.
  // Shared, because several scrapes may hold the same one.
  std::shared_ptr<const Snapshot> Get(absl::Duration patience);

  // Costs one relaxed load.
  bool wanted() const { return wanted_.load(std::memory_order_relaxed); }
  void Deliver(Snapshot snapshot);

 private:
  std::atomic<bool> wanted_ = false;
  // std, not absl: ThreadSanitizer sees through it, and the packaged Abseil is not instrumented.
  std::mutex mutex_;
  std::condition_variable delivery_;
  // Guarded by mutex_:
  std::shared_ptr<const Snapshot> last_;
  uint64_t delivered_ = 0;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_METRICS_SNAPSHOT_BOX_H_
