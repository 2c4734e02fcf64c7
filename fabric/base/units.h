// Strong unit types. Only operations that make sense exist: SimTime - SimTime is Picoseconds, and
// SimTime + SimTime does not compile.
//
// Units:  time in picoseconds (signed 64 bits: 106 days); sizes in bytes; rates in bits per second;
//         lengths in meters.
// Errors: arithmetic that would overflow is a broken invariant.

#ifndef UPFABRIC_FABRIC_BASE_UNITS_H_
#define UPFABRIC_FABRIC_BASE_UNITS_H_

#include <compare>
#include <cstdint>

#include "fabric/base/ratio.h"

namespace upfabric {

namespace internal {

// A signed 64-bit count of one unit. `Self` is the unit's own type.
template <typename Self>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(int64_t count) : count_(count) {}
  constexpr int64_t count() const { return count_; }

  friend constexpr Self operator+(Self a, Self b) { return Self(CheckedAdd(a.count(), b.count())); }
  friend constexpr Self operator-(Self a, Self b) {
    return Self(CheckedSubtract(a.count(), b.count()));
  }
  friend constexpr Self operator*(Self a, int64_t factor) {
    return Self(CheckedMultiply(a.count(), factor));
  }
  friend constexpr Self operator*(int64_t factor, Self a) { return a * factor; }
  friend constexpr Self& operator+=(Self& a, Self b) { return a = a + b; }
  friend constexpr Self& operator-=(Self& a, Self b) { return a = a - b; }
  friend constexpr auto operator<=>(const Self& a, const Self& b) {
    return a.count() <=> b.count();
  }
  friend constexpr bool operator==(const Self& a, const Self& b) { return a.count() == b.count(); }

 private:
  int64_t count_ = 0;
};

}  // namespace internal

// A length of time.
class Picoseconds : public internal::Quantity<Picoseconds> {
  using Quantity::Quantity;
};

// A number of bytes.
class Bytes : public internal::Quantity<Bytes> {
  using Quantity::Quantity;
};

// An instant of virtual time: picoseconds since the start of the row.
class SimTime {
 public:
  constexpr SimTime() = default;
  constexpr explicit SimTime(Picoseconds since_start) : since_start_(since_start) {}
  constexpr Picoseconds since_start() const { return since_start_; }

  friend constexpr SimTime operator+(SimTime t, Picoseconds d) {
    return SimTime(t.since_start_ + d);
  }
  friend constexpr Picoseconds operator-(SimTime a, SimTime b) {
    return a.since_start_ - b.since_start_;
  }
  friend constexpr auto operator<=>(const SimTime& a, const SimTime& b) {
    return a.since_start_ <=> b.since_start_;
  }
  friend constexpr bool operator==(const SimTime& a, const SimTime& b) {
    return a.since_start_ == b.since_start_;
  }

 private:
  Picoseconds since_start_;
};

// An exact rate in bits per second.
class Bandwidth {
 public:
  constexpr Bandwidth() = default;
  constexpr explicit Bandwidth(Ratio bits_per_second) : bits_per_second_(bits_per_second) {}
  constexpr Ratio bits_per_second() const { return bits_per_second_; }

  // Exact time of one byte at this rate, in picoseconds. Requires: the rate is not 0.
  constexpr Ratio PicosecondsPerByte() const {
    constexpr int64_t kPicosecondBitsPerByteSecond = 8'000'000'000'000;
    return Ratio(kPicosecondBitsPerByteSecond) / bits_per_second_;
  }
  constexpr double GigabytesPerSecond() const { return bits_per_second_.ToDouble() / 8e9; }

  friend constexpr Bandwidth operator*(Bandwidth rate, Ratio factor) {
    return Bandwidth(rate.bits_per_second_ * factor);
  }
  friend constexpr bool operator==(const Bandwidth&, const Bandwidth&) = default;

 private:
  Ratio bits_per_second_;
};

// An exact length.
class Length {
 public:
  constexpr Length() = default;
  constexpr explicit Length(Ratio meters) : meters_(meters) {}
  constexpr Ratio meters() const { return meters_; }
  friend constexpr bool operator==(const Length&, const Length&) = default;

 private:
  Ratio meters_;
};

// Exact time of propagation for each length.
class TimePerLength {
 public:
  constexpr TimePerLength() = default;
  constexpr explicit TimePerLength(Ratio picoseconds_per_meter)
      : picoseconds_per_meter_(picoseconds_per_meter) {}
  constexpr Ratio picoseconds_per_meter() const { return picoseconds_per_meter_; }
  friend constexpr bool operator==(const TimePerLength&, const TimePerLength&) = default;

 private:
  Ratio picoseconds_per_meter_;
};

}  // namespace upfabric

#endif  // UPFABRIC_FABRIC_BASE_UNITS_H_
