#include "daemon/metrics/snapshot_box.h"

#include <utility>

namespace upfabric::daemon {

std::shared_ptr<const Snapshot> SnapshotBox::Get(absl::Duration patience) {
  std::unique_lock lock(mutex_);
  const uint64_t before = delivered_;
  wanted_.store(true, std::memory_order_relaxed);
  delivery_.wait_for(lock, absl::ToChronoMilliseconds(patience),
                     [this, before] { return delivered_ != before; });
  return last_;
}

void SnapshotBox::Deliver(Snapshot snapshot) {
  auto shared = std::make_shared<const Snapshot>(std::move(snapshot));
  {
    const std::scoped_lock lock(mutex_);
    wanted_.store(false, std::memory_order_relaxed);
    last_ = std::move(shared);
    ++delivered_;
  }
  delivery_.notify_all();
}

}  // namespace upfabric::daemon
