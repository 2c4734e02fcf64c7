// Units as text: parsed and printed exactly, or an error.
//
// Grammar: a number, then a unit: "400Gbps", "4.6 ns/m". The number is digits with an optional
//          decimal part ("4.6"), or a fraction of whole numbers ("16/17"); no sign, no exponent
//          (but for probabilities).
// Errors:  kInvalidArgument, one line without a file or field: what is wrong; what is allowed. A
//          missing or foreign unit, a negative number, and what cannot be held exactly are errors.
// Round trip: parsing what a Format function printed gives the same value.

#ifndef UPFABRIC_FABRIC_BASE_UNITS_TEXT_H_
#define UPFABRIC_FABRIC_BASE_UNITS_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "fabric/base/units.h"

namespace upfabric {

// "209.4ns": ps, ns, us, ms, s; whole picoseconds.
absl::StatusOr<Picoseconds> ParseTime(std::string_view text);

// "64KiB": b (bits), B, KB, MB, GB, KiB, MiB, GiB; whole bytes.
absl::StatusOr<Bytes> ParseSize(std::string_view text);

// A size in bytes that need not be whole: "0.8B", "5440b".
absl::StatusOr<Ratio> ParseFractionalSize(std::string_view text);

// "212.5Gbps": bps, Mbps, Gbps, Tbps, MB/s, GB/s, TB/s.
absl::StatusOr<Bandwidth> ParseRate(std::string_view text);

// "4.6ns/m": ps/m, ns/m.
absl::StatusOr<TimePerLength> ParseTimePerLength(std::string_view text);

// "1.5m": cm, m.
absl::StatusOr<Length> ParseLength(std::string_view text);

// "6pJ/bit": fJ/bit, pJ/bit; in picojoules for each bit.
absl::StatusOr<Ratio> ParseEnergyPerBit(std::string_view text);

// "16/17", "0.8", "18": no unit.
absl::StatusOr<Ratio> ParseRatio(std::string_view text);

// As ParseRatio, or with a power of ten: "6.2e-11". At most 1.
absl::StatusOr<Ratio> ParseProbability(std::string_view text);

// "18": no unit, whole.
absl::StatusOr<int64_t> ParseCount(std::string_view text);

// In the largest unit that leaves a whole part: "209.4ns", "0ps". Requires: not negative, as all
// that follow.
std::string FormatTime(Picoseconds time);
// In the largest unit of powers of 1,024 that leaves a whole number: "64KiB", "257B".
std::string FormatSize(Bytes size);
// In the largest unit that leaves a whole part: "212.5Gbps"; "6800/17Gbps" if no decimal is exact.
std::string FormatRate(Bandwidth rate);
// "4.6ns/m".
std::string FormatTimePerLength(TimePerLength delay);
// "1.5m".
std::string FormatLength(Length length);
// "0.8", "18"; "16/17" if no decimal is exact.
std::string FormatRatio(Ratio ratio);

}  // namespace upfabric

#endif  // UPFABRIC_FABRIC_BASE_UNITS_TEXT_H_
