// What one direction of a link costs in time: its elements, its rate, and the clock that makes
// every packet a whole number of ticks.
//
// Models:  lanes x rate x coding; idle and marker taxes as time per byte; transmit PHY, FEC
//          (collection of the interleaved codewords, then decoding), retimers, what sits in the
//          medium, propagation, receive PHY, each an element of its own.
// Omits:   what fewer lanes add to the FEC collection; the time in which lanes are realigned.
// Source:  the preset's figures.

#ifndef UPFABRIC_FABRIC_MODEL_LINK_TIMING_H_
#define UPFABRIC_FABRIC_MODEL_LINK_TIMING_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "fabric/api/fabric_view.h"
#include "fabric/base/units.h"
#include "fabric/model/framing.h"
#include "fabric/model/spec.h"
#include "fabric/sim/clock.h"

namespace upfabric::fabric {

// A packet of some payload on a link: its serialization time and its share of the receive buffer.
struct PacketShape {
  sim::Ticks ticks = 0;
  uint32_t units = 0;  // wire units; a credit is the buffer space of one
};

// Packet shapes of channels that lost lanes: all packets take longer by one factor.
class ShapeTables {
 public:
  // `shapes` as built, by payload; they outlive the tables.
  explicit ShapeTables(const std::vector<PacketShape>& shapes) : shapes_(&shapes) {}

  // Times rounded up to whole ticks. Valid as long as the tables. Requires: slowdown >= 1.
  const std::vector<PacketShape>& For(Ratio slowdown);

 private:
  const std::vector<PacketShape>* shapes_;
  std::map<Ratio, std::vector<PacketShape>> slower_;
};

class LinkTiming {
 public:
  // Returns kInvalidArgument if the link's rate is 0 or the framing does not fit a record. With
  // `clock`, times are in its ticks.
  static absl::StatusOr<LinkTiming> Create(const LinkSpec& link, const ProtocolSpec& protocol,
                                           const sim::Clock* clock = nullptr);

  const Framing& framing() const { return framing_; }
  const sim::Clock& clock() const { return clock_; }
  // False if packet times had to be rounded (see clock.h).
  bool exact() const { return exact_; }

  // Rate of data-link bytes: lanes x rate x coding, before taxes.
  Bandwidth rate() const { return rate_; }
  // By payload in bytes, 0..max_payload.
  const std::vector<PacketShape>& shapes() const { return shapes_; }

  // From the first bit at the serializer to the first bit behind the receive PHY and FEC.
  Picoseconds WireDelay() const;
  // The parts of WireDelay(), in order, each name with `prefix` before it.
  std::vector<PathElement> Elements(const std::string& prefix) const;

 private:
  explicit LinkTiming(const Framing& framing) : framing_(framing) {}

  Framing framing_;
  sim::Clock clock_;
  bool exact_ = true;
  Bandwidth rate_;
  std::vector<PacketShape> shapes_;
  std::vector<PathElement> elements_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_LINK_TIMING_H_
