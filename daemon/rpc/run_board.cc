#include "daemon/rpc/run_board.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/exit_codes.h"

namespace upfabric::daemon {
namespace {

// chosen: a watcher that lags behind a loop by more than this misses rows.
constexpr size_t kRowsKept = 4096;

v1::WatchRunResponse FailureOf(const absl::Status& status) {
  v1::WatchRunResponse end;
  end.set_failure(std::string(status.message()));
  end.set_exit_code(ExitCodeOf(status));
  return end;
}

}  // namespace

absl::StatusOr<std::string> RunBoard::Start(const v1::Workload& workload) {
  const std::scoped_lock lock(mutex_);
  if (closed_.has_value()) {
    return *closed_;
  }
  if (waiting_.size() >= kWaitingMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat(kWaitingMax, " runs wait already; try again when one has ended"));
  }
  std::string id = absl::StrCat("run-", ++runs_started_);
  runs_[id].workload = workload;
  waiting_.push_back(id);
  work_.notify_all();
  return id;
}

absl::Status RunBoard::Stop(const std::string& run_id) {
  const std::scoped_lock lock(mutex_);
  if (run_id == active_ && !active_.empty()) {
    stop_active_.store(true, std::memory_order_relaxed);
    return absl::OkStatus();
  }
  const auto found = std::find(waiting_.begin(), waiting_.end(), run_id);
  if (found == waiting_.end()) {
    return absl::NotFoundError(absl::StrCat("no run \"", run_id, "\" waits or is active"));
  }
  waiting_.erase(found);
  EndLocked(run_id, FailureOf(absl::CancelledError(absl::StrCat(run_id, " was stopped"))));
  return absl::OkStatus();
}

void RunBoard::StopAll() {
  // Under the lock, so that WaitForWork sees it.
  const std::scoped_lock lock(mutex_);
  stop_all_.store(true, std::memory_order_relaxed);
  work_.notify_all();
}

absl::Status RunBoard::Watch(const std::string& run_id, RunWatcher* watcher) {
  const std::scoped_lock lock(mutex_);
  if (closed_.has_value()) {
    return *closed_;
  }
  if (!runs_.contains(run_id)) {
    return absl::NotFoundError(absl::StrCat("no run \"", run_id, "\""));
  }
  Stream& stream = streams_[watcher];
  stream.run_id = run_id;
  Pump(watcher, stream);
  return absl::OkStatus();
}

void RunBoard::Written(RunWatcher* watcher) {
  const std::scoped_lock lock(mutex_);
  const auto found = streams_.find(watcher);
  if (found != streams_.end()) {
    found->second.writing = false;
    Pump(watcher, found->second);
    if (found->second.closed) {
      streams_.erase(found);
    }
  }
}

void RunBoard::Abort(RunWatcher* watcher) {
  const std::scoped_lock lock(mutex_);
  const auto found = streams_.find(watcher);
  if (found != streams_.end()) {
    watcher->Close(absl::CancelledError("the client has gone"));
    streams_.erase(found);
  }
}

std::optional<QueuedRun> RunBoard::Next() {
  const std::scoped_lock lock(mutex_);
  if (waiting_.empty()) {
    return std::nullopt;
  }
  active_ = waiting_.front();
  waiting_.pop_front();
  stop_active_.store(false, std::memory_order_relaxed);
  return QueuedRun{active_, runs_[active_].workload};
}

void RunBoard::AddRow(const v1::Row& row, int rows_done, int rows_total) {
  const std::scoped_lock lock(mutex_);
  const auto found = runs_.find(active_);
  if (found == runs_.end()) {
    return;
  }
  Run& run = found->second;
  v1::WatchRunResponse& message = run.rows.emplace_back();
  message.set_rows_done(rows_done);
  message.set_rows_total(rows_total);
  *message.mutable_row() = row;
  if (run.rows.size() > kRowsKept) {
    run.rows.pop_front();
    ++run.rows_dropped;
  }
  PumpAll(active_);
}

void RunBoard::End(const absl::StatusOr<v1::Result>& result, const v1::RunStatistics& statistics) {
  const std::scoped_lock lock(mutex_);
  if (active_.empty()) {
    return;
  }
  v1::WatchRunResponse end;
  if (result.ok()) {
    *end.mutable_result() = *result;
    *end.mutable_statistics() = statistics;
  } else {
    end = FailureOf(result.status());
  }
  EndLocked(active_, std::move(end));
  active_.clear();
  stop_active_.store(false, std::memory_order_relaxed);
}

void RunBoard::EndLocked(const std::string& run_id, v1::WatchRunResponse end) {
  Run& run = runs_[run_id];
  if (!run.rows.empty()) {
    end.set_rows_done(run.rows.back().rows_done());
    end.set_rows_total(run.rows.back().rows_total());
  }
  run.end = std::move(end);
  ended_.push_back(run_id);
  PumpAll(run_id);
  if (ended_.size() > kEndedMax) {
    const std::string oldest = ended_.front();
    ended_.pop_front();
    runs_.erase(oldest);
    PumpAll(oldest);
  }
}

void RunBoard::Close(const absl::Status& status) {
  const std::scoped_lock lock(mutex_);
  closed_ = status;
  for (auto& [watcher, stream] : streams_) {
    watcher->Close(status);
  }
  streams_.clear();
}

void RunBoard::WaitForWork(absl::Duration patience) {
  std::unique_lock lock(mutex_);
  work_.wait_for(lock, absl::ToChronoMilliseconds(patience), [this] { return HasWork(); });
}

bool RunBoard::HasWork() const { return !waiting_.empty() || stop_all_wanted(); }

std::string RunBoard::active_run_id() const {
  const std::scoped_lock lock(mutex_);
  return active_;
}

int RunBoard::waiting_runs() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<int>(waiting_.size());
}

void RunBoard::PumpAll(const std::string& run_id) {
  for (auto& [watcher, stream] : streams_) {
    if (stream.run_id == run_id) {
      Pump(watcher, stream);
    }
  }
  std::erase_if(streams_, [](const auto& entry) { return entry.second.closed; });
}

void RunBoard::Pump(RunWatcher* watcher, Stream& stream) {
  if (stream.writing) {
    return;
  }
  if (stream.end_sent) {
    watcher->Close(absl::OkStatus());
    stream.closed = true;
    return;
  }
  const auto found = runs_.find(stream.run_id);
  if (found == runs_.end()) {
    watcher->Close(absl::NotFoundError(absl::StrCat("run \"", stream.run_id, "\" ended long ago")));
    stream.closed = true;
    return;
  }
  const Run& run = found->second;
  stream.next_row = std::max(stream.next_row, run.rows_dropped);
  const auto position = static_cast<size_t>(stream.next_row - run.rows_dropped);
  if (position < run.rows.size()) {
    stream.writing = true;
    ++stream.next_row;
    watcher->Send(run.rows[position]);
  } else if (run.end.has_value()) {
    stream.writing = true;
    stream.end_sent = true;
    watcher->Send(*run.end);
  }
}

}  // namespace upfabric::daemon
