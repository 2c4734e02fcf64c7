// SIGTERM and SIGINT as a flag, without a handler and without a global: the signals are blocked in
// every thread and one thread waits for them.
//
// Threads: one of its own; stopped() from any.

#ifndef UPFABRIC_DAEMON_STOP_SIGNAL_H_
#define UPFABRIC_DAEMON_STOP_SIGNAL_H_

#include <atomic>
#include <thread>

namespace upfabric::daemon {

class StopSignal {
 public:
  // Requires: no other thread has been started yet.
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_STOP_SIGNAL_H_
