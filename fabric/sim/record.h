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

// What a packet or a share is for. Requests, answers and results belong to reduce-reads, which
// fabric/model/reduction_unit.h describes.
enum class RecordKind : uint8_t {
  kMessage = 0,
  kMulticast = 1,  // up to the switch, which makes messages of it; the destination is a group
  kRead = 2,       // share: a reduce-read of a group; packet: the request for one block of it
  kReduced = 3,    // up: an answer to a request; down: packets of the result
};

// A train of packets, or a message's share of one link on its way between an endpoint and its port.
// Packets of a train follow each other without a gap: each is a packet time behind the last.
struct Record {
  Ticks time = 0;            // earliest instant at which the receiver can react to the first bit
  uint32_t tag = 0;          // names the message together with source and destination
  uint32_t packets = 1;      // of the train; share: of the message on this link
  uint16_t source = 0;       // endpoint
  uint16_t destination = 0;  // endpoint or group
  // Bytes of each packet; share: of its last one (the others are full).
  uint16_t payload : 15 = 0;
  // Train: each packet took longer on this channel than as built. Share, to a port: asks to be told
  // when it has left; from a port: tells that it has, or still asks if it comes back.
  uint16_t mark : 1 = 0;
  uint8_t shares = 1;  // of this message when it was posted; moved: rests up to this one
  uint8_t flags = 0;   // virtual channel in the low three bits, then kLast, kind, the others
  // Of the last packet of a train: its number in its share, from 1 on; what has left of a share.
  uint32_t position = 0;
  uint16_t via = 0;     // a detour that is still ahead, see fabric/model/router.h; 0: none
  uint8_t link = 0;     // of the source, and of the destination behind switches
  uint8_t entropy = 0;  // which of the ways of its flow, see fabric/model/transport_port.h

  static constexpr int kVirtualChannels = 8;
  static constexpr uint16_t kPayloadMax = 0x7fff;
  static constexpr uint8_t kLast =
      0x08;  // ends its share; a share has it once it has left its port
  static constexpr int kKindShift = 4;
  static constexpr uint8_t kMoved = 0x40;  // with kLast: the share is the rest of a split one
  static constexpr uint8_t kSplit = 0x80;  // with kLast: the share's rest comes as one more share
  static constexpr uint8_t kMiddleMask = 0x37;  // what packets have that do not end their share

  uint8_t virtual_channel() const { return flags % kVirtualChannels; }
  void set_virtual_channel(uint8_t channel) {
    flags = static_cast<uint8_t>((flags & ~(kVirtualChannels - 1)) | channel);
  }
  bool last() const { return (flags & kLast) != 0; }
  bool moved() const { return (flags & kMoved) != 0; }
  bool split() const { return (flags & kSplit) != 0; }
  bool slow() const { return mark != 0; }
  bool tells_sent() const { return mark != 0; }
  // Of shares that reach an endpoint at one instant: arrivals, what has left, what comes back.
  int OrderAtEndpoint() const { return last() ? mark : 2; }
  RecordKind kind() const { return static_cast<RecordKind>(flags >> kKindShift & 3); }
  bool is_message() const { return (flags & 3 << kKindShift) == 0; }
  // Requires: bytes <= kPayloadMax.
  void set_payload(uint16_t bytes) { payload = bytes & kPayloadMax; }
  uint8_t flags_without_last() const { return flags & kMiddleMask; }

  static uint8_t Flags(RecordKind kind, int virtual_channel) {
    return static_cast<uint8_t>(static_cast<int>(kind) << kKindShift | virtual_channel);
  }
};
static_assert(sizeof(Record) == 32 && std::is_trivially_copyable_v<Record>);

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
