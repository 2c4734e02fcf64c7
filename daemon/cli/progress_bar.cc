#include "daemon/cli/progress_bar.h"

#include <string>
#include <utility>

#include "absl/strings/str_format.h"

namespace upfabric::daemon::cli {
namespace {

// chosen: shorter runs need no bar.
constexpr absl::Duration kQuietTime = absl::Seconds(1);
// chosen: smooth to the eye, free to the run.
constexpr absl::Duration kRedrawInterval = absl::Milliseconds(200);
constexpr uint32_t kTicksPerLook = 1024;
constexpr int64_t kBarWidth = 40;

}  // namespace

ProgressBar::ProgressBar(std::ostream& out, bool is_terminal, Clock clock)
    : out_(out),
      is_terminal_(is_terminal),
      clock_(std::move(clock)),
      start_(clock_()),
      next_draw_(start_ + kQuietTime) {}

ProgressBar::~ProgressBar() { Finish(); }

void ProgressBar::Update(int64_t done, int64_t total) {
  done_ = done;
  total_ = total;
  DrawIfDue();
}

void ProgressBar::Tick() {
  if (++ticks_ % kTicksPerLook == 0) {
    DrawIfDue();
  }
}

void ProgressBar::Clear() {
  if (drawn_) {
    out_ << "\r\033[K" << std::flush;
    drawn_ = false;
  }
}

void ProgressBar::Finish() {
  Clear();
  finished_ = true;
}

void ProgressBar::DrawIfDue() {
  if (!is_terminal_ || finished_) {
    return;
  }
  const absl::Time now = clock_();
  if (now < next_draw_) {
    return;
  }
  next_draw_ = now + kRedrawInterval;
  const int64_t filled = total_ > 0 ? done_ * kBarWidth / total_ : 0;
  const std::string bar = std::string(static_cast<size_t>(filled), '#') +
                          std::string(static_cast<size_t>(kBarWidth - filled), '.');
  out_ << absl::StrFormat("\r[%s] %d of %d rows, %d s\033[K", bar, done_, total_,
                          absl::ToInt64Seconds(now - start_))
       << std::flush;
  drawn_ = true;
}

}  // namespace upfabric::daemon::cli
