#include "daemon/rpc/injection_box.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace upfabric::daemon {

void InjectionBox::Post(const v1::InjectFaultRequest& request, InjectionAnswer answer) {
  absl::Status refused;
  {
    const std::scoped_lock lock(mutex_);
    if (closed_.has_value()) {
      refused = *closed_;
    } else if (entries_.size() >= kWaitingMax) {
      refused = absl::ResourceExhaustedError(
          absl::StrCat(kWaitingMax, " injections wait already; try again"));
    } else {
      v1::FaultSchedule faults;
      *faults.mutable_faults() = request.faults();
      entries_.push_back({std::move(faults), std::move(answer)});
      waiting_.store(true, std::memory_order_relaxed);
      return;
    }
  }
  answer(refused);
}

std::optional<v1::FaultSchedule> InjectionBox::First() const {
  const std::scoped_lock lock(mutex_);
  return entries_.empty() ? std::nullopt : std::optional(entries_.front().faults);
}

void InjectionBox::AnswerFirst(const absl::StatusOr<v1::InjectFaultResponse>& response) {
  InjectionAnswer answer;
  {
    const std::scoped_lock lock(mutex_);
    if (entries_.empty()) {
      return;  // closed in between, and answered
    }
    answer = std::move(entries_.front().answer);
    entries_.pop_front();
    waiting_.store(!entries_.empty(), std::memory_order_relaxed);
  }
  answer(response);
}

void InjectionBox::Close(const absl::Status& status) {
  std::deque<Entry> entries;
  {
    const std::scoped_lock lock(mutex_);
    closed_ = status;
    entries.swap(entries_);
    waiting_.store(false, std::memory_order_relaxed);
  }
  for (Entry& entry : entries) {
    entry.answer(status);
  }
}

}  // namespace upfabric::daemon
