// Faults on their way into the fabric: RPC threads bring them, the simulation thread takes one
// after the other and answers.
//
// Threads: any for Post and Close; the simulation thread for the rest. Answers are called by the
//          simulation thread, or in Post or Close, with the box unlocked.

#ifndef UPFABRIC_DAEMON_RPC_INJECTION_BOX_H_
#define UPFABRIC_DAEMON_RPC_INJECTION_BOX_H_

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "absl/status/statusor.h"
#include "upfabric/v1/control.pb.h"

namespace upfabric::daemon {

using InjectionAnswer = std::function<void(const absl::StatusOr<v1::InjectFaultResponse>&)>;

class InjectionBox {
 public:
  // chosen: each waits for a window at most.
  static constexpr size_t kWaitingMax = 64;

  // `answer` is called once: when the faults are applied or refused; at once with
  // kResourceExhausted when kWaitingMax wait, and after Close with its status.
  void Post(const v1::InjectFaultRequest& request, InjectionAnswer answer);

  // Costs one relaxed load.
  bool waiting() const { return waiting_.load(std::memory_order_relaxed); }
  // The oldest that has no answer yet.
  std::optional<v1::FaultSchedule> First() const;
  // Answers it.
  void AnswerFirst(const absl::StatusOr<v1::InjectFaultResponse>& response);

  // Answers all with `status`, which is an error, and takes no more.
  void Close(const absl::Status& status);

 private:
  struct Entry {
    v1::FaultSchedule faults;
    InjectionAnswer answer;
  };

  std::atomic<bool> waiting_ = false;
  // std, not absl: ThreadSanitizer sees through it, and the packaged Abseil is not instrumented.
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;           // guarded by mutex_
  std::optional<absl::Status> closed_;  // likewise
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_RPC_INJECTION_BOX_H_
