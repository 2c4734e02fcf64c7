// Which flits of a channel fail on the wire: how many pass until the next one does.
//
// Models:  each flit fails by itself with one probability, what is left after FEC: the number of
//          flits that pass before a failing one is geometric. A draw is a function of its key.
// Omits:   bursts over several flits.
// Costs:   a gap is 50 multiplications, drawn once for each failing flit; none for the others.
// Errors:  integers only; the probability is held to 2^-64, so 1e-12 to better than 1e-7 of itself.

#ifndef UPFABRIC_FABRIC_MODEL_FLIT_ERRORS_H_
#define UPFABRIC_FABRIC_MODEL_FLIT_ERRORS_H_

#include <array>
#include <cstdint>
#include <map>

#include "fabric/base/units.h"

namespace upfabric::fabric {

class FlitErrors {
 public:
  static constexpr int64_t kGapMax = int64_t{1} << 50;

  // Requires: 0 < rate < 1, the probability that a flit fails; units_per_flit > 0, in wire units.
  FlitErrors(Ratio rate, Ratio units_per_flit);

  // First wire unit from `unit` on that a failing flit makes useless: that flit's first one, or
  // `unit` itself in the middle of it.
  int64_t NextFailing(int64_t unit, uint64_t draw) const;

  // Flits that pass before the first that fails; uniform draws give a geometric distribution. At
  // most kGapMax.
  int64_t Gap(uint64_t draw) const;

 private:
  static constexpr int kPowers = 50;

  Ratio units_per_flit_;
  std::array<uint64_t, kPowers> pass_;  // probability that 2^i flits pass, in 2^-64
};

// The channels of a fabric that fail at the same rate share one.
class FlitErrorTables {
 public:
  explicit FlitErrorTables(Ratio units_per_flit) : units_per_flit_(units_per_flit) {}

  // Null for a rate of 0; valid as long as the tables.
  const FlitErrors* For(Ratio rate);
  Ratio units_per_flit() const { return units_per_flit_; }

 private:
  Ratio units_per_flit_;
  std::map<Ratio, FlitErrors> tables_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_FLIT_ERRORS_H_
