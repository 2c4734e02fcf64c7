#include "fabric/sim/engine.h"

#include <algorithm>

#include "fabric/base/check.h"
#include "fabric/base/status.h"

namespace upfabric::fabric::sim {

Engine::Engine(int components, int partitions)
    : next_(static_cast<size_t>(components), kNever), outgoing_(static_cast<size_t>(partitions)) {
  components_.reserve(static_cast<size_t>(components));
}

ComponentId Engine::Add(Component& component) {
  UPF_CHECK_OP(components_.size(), <, next_.size());
  const ComponentId id = NextId();
  components_.push_back(&component);
  return id;
}

Outlet Engine::ConnectLocal(Inlet& inlet, ComponentId consumer) {
  Outlet outlet;
  outlet.inlet_ = &inlet;
  outlet.next_ = &next_[consumer.index()];
  return outlet;
}

Outlet Engine::ConnectTo(int partition, ChannelId channel) {
  Outlet outlet;
  outlet.crossing_ = &outgoing_[static_cast<size_t>(partition)];
  outlet.next_ = &next_crossing_;
  outlet.channel_ = channel.value();
  return outlet;
}

void Engine::ConnectFrom(ChannelId channel, Inlet& inlet, ComponentId consumer) {
  if (remotes_.size() <= channel.index()) {
    remotes_.resize(channel.index() + 1, Remote{ChannelId(), nullptr, ComponentId()});
  }
  remotes_[channel.index()] = {channel, &inlet, consumer};
}

void Engine::WakeAt(ComponentId component, Ticks time) {
  Ticks& next = next_[component.index()];
  next = std::min(next, time);
}

void Engine::AddCluster(ComponentId first, int components, Ticks window) {
  UPF_CHECK(clusters_.empty() || clusters_.back().end <= first.index());
  clusters_.push_back({first.index(), first.index() + static_cast<size_t>(components), window});
}

absl::Status Engine::Run(WindowExchange& exchange, Ticks window, const Shorten& shorten) {
  std::vector<CrossingRecord> incoming;
  now_ = 0;  // not in Reset: after a row it still tells when the row ended
  windows_of_clusters_ = 0;
  Ticks mine = FirstOf(0, next_.size());
  for (int64_t index = 0;; ++index) {
    UPF_ASSIGN_OR_RETURN(const Ticks start,
                         exchange.Swap(outgoing_, std::min(mine, next_crossing_), incoming));
    for (std::vector<CrossingRecord>& records : outgoing_) {
      records.clear();
    }
    next_crossing_ = kNever;
    if (start == kNever) {
      return absl::OkStatus();
    }
    Accept(incoming);
    incoming.clear();
    now_ = start + (shorten ? shorten(index, window) : window);
    mine = RunWindow(now_, shorten);
    ++totals_.windows;
  }
}

// A component that advances may lower the next time of one that has advanced already; that is why
// the smallest is taken in a second scan.
Ticks Engine::RunWindow(Ticks window_end, const Shorten& shorten) {
  size_t begin = 0;
  for (const Cluster& cluster : clusters_) {
    AdvanceDue(begin, cluster.begin, window_end);
    RunCluster(cluster, window_end, shorten);
    begin = cluster.end;
  }
  AdvanceDue(begin, components_.size(), window_end);
  return FirstOf(0, next_.size());
}

void Engine::RunCluster(const Cluster& cluster, Ticks window_end, const Shorten& shorten) {
  while (true) {
    const Ticks start = FirstOf(cluster.begin, cluster.end);
    if (start >= window_end) {
      return;
    }
    const Ticks window = shorten ? shorten(windows_of_clusters_++, cluster.window) : cluster.window;
    AdvanceDue(cluster.begin, cluster.end, std::min(start + window, window_end));
  }
}

void Engine::AdvanceDue(size_t begin, size_t end, Ticks window_end) {
  for (size_t i = begin; i < end; ++i) {
    if (next_[i] >= window_end) {
      continue;
    }
    next_[i] = kNever;
    const Ticks known = components_[i]->Advance(window_end);
    UPF_CHECK_OP(known, >=, window_end);
    next_[i] = std::min(next_[i], known);
  }
}

Ticks Engine::FirstOf(size_t begin, size_t end) const {
  Ticks first = kNever;
  for (size_t i = begin; i < end; ++i) {
    first = std::min(first, next_[i]);
  }
  return first;
}

void Engine::Accept(const std::vector<CrossingRecord>& incoming) {
  for (const CrossingRecord& crossing : incoming) {
    const Remote& remote = remotes_[static_cast<size_t>(crossing.channel)];
    UPF_CHECK(remote.inlet != nullptr);
    UPF_CHECK_OP(crossing.record.time, >=, now_);
    remote.inlet->records.push(crossing.record);
    WakeAt(remote.consumer, crossing.record.time);
  }
  totals_.records_crossed += static_cast<int64_t>(incoming.size());
}

void Engine::Reset() {
  for (std::vector<CrossingRecord>& records : outgoing_) {
    records.clear();
  }
  next_crossing_ = kNever;
  std::fill(next_.begin(), next_.end(), kNever);
  for (Component* component : components_) {
    component->Reset();
  }
}

int64_t Engine::MemoryBytes() const {
  size_t bytes = remotes_.capacity() * sizeof(Remote) + next_.capacity() * sizeof(Ticks);
  for (const std::vector<CrossingRecord>& records : outgoing_) {
    bytes += records.capacity() * sizeof(CrossingRecord);
  }
  int64_t total = static_cast<int64_t>(bytes);
  for (const Component* component : components_) {
    total += component->MemoryBytes();
  }
  return total;
}

}  // namespace upfabric::fabric::sim
