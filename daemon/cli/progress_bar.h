// A bar on a terminal while a sweep is long; silent in a pipe.
//
// Threads: none. The clock is passed, so that tests need no sleep.

#ifndef UPFABRIC_DAEMON_CLI_PROGRESS_BAR_H_
#define UPFABRIC_DAEMON_CLI_PROGRESS_BAR_H_

#include <cstdint>
#include <functional>
#include <ostream>

#include "absl/time/time.h"

namespace upfabric::daemon::cli {

class ProgressBar {
 public:
  using Clock = std::function<absl::Time()>;

  // Draws on `out` only if `is_terminal`; `out` outlives the bar.
  ProgressBar(std::ostream& out, bool is_terminal, Clock clock);
  // Erases what was drawn.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // So many units of work are done. Draws once a second has passed since construction.
  void Update(int64_t done, int64_t total);
  // Cheap enough for every window: looks at the clock once in 1,024 calls.
  void Tick();
  // Erases the bar, so that a line can be printed; it comes back when it is due.
  void Clear();
  // Erases the bar; nothing is drawn afterwards.
  void Finish();

 private:
  void DrawIfDue();

  std::ostream& out_;
  const bool is_terminal_;
  const Clock clock_;
  const absl::Time start_;
  absl::Time next_draw_;
  int64_t done_ = 0;
  int64_t total_ = 0;
  uint32_t ticks_ = 0;
  bool drawn_ = false;
  bool finished_ = false;
};

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_PROGRESS_BAR_H_
