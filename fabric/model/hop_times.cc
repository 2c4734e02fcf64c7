#include "fabric/model/hop_times.h"

namespace upfabric::fabric {

sim::Ticks HopTimes::SlowPacketTime(const sim::Record& packet, int endpoint, int link) const {
  const sim::Ticks start = packet.time - arrival_delay;
  return shape_tables->For(faults->Slowdown(endpoint, link, start))[packet.payload].ticks;
}

}  // namespace upfabric::fabric
