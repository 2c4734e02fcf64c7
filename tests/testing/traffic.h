// Scripted clients for the fabric alone: who sends what to whom, and when it arrived.

#ifndef UPFABRIC_TESTS_TESTING_TRAFFIC_H_
#define UPFABRIC_TESTS_TESTING_TRAFFIC_H_

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fabric/api/fabric.h"
#include "fabric/topo/layout.h"
#include "tests/testing/fabric_specs.h"
#include "tests/testing/lockstep_exchange.h"

namespace upfabric::fabric::testing {

enum class SendKind { kMessage, kMulticast, kReduceRead };

struct Send {
  int source = 0;
  int destination = 0;  // a group unless it is a message
  Bytes size = Bytes(0);
  int virtual_channel = 0;
  Picoseconds delay = Picoseconds(0);  // after the start; 0 or more
  // Posted only when this many messages have arrived at the source.
  int after_received = 0;
  SendKind kind = SendKind::kMessage;
  bool tell_when_sent = false;  // of a message
};

// Groups of the tests, by how many endpoints there are: everyone, and every second one.
inline std::vector<std::vector<EndpointId>> Groups(int endpoints) {
  std::vector<std::vector<EndpointId>> groups(2);
  for (int e = 0; e < endpoints; ++e) {
    groups[0].emplace_back(e);
    if (e % 2 == 0) {
      groups[1].emplace_back(e);
    }
  }
  return groups;
}

// One endpoint's part of a list of sends; the tag is the index in the list.
class ScriptedClient final : public MessagePortClient {
 public:
  ScriptedClient(const std::vector<Send>& sends, int self) : sends_(sends), self_(self) {}

  int self() const { return self_; }

  void OnStart(MessagePort& port) override {
    port_ = &port;
    for (size_t i = 0; i < sends_.size(); ++i) {
      if (Receives(sends_[i])) {
        port.PostRecv(EndpointId(sends_[i].source), static_cast<uint32_t>(i),
                      static_cast<uint32_t>(i));
      }
    }
    PostWhatMay();
  }
  void OnReceived(SimTime now, uint32_t cookie) override {
    arrivals_.emplace_back(cookie, now);
    PostWhatMay();
  }
  void OnLocalDone(SimTime now, uint32_t) override { local_done_.push_back(now); }
  void OnTimer(SimTime, uint32_t cookie) override { Post(cookie); }
  void OnSent(SimTime now, uint32_t cookie) override { sent_.emplace_back(cookie, now); }

  // (index of the send, time), in order of arrival.
  const std::vector<std::pair<uint32_t, SimTime>>& arrivals() const { return arrivals_; }
  // Likewise, of the messages that asked to be told when they have left.
  const std::vector<std::pair<uint32_t, SimTime>>& sent() const { return sent_; }
  const std::vector<SimTime>& local_done() const { return local_done_; }

 private:
  // The result of a reduce-read is asked for when it is posted.
  bool Receives(const Send& send) const {
    switch (send.kind) {
      case SendKind::kMessage:
        return send.destination == self_;
      case SendKind::kMulticast:
        return send.destination == 0 || self_ % 2 == 0;  // Groups()
      case SendKind::kReduceRead:
        break;
    }
    return false;
  }
  void PostWhatMay() {
    for (; next_ < sends_.size(); ++next_) {
      const Send& send = sends_[next_];
      if (send.source != self_) {
        continue;
      }
      if (send.after_received > static_cast<int>(arrivals_.size())) {
        return;
      }
      if (send.delay > Picoseconds(0)) {
        port_->PostTimer(send.delay, static_cast<uint32_t>(next_));
      } else {
        Post(static_cast<uint32_t>(next_));
      }
    }
  }
  void Post(uint32_t index) {
    const Send& send = sends_[index];
    switch (send.kind) {
      case SendKind::kMessage:
        port_->PostSend({EndpointId(send.destination), index, send.size, send.virtual_channel,
                         send.tell_when_sent, index});
        break;
      case SendKind::kMulticast:
        port_->PostMulticast({send.destination, index, send.size, send.virtual_channel});
        break;
      case SendKind::kReduceRead:
        port_->PostReduceRead({send.destination, index, send.size, send.virtual_channel}, index);
        break;
    }
  }

  const std::vector<Send>& sends_;
  int self_;
  MessagePort* port_ = nullptr;
  size_t next_ = 0;
  std::vector<std::pair<uint32_t, SimTime>> arrivals_;
  std::vector<std::pair<uint32_t, SimTime>> sent_;
  std::vector<SimTime> local_done_;
};

// A send that has arrived at an endpoint.
using Delivery = std::tuple<uint32_t, int, SimTime>;  // index, endpoint, time

// What a run of a list of sends gave.
struct Traffic {
  // By index of the send, a multicast's at its last member; SimTime of -1 ps if it never arrived.
  std::vector<SimTime> arrival;
  std::vector<Delivery> deliveries;                     // in order
  std::vector<Delivery> sent;                           // likewise, of those that asked
  std::vector<std::pair<EndpointId, uint64_t>> hashes;  // by endpoint
  std::vector<ChannelCounters> counters;                // by name
  FabricTotals totals;
  std::vector<std::string> failures;  // messages of rows that failed, sorted
  std::vector<std::string> blocked;   // sorted
  bool hung = false;                  // stopped by BoundedExchange

  uint64_t Fingerprint() const {
    uint64_t chain = 0;
    for (const auto& [endpoint, hash] : hashes) {
      chain = Chain(chain, hash);
    }
    return chain;
  }
};

inline void Merge(const Fabric& fabric, const std::vector<std::unique_ptr<ScriptedClient>>& clients,
                  Traffic& traffic) {
  for (const auto& client : clients) {
    for (const auto& [index, time] : client->arrivals()) {
      traffic.arrival[index] = std::max(traffic.arrival[index], time);
      traffic.deliveries.emplace_back(index, client->self(), time);
    }
    for (const auto& [index, time] : client->sent()) {
      traffic.sent.emplace_back(index, client->self(), time);
    }
  }
  const auto hashes = fabric.DeliveryHashes();
  traffic.hashes.insert(traffic.hashes.end(), hashes.begin(), hashes.end());
  const auto counters = fabric.Counters();
  traffic.counters.insert(traffic.counters.end(), counters.begin(), counters.end());
  const std::vector<std::string> blocked = fabric.Blocked();
  traffic.blocked.insert(traffic.blocked.end(), blocked.begin(), blocked.end());
  const FabricTotals totals = fabric.Totals();
  traffic.totals.hops += totals.hops;
  traffic.totals.records_crossed += totals.records_crossed;
  traffic.totals.faults = totals.faults;
  traffic.totals.messages_posted += totals.messages_posted;
  traffic.totals.messages_delivered += totals.messages_delivered;
  traffic.totals.packets_replicated += totals.packets_replicated;
  traffic.totals.packets_reduced += totals.packets_reduced;
  std::sort(traffic.deliveries.begin(), traffic.deliveries.end());
  std::sort(traffic.sent.begin(), traffic.sent.end());
  std::sort(traffic.hashes.begin(), traffic.hashes.end());
  std::sort(traffic.counters.begin(), traffic.counters.end(),
            [](const ChannelCounters& a, const ChannelCounters& b) { return a.name < b.name; });
}

// One partition of the fabric with its share of the scripted clients.
class TrafficPartition {
 public:
  // The spec and the faults must be valid; `sends` outlive it.
  TrafficPartition(const FabricSpec& spec, const std::vector<Send>& sends,
                   const FabricOptions& options, const FaultSchedule& faults)
      : fabric_(*Fabric::Create(spec, options)) {
    if (spec.switch_chip.in_switch.has_value()) {
      UPF_CHECK(fabric_->SetGroups(Groups(spec.endpoints)).ok());
    }
    UPF_CHECK(fabric_->SetFaults(faults).ok());
    for (int e = 0; e < spec.all_endpoints(); ++e) {
      if (fabric_->Owns(EndpointId(e))) {
        clients_.push_back(std::make_unique<ScriptedClient>(sends, e));
        fabric_->Attach(EndpointId(e), clients_.back().get());
      }
    }
  }

  const Fabric& fabric() const { return *fabric_; }
  void Run(sim::WindowExchange& exchange) {
    BoundedExchange bounded(exchange);
    status_ = fabric_->RunRow(bounded);
  }
  void AddTo(Traffic& traffic) const {
    Merge(*fabric_, clients_, traffic);
    traffic.hung |= status_.code() == absl::StatusCode::kDeadlineExceeded;
    if (!status_.ok()) {
      traffic.failures.emplace_back(status_.message());
    }
    std::sort(traffic.failures.begin(), traffic.failures.end());
    std::sort(traffic.blocked.begin(), traffic.blocked.end());
  }

 private:
  std::unique_ptr<Fabric> fabric_;
  std::vector<std::unique_ptr<ScriptedClient>> clients_;
  absl::Status status_;
};

// Runs the sends on `partitions` partitions of the fabric, each on a thread. The spec and the
// faults must be valid.
inline Traffic RunTraffic(const FabricSpec& spec, const std::vector<Send>& sends,
                          FabricOptions options = {}, int partitions = 1,
                          const FaultSchedule& faults = {}) {
  std::vector<std::unique_ptr<TrafficPartition>> parts;
  for (int p = 0; p < partitions; ++p) {
    options.partition = p;
    options.partitions = partitions;
    parts.push_back(std::make_unique<TrafficPartition>(spec, sends, options, faults));
  }
  RunInLockstep(partitions, [&](int p, sim::WindowExchange& exchange) {
    parts[static_cast<size_t>(p)]->Run(exchange);
  });
  Traffic traffic;
  traffic.arrival.assign(sends.size(), SimTime(Picoseconds(-1)));
  for (const auto& part : parts) {
    part->AddTo(traffic);
  }
  return traffic;
}

// Random sends between distinct endpoints, some of them chained on arrivals.
inline std::vector<Send> RandomSends(const FabricSpec& spec, Draws& draws) {
  std::vector<Send> sends(static_cast<size_t>(draws.Between(1, 60)));
  const bool incast = draws.Between(0, 3) == 0;
  const int classes = Layout::Create(spec, 1)->channel_classes();
  for (Send& send : sends) {
    send.destination = incast ? 0 : static_cast<int>(draws.Between(0, spec.all_endpoints() - 1));
    send.source = static_cast<int>((send.destination + draws.Between(1, spec.all_endpoints() - 1)) %
                                   spec.all_endpoints());
    send.size = Bytes(draws.Between(0, 2) == 0 ? draws.Between(0, 600) : draws.Between(0, 40'000));
    send.virtual_channel =
        static_cast<int>(draws.Between(0, spec.switch_chip.virtual_channels / classes - 1));
    send.delay = Picoseconds(draws.Between(0, 1) * draws.Between(0, 2'000'000));
    send.tell_when_sent = draws.Between(0, 3) == 0;
  }
  if (spec.switch_chip.in_switch.has_value()) {
    for (Send& send : sends) {
      send.kind = static_cast<SendKind>(draws.Between(0, 2));
      if (send.kind != SendKind::kMessage) {
        send.destination = static_cast<int>(draws.Between(0, 1));
        send.size = Bytes(send.size.count() / 4);
      }
    }
  }
  // A send may wait only for arrivals that come whatever happens: those of unchained sends.
  for (size_t i = 0; i < sends.size(); ++i) {
    int unchained = 0;
    for (size_t j = 0; j < i; ++j) {
      unchained += sends[j].destination == sends[i].source && sends[j].after_received == 0 &&
                           sends[j].kind == SendKind::kMessage
                       ? 1
                       : 0;
    }
    if (unchained > 0 && draws.Between(0, 3) == 0) {
      bool blocks_an_unchained_one = false;
      for (size_t j = i + 1; j < sends.size(); ++j) {
        blocks_an_unchained_one |= sends[j].source == sends[i].source;
      }
      if (!blocks_an_unchained_one) {
        sends[i].after_received = static_cast<int>(draws.Between(1, unchained));
      }
    }
  }
  return sends;
}

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_TRAFFIC_H_
