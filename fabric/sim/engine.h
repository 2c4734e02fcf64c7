// Advances the components of one partition window by window.
//
// Models:  nothing; it knows no packet. A component reads only its own state and the records whose
//          time lies before the window's end; what it emits lies at or after that end, because no
//          channel is shorter than a window. So the order in which components advance inside a
//          window cannot be seen in any result.
//          Components joined by channels shorter than the window form a cluster, which advances
//          inside the window in windows of its own; nothing outside is nearer than a window.
// Costs:   a window scans one array of times, 8 bytes a component; a component with nothing to do
//          is not called; time in which nothing happens is skipped. A cluster scans its own part of
//          the array for each of its windows.
// Threads: none.

#ifndef UPFABRIC_FABRIC_SIM_ENGINE_H_
#define UPFABRIC_FABRIC_SIM_ENGINE_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "fabric/base/ids.h"
#include "fabric/sim/channel.h"
#include "fabric/sim/exchange.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric::sim {

// One endpoint, port or switch.
class Component {
 public:
  virtual ~Component() = default;

  // Takes every record and does every action earlier than `window_end`, in order of time. Returns
  // the time of its next action as far as it knows (queued records included), or kNever.
  virtual Ticks Advance(Ticks window_end) = 0;

  // Back to time 0 with nothing queued; counters stay.
  virtual void Reset() = 0;

  virtual int64_t MemoryBytes() const = 0;
};

struct EngineTotals {
  int64_t windows = 0;
  int64_t records_crossed = 0;  // received from other partitions
};

class Engine {
 public:
  // `components` is how many Add calls will follow: the array of next times must not move.
  explicit Engine(int components, int partitions);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Adds a component, owned by the caller; it gets NextId().
  ComponentId Add(Component& component);
  ComponentId NextId() const { return ComponentId(static_cast<int32_t>(components_.size())); }

  // Lets whoever has news for a component (a credit) lower the time at which it acts next. May be
  // asked before the component is added.
  Ticks* NextTimeOf(ComponentId component) { return &next_[component.index()]; }

  // A channel inside this partition.
  Outlet ConnectLocal(Inlet& inlet, ComponentId consumer);
  // The sending end of a channel whose receiver is in another partition.
  Outlet ConnectTo(int partition, ChannelId channel);
  // The receiving end of a channel whose sender is in another partition.
  void ConnectFrom(ChannelId channel, Inlet& inlet, ComponentId consumer);

  // Makes components that were added one after another, from `first` on, a cluster. Requires: none
  // of them is in another one.
  void AddCluster(ComponentId first, int components, Ticks window);

  // Asks for a component to be advanced at `time` or before.
  void WakeAt(ComponentId component, Ticks time);

  // Runs windows of `window` ticks until nothing is pending in any partition. Tests may shorten
  // each by `shorten`, which gets its number and its length.
  using Shorten = std::function<Ticks(int64_t, Ticks)>;
  absl::Status Run(WindowExchange& exchange, Ticks window, const Shorten& shorten = nullptr);

  // Back to nothing pending: resets every component.
  void Reset();

  Ticks now() const { return now_; }  // end of the last window
  const EngineTotals& totals() const { return totals_; }
  int64_t MemoryBytes() const;

 private:
  struct Cluster {
    size_t begin = 0;  // of the components, and behind the last
    size_t end = 0;
    Ticks window = 0;
  };

  Ticks RunWindow(Ticks window_end, const Shorten& shorten);
  void RunCluster(const Cluster& cluster, Ticks window_end, const Shorten& shorten);
  void AdvanceDue(size_t begin, size_t end, Ticks window_end);
  Ticks FirstOf(size_t begin, size_t end) const;
  void Accept(const std::vector<CrossingRecord>& incoming);

  struct Remote {
    ChannelId channel;
    Inlet* inlet;
    ComponentId consumer;
  };

  std::vector<Component*> components_;
  std::vector<Ticks> next_;        // by component
  std::vector<Cluster> clusters_;  // in order of their components
  int64_t windows_of_clusters_ = 0;
  std::vector<std::vector<CrossingRecord>> outgoing_;
  Ticks next_crossing_ = kNever;
  std::vector<Remote> remotes_;  // by channel id
  Ticks now_ = 0;
  EngineTotals totals_;
};

}  // namespace upfabric::fabric::sim

#endif  // UPFABRIC_FABRIC_SIM_ENGINE_H_
