#include "fabric/model/hop_times.h"

namespace upfabric::fabric {

sim::Ticks HopTimes::SlowPacketTime(const sim::Record& packet, int link) const {
  const sim::Ticks start = packet.time - data_delay;
  return shape_tables->For(faults->Slowdown(link, start))[packet.payload].ticks;
}

}  // namespace upfabric::fabric
