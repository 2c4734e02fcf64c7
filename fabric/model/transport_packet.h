// How records carry what a transport needs, in fabrics whose endpoints have one.
//
// Models:  a data packet is named by its flow (source, destination, link, virtual channel), the
//          number of its share in the flow (`via`, modulo 65,536) and its own in the share
//          (`position`, from 1 on); it may ask for an ack. Switches mark packets, and trim them:
//          what is left has no payload, its virtual channel as tag, and travels with the control
//          packets. Control packets go back to the source with the names of what they speak of.
// Omits:   headers of their own for each kind: all have the smallest frame.

#ifndef UPFABRIC_FABRIC_MODEL_TRANSPORT_PACKET_H_
#define UPFABRIC_FABRIC_MODEL_TRANSPORT_PACKET_H_

#include <cstdint>

#include "fabric/sim/record.h"

namespace upfabric::fabric {

enum class ControlKind : uint32_t {
  kAck = 0,     // of the packet that it names, and of others before it
  kNack = 1,    // of the packet that it names
  kNotice = 2,  // of congestion, in the flow as a whole
};

// What a control packet says in `tag`.
struct ControlTag {
  static constexpr int kOthersMax = 24;

  ControlKind kind = ControlKind::kAck;
  int virtual_channel = 0;  // of the flow
  uint32_t others = 0;      // ack: bit i - 1 is the packet i places before the one it names

  uint32_t Pack() const {
    return static_cast<uint32_t>(kind) | static_cast<uint32_t>(virtual_channel) << 4 | others << 8;
  }
  static ControlTag Unpack(uint32_t tag) {
    return {static_cast<ControlKind>(tag & 0xf), static_cast<int>(tag >> 4 & 0xf), tag >> 8};
  }
};

// Flags that fabrics without a transport use for split shares.
inline constexpr uint8_t kTrimmed = sim::Record::kMoved;
inline constexpr uint8_t kMarked = sim::Record::kSplit;
// A packet can cross faults that slow it down, never ones that split its share; kinds that belong
// to copies and reductions mean other things here.
inline constexpr sim::RecordKind kControl = sim::RecordKind::kMulticast;
inline constexpr sim::RecordKind kDataAsking = sim::RecordKind::kRead;

inline bool IsControl(const sim::Record& packet) { return packet.kind() == kControl; }
inline bool AsksForAck(const sim::Record& packet) { return packet.kind() == kDataAsking; }
inline bool IsTrimmed(const sim::Record& packet) { return (packet.flags & kTrimmed) != 0; }
inline bool IsMarked(const sim::Record& packet) { return (packet.flags & kMarked) != 0; }

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_TRANSPORT_PACKET_H_
