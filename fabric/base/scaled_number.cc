#include "fabric/base/scaled_number.h"

#include <bit>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "fabric/base/check.h"

namespace upfabric {
namespace {

// Pedantic GCC knows the type only as an extension.
__extension__ using Uint128 = unsigned __int128;

constexpr int kBits = 64;

// The first 64 bits of value x 2^exponent.
ScaledNumber Normalized(Uint128 value, int exponent) {
  const auto high = static_cast<uint64_t>(value >> kBits);
  const auto low = static_cast<uint64_t>(value);
  if (high == 0 && low == 0) {
    return {};
  }
  const int excess = high != 0 ? kBits - std::countl_zero(high) : -std::countl_zero(low);
  const Uint128 shifted = excess >= 0 ? value >> excess : value << -excess;
  return {static_cast<uint64_t>(shifted), exponent + excess};
}

constexpr ScaledNumber kOne = {uint64_t{1} << (kBits - 1), 1 - kBits};

}  // namespace

ScaledNumber ScaledNumber::From(Ratio value) {
  UPF_CHECK(value >= Ratio(0));
  return Divide(Normalized(static_cast<uint64_t>(value.numerator()), 0),
                Normalized(static_cast<uint64_t>(value.denominator()), 0));
}

Ratio ScaledNumber::ToRatio() const {
  constexpr int kScale = 62;       // a Ratio's terms have 63 bits
  constexpr int kPreciseEnd = 31;  // from 2^-31 on k/2^62 is precise enough, below it 1/k
  if (mantissa == 0) {
    return Ratio(0);
  }
  if (IsAtLeastOne()) {
    return Ratio(1);
  }
  if (exponent + kBits > -kPreciseEnd) {
    return Ratio(static_cast<int64_t>(mantissa >> -(exponent + kScale)), int64_t{1} << kScale);
  }
  const ScaledNumber inverse = Divide(kOne, *this);
  const int shift = -inverse.exponent;
  return shift < kBits - kScale ? Ratio(0)
                                : Ratio(1, static_cast<int64_t>(inverse.mantissa >> shift));
}

std::string ScaledNumber::Text(int digits) const {
  UPF_CHECK(digits >= 1 && digits <= 15);
  return absl::StrFormat("%.*g", digits, std::ldexp(static_cast<double>(mantissa), exponent));
}

bool ScaledNumber::IsAtLeastOne() const { return mantissa != 0 && exponent > -kBits; }

ScaledNumber Multiply(ScaledNumber a, ScaledNumber b) {
  return Normalized(Uint128{a.mantissa} * b.mantissa, a.exponent + b.exponent);
}

ScaledNumber Divide(ScaledNumber a, ScaledNumber b) {
  UPF_CHECK(!b.is_zero());
  return Normalized((Uint128{a.mantissa} << kBits) / b.mantissa, a.exponent - b.exponent - kBits);
}

ScaledNumber Add(ScaledNumber a, ScaledNumber b) {
  if (a.is_zero() || b.is_zero()) {
    return a.is_zero() ? b : a;
  }
  if (b.exponent > a.exponent) {
    std::swap(a, b);
  }
  const int shift = a.exponent - b.exponent;
  const uint64_t smaller = shift >= kBits ? 0 : b.mantissa >> shift;
  return Normalized(Uint128{a.mantissa} + smaller, a.exponent);
}

ScaledNumber OneMinus(ScaledNumber p) {
  if (p.IsAtLeastOne()) {
    return {};
  }
  const int shift = -kBits - p.exponent;  // to units of 2^-64
  const uint64_t fraction = p.is_zero() || shift >= kBits ? 0 : p.mantissa >> shift;
  return Normalized((Uint128{1} << kBits) - fraction, -kBits);
}

ScaledNumber Power(ScaledNumber base, int64_t exponent) {
  ScaledNumber power = kOne;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 != 0) {
      power = Multiply(power, base);
    }
    base = Multiply(base, base);
  }
  return power;
}

}  // namespace upfabric
