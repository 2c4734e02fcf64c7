#include "daemon/stop_signal.h"

#include <pthread.h>
#include <signal.h>

namespace upfabric::daemon {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

StopSignal::StopSignal() {
  const sigset_t signals = StopSignals();
  // Threads started later inherit the mask.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this, signals] {
    int signal = 0;
    sigwait(&signals, &signal);
    stopped_.store(true, std::memory_order_relaxed);
  });
}

StopSignal::~StopSignal() {
  // The thread may have ended already; then the signal has no effect.
  // NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread): the thread waits for this signal.
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

}  // namespace upfabric::daemon
