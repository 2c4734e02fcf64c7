// Where a switch keeps, for each multicast packet in an input buffer, which copies are still there.
//
// Models:  copies leave independently, each by the rules of its output; the packet's buffer space
//          returns as credits when the last byte of the last copy has left.
// Costs:   a few operations a copy of a packet, in a row over the packets of a train; memory for
//          what the input buffers hold.
// Units:   ticks.

#ifndef UPFABRIC_FABRIC_MODEL_MULTICAST_UNIT_H_
#define UPFABRIC_FABRIC_MODEL_MULTICAST_UNIT_H_

#include <cstdint>
#include <vector>

#include "fabric/model/credit_pool.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

class MulticastUnit {
 public:
  explicit MulticastUnit(int inputs) : inputs_(static_cast<size_t>(inputs)) {}

  // A train that has come in on `input`, to be copied `copies` times. Returns a name for it, unique
  // among those of this input that are still there.
  uint16_t Hold(int input, const sim::Record& train, size_t copies);

  // `sent` packets of a copy, of which `remaining` had not left before, leave from `start` on, one
  // every `packet_time`. Returns credits to `credits_out` for the packets of which this was the
  // last copy; they are of `shape` on all lanes.
  void CopyLeaves(int input, uint16_t name, sim::Ticks start, int64_t sent, uint32_t remaining,
                  sim::Ticks packet_time, const PacketShape& shape, sim::Ticks control_delay,
                  CreditPool& credits_out);

  // Packets made by copying, since construction: one less than the copies of each.
  int64_t replicated() const { return replicated_; }

  void Reset();
  int64_t MemoryBytes() const;

 private:
  struct Held {
    uint32_t packets = 0;
    uint32_t gone = 0;  // packets of which all copies have left
    uint8_t virtual_channel = 0;
    std::vector<uint32_t> copies;  // by packet: copies that have not left
    std::vector<sim::Ticks> left;  // by packet: when the latest copy has left
  };
  struct Input {
    std::vector<Held> held;       // by name
    std::vector<uint16_t> names;  // free ones
  };

  std::vector<Input> inputs_;
  int64_t replicated_ = 0;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_MULTICAST_UNIT_H_
