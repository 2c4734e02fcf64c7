// Positive numbers of any size, for probabilities that no fraction of 64-bit terms holds.
//
// Errors: integers only, the same on every machine; an operation rounds down, by less than 2^-62 of
//         its result.

#ifndef UPFABRIC_FABRIC_BASE_SCALED_NUMBER_H_
#define UPFABRIC_FABRIC_BASE_SCALED_NUMBER_H_

#include <cstdint>
#include <string>

#include "fabric/base/ratio.h"

namespace upfabric {

// mantissa x 2^exponent; the mantissa has its highest bit set, or is 0.
struct ScaledNumber {
  uint64_t mantissa = 0;
  int exponent = 0;

  // Requires: not negative.
  static ScaledNumber From(Ratio value);
  // To better than 2^-30 of itself; 0 up to 2^-62. Requires: at most 1.
  Ratio ToRatio() const;
  // Decimal with so many significant digits, for reports: "6.2e-11". Requires: digits in [1, 15].
  std::string Text(int digits) const;

  bool is_zero() const { return mantissa == 0; }
  bool IsAtLeastOne() const;
};

ScaledNumber Multiply(ScaledNumber a, ScaledNumber b);
// Requires: b is not 0.
ScaledNumber Divide(ScaledNumber a, ScaledNumber b);
ScaledNumber Add(ScaledNumber a, ScaledNumber b);
// 1 - p, rounded up by less than 2^-64. Requires: p at most 1.
ScaledNumber OneMinus(ScaledNumber p);
// Requires: exponent >= 0.
ScaledNumber Power(ScaledNumber base, int64_t exponent);

}  // namespace upfabric

#endif  // UPFABRIC_FABRIC_BASE_SCALED_NUMBER_H_
