// What travels on a channel.
//
// Units: ticks of the fabric's clock (fabric/sim/clock.h).

#ifndef UPFABRIC_FABRIC_SIM_RECORD_H_
#define UPFABRIC_FABRIC_SIM_RECORD_H_

#include <cstdint>
#include <limits>
#include <type_traits>

namespace upfabric::fabric::sim {

using Ticks = int64_t;
inline constexpr Ticks kNever = std::numeric_limits<Ticks>::max();

// A packet, or a message's share of one link on its way between an endpoint and its port.
struct Record {
  Ticks time = 0;        // earliest instant at which the receiver can react to the first bit
  uint32_t tag = 0;      // names the message together with source and destination
  uint32_t packets = 1;  // packet: 1; share: packets of the message on this link
  uint16_t source = 0;   // endpoint
  uint16_t destination = 0;
  uint16_t payload = 0;  // bytes of the packet; share: of its last packet (the others are full)
  uint8_t shares = 1;    // of this message when it was posted; kMoved: rests up to this one
  uint8_t flags = 0;     // virtual channel in the low four bits, then kLast and the others

  static constexpr uint8_t kChannelMask = 0x0f;
  static constexpr uint8_t kMiddleMask = 0x8f;  // what packets have that do not end their share
  static constexpr uint8_t kLast = 0x10;        // train: ends its share
  static constexpr uint8_t kMoved = 0x20;       // with kLast: the share is the rest of a split one
  static constexpr uint8_t kSplit = 0x40;  // with kLast: the share's rest comes as one more share
  static constexpr uint8_t kAllButSlow = 0x7f;
  static constexpr uint8_t kSlow = 0x80;  // packet: took longer on this channel than as built

  uint8_t virtual_channel() const { return flags & kChannelMask; }
  bool last() const { return (flags & kLast) != 0; }
  bool moved() const { return (flags & kMoved) != 0; }
  bool split() const { return (flags & kSplit) != 0; }
  bool slow() const { return (flags & kSlow) != 0; }
};
static_assert(sizeof(Record) == 24 && std::is_trivially_copyable_v<Record>);

// Credits on their way back to a sender, one for each packet of a train: the first at `time`, then
// one every `spacing`. They do not arrive in the order of emission.
struct Credit {
  Ticks time = 0;
  Ticks spacing = 0;
  uint32_t packets = 1;
  uint32_t units : 28 = 0;  // wire units of a packet
  uint32_t virtual_channel : 4 = 0;
};
static_assert(sizeof(Credit) == 24 && std::is_trivially_copyable_v<Credit>);

}  // namespace upfabric::fabric::sim

#endif  // UPFABRIC_FABRIC_SIM_RECORD_H_
