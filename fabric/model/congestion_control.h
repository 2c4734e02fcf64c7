// How fast a flow may send: what its sender learns, and what follows from it.
//
// Units:   ticks; wire bytes.
// Threads: none.

#ifndef UPFABRIC_FABRIC_MODEL_CONGESTION_CONTROL_H_
#define UPFABRIC_FABRIC_MODEL_CONGESTION_CONTROL_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include "fabric/base/units.h"
#include "fabric/model/ethernet_spec.h"
#include "fabric/sim/clock.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

// What an ack tells.
struct AckNews {
  sim::Ticks now = 0;
  int64_t bytes = 0;          // that it acknowledges
  sim::Ticks round_trip = 0;  // of the last packet among them
  bool marked = false;
  int64_t in_flight = 0;  // bytes not acknowledged before it
};

class CongestionControl {
 public:
  static constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

  virtual ~CongestionControl() = default;
  virtual void OnAck(const AckNews& /*news*/) {}
  virtual void OnLoss(sim::Ticks /*now*/, int64_t /*bytes*/) {}  // one packet
  virtual void OnNotice(sim::Ticks /*now*/) {}                   // of congestion
  // A packet starts that lasts `length`. Returns when the next one of the flow may start.
  virtual sim::Ticks OnSend(sim::Ticks start, sim::Ticks length) { return start + length; }
  virtual int64_t window() const { return kUnlimited; }  // bytes that may be in flight
};

// What all flows on links of one kind share.
struct FlowTimes {
  sim::Clock clock;
  Bandwidth rate;             // of the link
  int64_t packet_bytes = 0;   // of a full packet on the wire
  sim::Ticks round_trip = 0;  // R, on the unloaded fabric
};

// Computes the constants of a transport's congestion control once, and makes one for each flow.
class CongestionControlFactory {
 public:
  virtual ~CongestionControlFactory() = default;
  virtual std::unique_ptr<CongestionControl> Make() const = 0;

  static std::unique_ptr<CongestionControlFactory> Create(const TransportSpec& spec,
                                                          const FlowTimes& times);
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_CONGESTION_CONTROL_H_
