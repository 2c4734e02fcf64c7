// Shares whose packets can overtake each other on the way: which of them are in.
//
// Models:  placement as packets come; a share is complete when all that its last packet counts are
//          in. Room for it is the receiver's memory, so it is not limited.
// Omits:   shares that faults split.
// Threads: none.

#ifndef UPFABRIC_FABRIC_MODEL_ARRIVING_SHARES_H_
#define UPFABRIC_FABRIC_MODEL_ARRIVING_SHARES_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

class ArrivingShares {
 public:
  // Counts a train of packets. Returns whether its share is complete.
  bool Complete(const sim::Record& train) {
    Share& share = shares_[KeyOf(train)];
    share.arrived += train.packets;
    if (train.last()) {
      share.last = train;
    }
    return share.last.position == share.arrived;
  }

  // The last packet of the share that `train` has completed; it is forgotten then.
  sim::Record TakeLast(const sim::Record& train) {
    const auto found = shares_.find(KeyOf(train));
    const sim::Record last = found->second.last;
    shares_.erase(found);
    return last;
  }

  void Reset() { shares_.clear(); }
  size_t MemoryBytes() const { return shares_.capacity() * sizeof(std::pair<uint64_t, Share>); }

 private:
  struct Share {
    uint32_t arrived = 0;
    sim::Record last;  // position 0 until it is in
  };
  static uint64_t KeyOf(const sim::Record& packet) {
    return uint64_t{packet.source} << 32 | packet.tag;
  }

  absl::flat_hash_map<uint64_t, Share> shares_;  // never iterated
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_ARRIVING_SHARES_H_
