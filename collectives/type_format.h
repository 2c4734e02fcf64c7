// How the element types are stored, and which whole numbers and powers of two they hold exactly.
//
// Source: IEEE 754-2008 for binary16, 32 and 64; OCP 8-bit Floating Point Specification for E4M3
//         and E5M2; bfloat16 is the upper half of a binary32.

#ifndef UPFABRIC_COLLECTIVES_TYPE_FORMAT_H_
#define UPFABRIC_COLLECTIVES_TYPE_FORMAT_H_

#include <cstdint>

#include "collectives/collective.h"

namespace upfabric::collectives {

struct TypeFormat {
  int bits = 32;
  bool is_float = false;
  bool is_signed = true;
  int mantissa_bits = 0;  // of a float, without the one that is not stored
  int exponent_bias = 0;  // likewise
  int exponent_max = 0;   // likewise: 2^e and 2^-e are normal numbers up to it

  // Largest whole number such that it and all below it are exact, or what 31 bits hold.
  constexpr int64_t whole_max() const {
    constexpr int kBitsMax = 31;
    const int held = is_float ? mantissa_bits + 1 : bits - (is_signed ? 1 : 0);
    const int64_t above = int64_t{1} << (held < kBitsMax ? held : kBitsMax);
    return is_float && held < kBitsMax ? above : above - 1;
  }
};

constexpr TypeFormat FormatOf(DataType type) {
  switch (type) {
    case DataType::kFloat64:
      return {64, true, true, 52, 1023, 1022};
    case DataType::kFloat32:
      return {32, true, true, 23, 127, 126};
    case DataType::kFloat16:
      return {16, true, true, 10, 15, 14};
    case DataType::kBfloat16:
      return {16, true, true, 7, 127, 126};
    case DataType::kFloat8E4M3:
      return {8, true, true, 3, 7, 6};
    case DataType::kFloat8E5M2:
      return {8, true, true, 2, 15, 14};
    case DataType::kInt8:
      return {8, false, true};
    case DataType::kUint8:
      return {8, false, false};
    case DataType::kInt32:
      return {32, false, true};
    case DataType::kUint32:
      return {32, false, false};
    case DataType::kInt64:
      return {64, false, true};
    case DataType::kUint64:
      return {64, false, false};
  }
  return {};
}

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_TYPE_FORMAT_H_
