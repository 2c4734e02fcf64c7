// Numbers in reports: exact decimals from integers, and nccl-tests' rule for narrow columns.
//
// Everything that must be the same bytes everywhere is formatted from integers; no double holds it.

#ifndef UPFABRIC_DAEMON_CLI_NUMBERS_H_
#define UPFABRIC_DAEMON_CLI_NUMBERS_H_

#include <cstdint>
#include <string>

#include "absl/numeric/int128.h"
#include "fabric/base/units.h"
#include "upfabric/v1/result.pb.h"

namespace upfabric::daemon::cli {

// A fraction too large for Ratio; denominator > 0.
struct WideFraction {
  absl::int128 numerator = 0;
  absl::int128 denominator = 1;

  double ToDouble() const;
};

// `value` with `digits` decimals, halves rounded away from zero: {1, 3}, 4 -> "0.3333".
// Requires: digits in [0, 18], and numerator x 10^digits fits in 127 bits.
std::string DecimalText(const WideFraction& value, int digits);

// A time in microseconds to the picosecond, and in nanoseconds: "32.587500", "702.000".
std::string MicrosecondsText(Picoseconds time);
std::string NanosecondsText(Picoseconds time);
// In seconds to the picosecond.
std::string SecondsText(Picoseconds time);

// Size over time, in GB/s of 10^9 bytes; 0 when the time is 0.
WideFraction AlgorithmBandwidth(const v1::Row& row);
// The algorithm bandwidth times nccl-tests' factor for the collective: 2(n-1)/n for all_reduce,
// (n-1)/n for the ones that count all ranks' data, 1 for broadcast and sendrecv.
WideFraction BusBandwidth(const v1::Row& row, v1::Collective collective, int ranks);

// nccl-tests' rule: the first of two, one or no decimals that fits `width`, else an exponent.
// Width is 7 (times) or 6 (bandwidths); the text is right-aligned in it.
std::string NarrowNumber(double value, int width);

// 16 hexadecimal digits.
std::string FingerprintText(uint64_t fingerprint);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_NUMBERS_H_
