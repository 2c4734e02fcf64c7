// float16 and bfloat16 as bits: conversions to float32 and back, without branches that stop a
// compiler from using vectors.
//
// Source: IEEE 754-2008, binary16 and binary32; bfloat16 is the upper half of a binary32.

#ifndef UPFABRIC_COLLECTIVES_HALF_H_
#define UPFABRIC_COLLECTIVES_HALF_H_

#include <bit>
#include <cstdint>

namespace upfabric::collectives {

constexpr float FloatFromBfloat16(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

// Rounds to nearest, ties to even; a NaN stays one.
constexpr uint16_t Bfloat16FromFloat(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = bits + 0x7fff + ((bits >> 16) & 1);
  const uint32_t quiet_nan = bits | 0x400000;
  const bool is_nan = (bits & 0x7fffffff) > 0x7f800000;
  return static_cast<uint16_t>((is_nan ? quiet_nan : rounded) >> 16);
}

constexpr float FloatFromFloat16(uint16_t bits) {
  // The exponent's bias is 112 less; the product also turns subnormal numbers into normal ones.
  const uint32_t magnitude = (static_cast<uint32_t>(bits) & 0x7fff) << 13;
  const uint32_t finite = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) * 0x1p112f);
  const uint32_t special = magnitude | 0x7f800000;
  const uint32_t sign = (static_cast<uint32_t>(bits) & 0x8000) << 16;
  return std::bit_cast<float>((magnitude >= 0x7c00u << 13 ? special : finite) | sign);
}

// Rounds to nearest, ties to even; what is too large becomes infinite; a NaN stays one.
constexpr uint16_t Float16FromFloat(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t magnitude = bits & 0x7fffffff;
  // Normal: rebias, and let a rounded-up mantissa carry into the exponent (up to infinity).
  const uint32_t normal = (magnitude - (112u << 23) + 0xfff + ((magnitude >> 13) & 1)) >> 13;
  // Subnormal: adding 1/2 moves the bits in place, and the addition rounds them.
  const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
  const uint32_t subnormal = std::bit_cast<uint32_t>(shifted) - std::bit_cast<uint32_t>(0.5f);
  const uint32_t overflow = magnitude > 0x7f800000 ? 0x7e00 : 0x7c00;
  const uint32_t finite = magnitude < 113u << 23 ? subnormal : normal;
  const uint32_t rounded = magnitude >= 143u << 23 ? overflow : finite;
  return static_cast<uint16_t>(rounded | ((bits >> 16) & 0x8000));
}

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_HALF_H_
