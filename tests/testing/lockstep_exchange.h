// Several partitions of a fabric in one process, each on a thread of its own.

#ifndef UPFABRIC_TESTS_TESTING_LOCKSTEP_EXCHANGE_H_
#define UPFABRIC_TESTS_TESTING_LOCKSTEP_EXCHANGE_H_

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "fabric/sim/exchange.h"

namespace upfabric::fabric::testing {

// A barrier that blocks at once: std::barrier yields first, and a busy machine then takes the core
// away for a whole time slice.
class BlockingBarrier {
 public:
  explicit BlockingBarrier(int parties) : parties_(parties) {}

  void ArriveAndWait() {
    std::unique_lock lock(mutex_);
    const int phase = phase_;
    if (++arrived_ == parties_) {
      arrived_ = 0;
      ++phase_;
      all_arrived_.notify_all();
      return;
    }
    all_arrived_.wait(lock, [&] { return phase_ != phase; });
  }

 private:
  const int parties_;
  std::mutex mutex_;
  std::condition_variable all_arrived_;
  int arrived_ = 0;
  int phase_ = 0;
};

// What the partitions share.
class LockstepHub {
 public:
  explicit LockstepHub(int partitions)
      : boxes_(static_cast<size_t>(partitions),
               std::vector<std::vector<sim::CrossingRecord>>(static_cast<size_t>(partitions))),
        next_(static_cast<size_t>(partitions), sim::kNever),
        barrier_(partitions) {}

 private:
  friend class LockstepExchange;
  std::vector<std::vector<std::vector<sim::CrossingRecord>>> boxes_;  // from, to
  std::vector<sim::Ticks> next_;
  BlockingBarrier barrier_;
};

class LockstepExchange final : public sim::WindowExchange {
 public:
  LockstepExchange(LockstepHub& hub, int partition)
      : hub_(hub), partition_(static_cast<size_t>(partition)) {}

  absl::StatusOr<sim::Ticks> Swap(std::span<const std::vector<sim::CrossingRecord>> outgoing,
                                  sim::Ticks next,
                                  std::vector<sim::CrossingRecord>& incoming) override {
    for (size_t to = 0; to < outgoing.size(); ++to) {
      hub_.boxes_[partition_][to] = outgoing[to];
    }
    hub_.next_[partition_] = next;
    hub_.barrier_.ArriveAndWait();
    for (size_t from = 0; from < outgoing.size(); ++from) {
      const std::vector<sim::CrossingRecord>& box = hub_.boxes_[from][partition_];
      incoming.insert(incoming.end(), box.begin(), box.end());
    }
    const sim::Ticks agreed = *std::min_element(hub_.next_.begin(), hub_.next_.end());
    hub_.barrier_.ArriveAndWait();
    return agreed;
  }

 private:
  LockstepHub& hub_;
  size_t partition_;
};

// Passes on to another exchange, and ends a row that does not end: in all partitions after the same
// window, with kDeadlineExceeded.
class BoundedExchange final : public sim::WindowExchange {
 public:
  explicit BoundedExchange(sim::WindowExchange& inner, int64_t windows_max = 20'000'000)
      : inner_(inner), windows_max_(windows_max) {}

  absl::StatusOr<sim::Ticks> Swap(std::span<const std::vector<sim::CrossingRecord>> outgoing,
                                  sim::Ticks next,
                                  std::vector<sim::CrossingRecord>& incoming) override {
    auto agreed = inner_.Swap(outgoing, next, incoming);
    if (agreed.ok() && ++windows_ > windows_max_) {
      return absl::DeadlineExceededError("no end after " + std::to_string(windows_max_) +
                                         " windows");
    }
    return agreed;
  }

 private:
  sim::WindowExchange& inner_;
  const int64_t windows_max_;
  int64_t windows_ = 0;
};

// Calls run(partition, exchange) for each partition, each on a thread of its own.
template <typename Run>
void RunInLockstep(int partitions, const Run& run) {
  if (partitions == 1) {
    sim::LocalExchange exchange;
    run(0, exchange);
    return;
  }
  LockstepHub hub(partitions);
  std::vector<std::thread> threads;
  for (int p = 0; p < partitions; ++p) {
    threads.emplace_back([&, p] {
      LockstepExchange exchange(hub, p);
      run(p, exchange);
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_LOCKSTEP_EXCHANGE_H_
