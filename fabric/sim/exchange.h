// The seam to the other partitions of a fabric: after each window they swap records and agree where
// the next window begins.
//
// A run is a sequence of windows; every partition calls Swap once after each, in step. What a
// partition sends in a window arrives after the window's end, so nobody waits inside one.

#ifndef UPFABRIC_FABRIC_SIM_EXCHANGE_H_
#define UPFABRIC_FABRIC_SIM_EXCHANGE_H_

#include <span>
#include <type_traits>
#include <vector>

#include "absl/status/statusor.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric::sim {

// A record that leaves its partition, with the channel it travels on.
struct CrossingRecord {
  Record record;
  int32_t channel = 0;
  int32_t reserved = 0;
};
static_assert(sizeof(CrossingRecord) == 40 && std::is_trivially_copyable_v<CrossingRecord>);

class WindowExchange {
 public:
  virtual ~WindowExchange() = default;

  // Sends outgoing[p] to partition p, appends to `incoming` what the others sent to this one
  // (records of one channel in their order), and returns the smallest `next` of all partitions.
  // An error ends the run in every partition: a peer is gone, or the run was stopped.
  virtual absl::StatusOr<Ticks> Swap(std::span<const std::vector<CrossingRecord>> outgoing,
                                     Ticks next, std::vector<CrossingRecord>& incoming) = 0;
};

// For a fabric in one partition.
class LocalExchange final : public WindowExchange {
 public:
  absl::StatusOr<Ticks> Swap(std::span<const std::vector<CrossingRecord>>, Ticks next,
                             std::vector<CrossingRecord>&) override {
    return next;
  }
};

}  // namespace upfabric::fabric::sim

#endif  // UPFABRIC_FABRIC_SIM_EXCHANGE_H_
