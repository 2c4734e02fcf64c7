// Which virtual channels of an output have something to send.
//
// Costs:   a loop over it takes one step for each member, not for each channel there is.

#ifndef UPFABRIC_FABRIC_MODEL_LANE_SET_H_
#define UPFABRIC_FABRIC_MODEL_LANE_SET_H_

#include <bit>
#include <cstdint>

#include "fabric/sim/record.h"

namespace upfabric::fabric {

// Members are 0 to Record::kVirtualChannels - 1, visited in that order.
class LaneSet {
 public:
  class Iterator {
   public:
    explicit Iterator(uint32_t rest) : rest_(rest) {}
    int operator*() const { return std::countr_zero(rest_); }
    Iterator& operator++() {
      rest_ &= rest_ - 1;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return rest_ != other.rest_; }

   private:
    uint32_t rest_;
  };

  bool empty() const { return bits_ == 0; }
  void Add(int lane) { bits_ = static_cast<uint8_t>(bits_ | 1u << lane); }
  void Remove(int lane) { bits_ = static_cast<uint8_t>(bits_ & ~(1u << lane)); }
  void Clear() { bits_ = 0; }
  // Of the members as they are now: a loop does not see what is added meanwhile.
  Iterator begin() const { return Iterator(bits_); }
  Iterator end() const { return Iterator(0); }

 private:
  static_assert(sim::Record::kVirtualChannels <= 8);
  uint8_t bits_ = 0;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_LANE_SET_H_
