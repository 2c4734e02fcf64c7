#include "daemon/cli/numbers.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace upfabric::daemon::cli {
namespace {

constexpr int kTimeWidth = 7;

// bytes / 10^9 over ps / 10^12.
constexpr int64_t kGigabytesPerSecondOfBytesPerPicosecond = 1000;

}  // namespace

double WideFraction::ToDouble() const {
  return static_cast<double>(numerator) / static_cast<double>(denominator);
}

std::string DecimalText(const WideFraction& value, int digits) {
  absl::int128 scale = 1;
  for (int i = 0; i < digits; ++i) {
    scale *= 10;
  }
  const bool negative = value.numerator < 0;
  const absl::int128 magnitude = negative ? -value.numerator : value.numerator;
  const absl::int128 scaled = magnitude * scale;
  absl::int128 rounded = scaled / value.denominator;
  const absl::int128 rest = scaled % value.denominator;
  if (rest >= value.denominator - rest) {
    ++rounded;
  }
  const auto whole = static_cast<uint64_t>(rounded / scale);
  const auto decimals = static_cast<uint64_t>(rounded % scale);
  const char* sign = negative && rounded != 0 ? "-" : "";
  if (digits == 0) {
    return absl::StrCat(sign, whole);
  }
  return absl::StrFormat("%s%d.%0*d", sign, whole, digits, decimals);
}

std::string MicrosecondsText(Picoseconds time) { return DecimalText({time.count(), 1'000'000}, 6); }

std::string NanosecondsText(Picoseconds time) { return DecimalText({time.count(), 1'000}, 3); }

std::string SecondsText(Picoseconds time) {
  return DecimalText({time.count(), 1'000'000'000'000}, 12);
}

WideFraction AlgorithmBandwidth(const v1::Row& row) {
  if (row.time_ps() <= 0) {
    return {};
  }
  return {absl::int128(row.bytes()) * kGigabytesPerSecondOfBytesPerPicosecond, row.time_ps()};
}

WideFraction BusBandwidth(const v1::Row& row, v1::Collective collective, int ranks) {
  WideFraction bandwidth = AlgorithmBandwidth(row);
  switch (collective) {
    case v1::COLLECTIVE_ALL_REDUCE:
      bandwidth.numerator *= 2 * (ranks - 1);
      bandwidth.denominator *= ranks;
      break;
    case v1::COLLECTIVE_ALL_GATHER:
    case v1::COLLECTIVE_REDUCE_SCATTER:
    case v1::COLLECTIVE_ALL_TO_ALL:
    case v1::COLLECTIVE_GATHER:
    case v1::COLLECTIVE_SCATTER:
      bandwidth.numerator *= ranks - 1;
      bandwidth.denominator *= ranks;
      break;
    default:
      break;
  }
  return bandwidth;
}

std::string NarrowNumber(double value, int width) {
  for (int decimals = 2; decimals >= 0; --decimals) {
    std::string text = absl::StrFormat("%*.*f", width, decimals, value);
    if (static_cast<int>(text.size()) <= width) {
      return text;
    }
  }
  return absl::StrFormat("%*.*e", width, width >= kTimeWidth ? 1 : 0, value);
}

std::string FingerprintText(uint64_t fingerprint) { return absl::StrFormat("%016x", fingerprint); }

}  // namespace upfabric::daemon::cli
