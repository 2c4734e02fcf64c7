// Framing arithmetic: how payload becomes packets and wire bytes in each protocol.
//
// Models:  NVLink: whole flits, header flits then data flits. UALink 200G: data in beats, request
//          field, and the response and flow-control bytes that the transaction causes on the other
//          direction (charged here, exact while both directions carry the same load), inside
//          data-link flits. Ethernet: transactions with their headers packed into frames of a
//          smallest size, with preamble and gap.
// Omits:   replay (none yet), explicit response packets, read requests, atomics.
// Units:   a wire unit is the largest size of which every packet is a whole multiple: an NVLink
//          flit, an Ethernet byte, 12.8 transaction-layer bytes of UALink's compressed writes.
// Source:  docs/sources.md, keys NVLINK-P100 (NVLink), UALINK-200-1.0 (UALink), SUE-1.0 and
//          ESUN-1.0 (Ethernet).

#ifndef UPFABRIC_FABRIC_MODEL_FRAMING_H_
#define UPFABRIC_FABRIC_MODEL_FRAMING_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "fabric/base/units.h"
#include "fabric/model/spec.h"

namespace upfabric::fabric {

class Framing {
 public:
  // Returns kInvalidArgument if the largest payload does not fit the 16 bits of a record.
  static absl::StatusOr<Framing> Create(const ProtocolSpec& spec);

  Bytes max_payload() const { return max_payload_; }
  // Exact size of a wire unit, in bytes of the data-link rate.
  Ratio unit_bytes() const { return unit_bytes_; }
  // Wire units of one packet. Requires: 0 <= payload <= max_payload().
  int64_t UnitsOf(Bytes payload) const;
  // Packets of a message; an empty message is one packet.
  int64_t PacketsOf(Bytes message) const;
  // Payload of the last packet of a message.
  Bytes LastPayloadOf(Bytes message) const;
  // Payload share of the wire bytes of one packet.
  Ratio EfficiencyOf(Bytes payload) const;

 private:
  // A packet costs: fixed + per_step x ceil(payload / step), and at least `smallest`, plus the
  // payload itself in bytes where `counts_payload`; all in wire units.
  Framing() = default;

  Bytes max_payload_;
  Ratio unit_bytes_;
  Bytes step_;
  int64_t units_per_step_ = 0;
  int64_t units_per_packet_ = 0;
  int64_t units_per_payload_byte_ = 0;
  int64_t units_min_ = 0;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_FRAMING_H_
