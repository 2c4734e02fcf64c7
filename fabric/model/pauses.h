// When the sender of a channel must not start packets of a virtual channel: priority flow control
// as it is felt at the sender.
//
// Models:  stretches of time between a stop and its end, known a control delay ahead.
// Omits:   stops that run out by themselves.
// Units:   ticks.

#ifndef UPFABRIC_FABRIC_MODEL_PAUSES_H_
#define UPFABRIC_FABRIC_MODEL_PAUSES_H_

#include <algorithm>
#include <array>
#include <vector>

#include "fabric/model/counters.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

class Pauses {
 public:
  // `next` is the next time of the component that sends: an end lowers it.
  explicit Pauses(sim::Ticks* next) : next_(next) {}

  // Called by the receiver, in order of time; starts and ends take turns.
  void Start(int virtual_channel, sim::Ticks time) {
    std::vector<Stretch>& stretches = by_channel_[static_cast<size_t>(virtual_channel)];
    std::erase_if(stretches, [this](const Stretch& stretch) { return stretch.end <= past_; });
    const sim::Ticks before = stretches.empty() ? 0 : stretches.back().end;
    stretches.push_back({std::max(time, before), sim::kNever});
    any_ = true;
  }
  void End(int virtual_channel, sim::Ticks time) {
    Stretch& last = by_channel_[static_cast<size_t>(virtual_channel)].back();
    last.end = time;
    total_ += time - last.start;
    *next_ = std::min(*next_, time);
  }

  // The first time from `start` on that is in no stretch; kNever if that is not known yet.
  sim::Ticks ClearFrom(int virtual_channel, sim::Ticks start) const {
    if (!any_) [[likely]] {
      return start;
    }
    for (const Stretch& stretch : by_channel_[static_cast<size_t>(virtual_channel)]) {
      if (start >= stretch.start && start < stretch.end) {
        start = stretch.end;
      }
    }
    return start;
  }
  // Nothing will start before `time` any more.
  void Pass(sim::Ticks time) { past_ = time; }
  sim::Ticks total() const { return total_; }  // of all stretches that have ended, in all rows

  void Reset() {
    for (std::vector<Stretch>& stretches : by_channel_) {
      stretches.clear();
    }
    past_ = 0;
    any_ = false;
  }

 private:
  struct Stretch {
    sim::Ticks start = 0;
    sim::Ticks end = sim::kNever;
  };

  // What every packet touches comes first.
  sim::Ticks past_ = 0;
  bool any_ = false;  // there were stretches since the last Reset
  sim::Ticks* next_;
  sim::Ticks total_ = 0;
  std::array<std::vector<Stretch>, sim::Record::kVirtualChannels> by_channel_;
};

// What a channel has only where packets are marked, trimmed, dropped and paused.
struct EthernetState {
  explicit EthernetState(sim::Ticks* next) : pauses(next) {}

  EthernetCounters counters;
  Pauses pauses;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_PAUSES_H_
