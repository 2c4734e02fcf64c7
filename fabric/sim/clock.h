// The fabric's own clock: ticks of 1/q ps, q chosen so that every packet lasts whole ticks.
//
// Models:  exact serialization: no rounding, so no drift over any run.
// Omits:   fabrics whose q would exceed kTicksPerPicosecondMax: there packets are rounded up to one
//          tick of 1/kTicksPerPicosecondMax ps, and `exact` says so.
// Source:  chosen: at q = 10,000 a signed 64-bit tick count lasts 15 minutes of virtual time.

#ifndef UPFABRIC_FABRIC_SIM_CLOCK_H_
#define UPFABRIC_FABRIC_SIM_CLOCK_H_

#include <cstdint>

#include "fabric/base/units.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric::sim {

class Clock {
 public:
  static constexpr int64_t kTicksPerPicosecondMax = 10'000;

  // Requires: 1 <= ticks_per_picosecond <= kTicksPerPicosecondMax.
  constexpr explicit Clock(int64_t ticks_per_picosecond = 1)
      : ticks_per_picosecond_(ticks_per_picosecond) {
    UPF_CHECK_OP(ticks_per_picosecond, >=, 1);
    UPF_CHECK_OP(ticks_per_picosecond, <=, kTicksPerPicosecondMax);
  }

  constexpr int64_t ticks_per_picosecond() const { return ticks_per_picosecond_; }
  constexpr Ticks FromPicoseconds(Picoseconds length) const {
    return (length * ticks_per_picosecond_).count();
  }
  // Rounds up: what ends inside a picosecond is said to end with it. Requires: ticks >= 0.
  constexpr Picoseconds ToPicoseconds(Ticks ticks) const {
    return Picoseconds(ticks / ticks_per_picosecond_ +
                       (ticks % ticks_per_picosecond_ != 0 ? 1 : 0));
  }

 private:
  int64_t ticks_per_picosecond_;
};

}  // namespace upfabric::fabric::sim

#endif  // UPFABRIC_FABRIC_SIM_CLOCK_H_
