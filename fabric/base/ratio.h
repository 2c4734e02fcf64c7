// Exact fractions, and the checked 64-bit arithmetic below them.
//
// Errors: arithmetic that would overflow is a broken invariant. Who computes with numbers from
//         outside calls TryMultiply, which says so instead.

#ifndef UPFABRIC_FABRIC_BASE_RATIO_H_
#define UPFABRIC_FABRIC_BASE_RATIO_H_

#include <compare>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>

#include "fabric/base/check.h"

namespace upfabric {

namespace internal {

// Pedantic GCC knows the type only as an extension.
__extension__ using Int128 = __int128;

constexpr int64_t CheckedAdd(int64_t a, int64_t b) {
  int64_t sum = 0;
  UPF_CHECK(!__builtin_add_overflow(a, b, &sum));
  return sum;
}

constexpr int64_t CheckedSubtract(int64_t a, int64_t b) {
  int64_t difference = 0;
  UPF_CHECK(!__builtin_sub_overflow(a, b, &difference));
  return difference;
}

constexpr int64_t CheckedMultiply(int64_t a, int64_t b) {
  int64_t product = 0;
  UPF_CHECK(!__builtin_mul_overflow(a, b, &product));
  return product;
}

}  // namespace internal

// A fraction in lowest terms, denominator positive.
class Ratio {
 public:
  constexpr Ratio() = default;
  constexpr explicit Ratio(int64_t whole) : numerator_(whole) {}
  // Requires: denominator != 0; neither is the smallest 64-bit number, which has no opposite.
  constexpr Ratio(int64_t numerator, int64_t denominator) {
    UPF_CHECK(denominator != 0);
    UPF_CHECK(numerator != std::numeric_limits<int64_t>::min());
    UPF_CHECK(denominator != std::numeric_limits<int64_t>::min());
    const int64_t divisor = std::gcd(numerator, denominator) * (denominator < 0 ? -1 : 1);
    numerator_ = numerator / divisor;
    denominator_ = denominator / divisor;
  }

  constexpr int64_t numerator() const { return numerator_; }
  constexpr int64_t denominator() const { return denominator_; }
  constexpr double ToDouble() const {
    return static_cast<double>(numerator_) / static_cast<double>(denominator_);
  }
  // Smallest whole number that is not less.
  constexpr int64_t Ceil() const {
    return numerator_ / denominator_ + (numerator_ % denominator_ > 0 ? 1 : 0);
  }

  // The exact product, or nothing if its terms do not fit 64 bits.
  static constexpr std::optional<Ratio> TryMultiply(Ratio a, Ratio b) {
    // Cancel across first: the product is then in lowest terms, and overflows only if it must.
    const Ratio ab(a.numerator_, b.denominator_);
    const Ratio ba(b.numerator_, a.denominator_);
    int64_t numerator = 0;
    int64_t denominator = 0;
    if (__builtin_mul_overflow(ab.numerator_, ba.numerator_, &numerator) ||
        __builtin_mul_overflow(ab.denominator_, ba.denominator_, &denominator) ||
        numerator == std::numeric_limits<int64_t>::min()) {
      return std::nullopt;
    }
    return Ratio(numerator, denominator);
  }

  friend constexpr Ratio operator*(Ratio a, Ratio b) {
    const std::optional<Ratio> product = TryMultiply(a, b);
    UPF_CHECK(product.has_value());
    return *product;
  }
  // Requires: b is not 0.
  friend constexpr Ratio operator/(Ratio a, Ratio b) {
    return a * Ratio(b.denominator_, b.numerator_);
  }
  friend constexpr Ratio operator+(Ratio a, Ratio b) {
    using internal::CheckedAdd;
    using internal::CheckedMultiply;
    const int64_t shared = std::gcd(a.denominator_, b.denominator_);
    const int64_t a_factor = b.denominator_ / shared;
    const int64_t b_factor = a.denominator_ / shared;
    return Ratio(CheckedAdd(CheckedMultiply(a.numerator_, a_factor),
                            CheckedMultiply(b.numerator_, b_factor)),
                 CheckedMultiply(a.denominator_, a_factor));
  }
  friend constexpr Ratio operator-(Ratio a, Ratio b) { return a + Ratio(-1) * b; }
  friend constexpr bool operator==(const Ratio&, const Ratio&) = default;
  friend constexpr std::strong_ordering operator<=>(const Ratio& a, const Ratio& b) {
    return static_cast<internal::Int128>(a.numerator_) * b.denominator_ <=>
           static_cast<internal::Int128>(b.numerator_) * a.denominator_;
  }

 private:
  int64_t numerator_ = 0;
  int64_t denominator_ = 1;
};

}  // namespace upfabric

#endif  // UPFABRIC_FABRIC_BASE_RATIO_H_
