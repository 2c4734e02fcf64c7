// The 8-bit floats E4M3 and E5M2 as bits: conversions to float32 and back.
//
// Models:  rounding to nearest, ties to even, without saturation: what is too large becomes
//          infinite in E5M2 and NaN in E4M3, which has no infinity and one NaN for each sign.
// Source:  OCP 8-bit Floating Point Specification (OFP8), revision 1.0.

#ifndef UPFABRIC_COLLECTIVES_FLOAT8_H_
#define UPFABRIC_COLLECTIVES_FLOAT8_H_

#include <bit>
#include <cstdint>

#include "collectives/half.h"

namespace upfabric::collectives {

constexpr float FloatFromFloat8E5M2(uint8_t bits) {
  return FloatFromFloat16(static_cast<uint16_t>(bits << 8));  // its upper half
}

constexpr float FloatFromFloat8E4M3(uint8_t bits) {
  // As float16's: the bias is 120 less, and the product makes subnormal numbers normal.
  const uint32_t magnitude = uint32_t{bits & 0x7fu} << 20;
  const uint32_t finite = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) * 0x1p120f);
  const uint32_t nan = 0x7fc00000;
  return std::bit_cast<float>(((bits & 0x7f) == 0x7f ? nan : finite) | uint32_t{bits & 0x80u}
                                                                           << 24);
}

// With kMantissa bits stored and this bias: what rounds above `largest` becomes `overflow`.
template <int kMantissa, int kBias>
constexpr uint8_t Float8FromFloat(float value, uint32_t largest, uint32_t overflow, uint32_t nan) {
  constexpr int kDropped = 23 - kMantissa;
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t magnitude = bits & 0x7fffffff;
  const uint32_t sign = bits >> 24 & 0x80;
  if (magnitude > 0x7f800000) {
    return static_cast<uint8_t>(sign | nan);
  }
  uint32_t rounded = 0;
  if (magnitude < uint32_t{127 - kBias + 1} << 23) {
    // Subnormal: adding this power of two moves the bits in place, and the addition rounds them.
    constexpr uint32_t kMagic = uint32_t{127 + 1 - kBias + kDropped} << 23;
    rounded =
        std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + std::bit_cast<float>(kMagic)) -
        kMagic;
  } else {
    // Rebias; a mantissa that rounds up carries into the exponent.
    const uint32_t rebiased = magnitude - (uint32_t{127 - kBias} << 23);
    rounded =
        (rebiased + (uint32_t{1} << (kDropped - 1)) - 1 + (magnitude >> kDropped & 1)) >> kDropped;
  }
  return static_cast<uint8_t>(sign | (rounded > largest ? overflow : rounded));
}

constexpr uint8_t Float8E5M2FromFloat(float value) {
  return Float8FromFloat<2, 15>(value, 0x7b, 0x7c, 0x7e);
}

constexpr uint8_t Float8E4M3FromFloat(float value) {
  return Float8FromFloat<3, 7>(value, 0x7e, 0x7f, 0x7f);
}

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_FLOAT8_H_
