// Several partitions of a fabric in one process, each on a thread of its own.

#ifndef UPFABRIC_TESTS_TESTING_LOCKSTEP_EXCHANGE_H_
#define UPFABRIC_TESTS_TESTING_LOCKSTEP_EXCHANGE_H_

#include <algorithm>
#include <barrier>
#include <vector>

#include "fabric/sim/exchange.h"

namespace upfabric::fabric::testing {

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
  std::barrier<> barrier_;
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
    hub_.barrier_.arrive_and_wait();
    for (size_t from = 0; from < outgoing.size(); ++from) {
      const std::vector<sim::CrossingRecord>& box = hub_.boxes_[from][partition_];
      incoming.insert(incoming.end(), box.begin(), box.end());
    }
    const sim::Ticks agreed = *std::min_element(hub_.next_.begin(), hub_.next_.end());
    hub_.barrier_.arrive_and_wait();
    return agreed;
  }

 private:
  LockstepHub& hub_;
  size_t partition_;
};

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_LOCKSTEP_EXCHANGE_H_
