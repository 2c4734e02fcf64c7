// Typed identifiers: an id of one kind cannot be passed for another.

#ifndef UPFABRIC_FABRIC_BASE_IDS_H_
#define UPFABRIC_FABRIC_BASE_IDS_H_

#include <compare>
#include <cstdint>

namespace upfabric {

// An index with a type of its own. Ids of one kind count from 0 in the order of the scenario.
template <typename Tag>
class StrongId {
 public:
  constexpr StrongId() = default;
  constexpr explicit StrongId(int32_t value) : value_(value) {}

  constexpr int32_t value() const { return value_; }
  // For indexing a vector. Requires: the id was assigned.
  constexpr size_t index() const { return static_cast<size_t>(value_); }

  friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;

 private:
  int32_t value_ = -1;
};

using EndpointId = StrongId<struct EndpointTag>;    // an accelerator of the fabric
using SwitchId = StrongId<struct SwitchTag>;        // a switch chip
using ComponentId = StrongId<struct ComponentTag>;  // anything the engine advances
using ChannelId = StrongId<struct ChannelTag>;      // one direction of a link, or an inner channel

}  // namespace upfabric

#endif  // UPFABRIC_FABRIC_BASE_IDS_H_
