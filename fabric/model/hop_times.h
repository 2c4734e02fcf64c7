// What all channels of one kind have in common: their delays, packet times, error rates and faults.
// A kind is that of the link, and what stands at the receiving end: an endpoint, or a chip of some
// kind.
//
// Units: ticks.

#ifndef UPFABRIC_FABRIC_MODEL_HOP_TIMES_H_
#define UPFABRIC_FABRIC_MODEL_HOP_TIMES_H_

#include <cstdint>
#include <vector>

#include "absl/base/attributes.h"
#include "fabric/model/credit_pool.h"
#include "fabric/model/fault_timeline.h"
#include "fabric/model/flit_errors.h"
#include "fabric/model/link_timing.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

struct HopTimes {
  const std::vector<PacketShape>* shapes = nullptr;  // by payload, on all lanes
  ShapeTables* shape_tables = nullptr;
  uint16_t full_payload = 0;
  int virtual_channels = 1;      // that of requests included, where switches reduce
  bool trains = false;           // packets that follow each other are handled together
  bool scatters = false;         // packets of a share can overtake each other on the way
  sim::Ticks data_delay = 0;     // of packets
  sim::Ticks control_delay = 0;  // of credits, on their way back
  sim::Ticks delivery = 0;       // port to endpoint
  sim::Ticks injection = 0;      // request to answer
  sim::Ticks replay_delay = 0;   // from a failed packet's last bit to its next start
  CreditReturn credit_return;    // of the buffers it sends to
  Ratio flit_error_rate;         // as built
  FlitErrorTables* errors = nullptr;
  const FaultTimeline* faults = nullptr;

  const PacketShape& ShapeAsBuilt(uint16_t payload) const { return (*shapes)[payload]; }
  // Serialization of a packet that came in on a link, and the spacing of its train: what the lanes
  // gave when it started.
  sim::Ticks PacketTime(const sim::Record& packet, int link) const {
    return packet.slow() ? SlowPacketTime(packet, link) : ShapeAsBuilt(packet.payload).ticks;
  }
  ABSL_ATTRIBUTE_COLD sim::Ticks SlowPacketTime(const sim::Record& packet, int link) const;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_HOP_TIMES_H_
