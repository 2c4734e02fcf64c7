#include "fabric/base/units_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "fabric/base/check.h"
#include "fabric/base/status.h"

namespace upfabric {
namespace {

struct Unit {
  const char* name;
  Ratio scale;  // base units in one of it
};

// A kind of quantity: its units, smallest first, and how to write one.
struct Dimension {
  const char* noun;  // with its article
  const char* example;
  std::span<const Unit> units;  // empty: a plain number
};

constexpr std::array kTimeUnits = {
    Unit{"ps", Ratio(1)},
    Unit{"ns", Ratio(1'000)},
    Unit{"us", Ratio(1'000'000)},
    Unit{"ms", Ratio(1'000'000'000)},
    Unit{"s", Ratio(1'000'000'000'000)},
};
constexpr std::array kSizeUnits = {
    Unit{"b", Ratio(1, 8)},           Unit{"B", Ratio(1)},          Unit{"KB", Ratio(1'000)},
    Unit{"KiB", Ratio(1 << 10)},      Unit{"MB", Ratio(1'000'000)}, Unit{"MiB", Ratio(1 << 20)},
    Unit{"GB", Ratio(1'000'000'000)}, Unit{"GiB", Ratio(1 << 30)},
};
constexpr std::array kRateUnits = {
    Unit{"bps", Ratio(1)},
    Unit{"Mbps", Ratio(1'000'000)},
    Unit{"MB/s", Ratio(8'000'000)},
    Unit{"Gbps", Ratio(1'000'000'000)},
    Unit{"GB/s", Ratio(8'000'000'000)},
    Unit{"Tbps", Ratio(1'000'000'000'000)},
    Unit{"TB/s", Ratio(8'000'000'000'000)},
};
constexpr std::array kTimePerLengthUnits = {
    Unit{"ps/m", Ratio(1)},
    Unit{"ns/m", Ratio(1'000)},
};
constexpr std::array kLengthUnits = {
    Unit{"cm", Ratio(1, 100)},
    Unit{"m", Ratio(1)},
};
constexpr std::array kEnergyPerBitUnits = {
    Unit{"fJ/bit", Ratio(1, 1'000)},
    Unit{"pJ/bit", Ratio(1)},
};

constexpr Dimension kTime = {"a time", "35ns", kTimeUnits};
constexpr Dimension kSize = {"a size", "64KiB", kSizeUnits};
constexpr Dimension kRate = {"a rate", "400Gbps", kRateUnits};
constexpr Dimension kTimePerLength = {"a time per length", "4.6ns/m", kTimePerLengthUnits};
constexpr Dimension kLength = {"a length", "1.5m", kLengthUnits};
constexpr Dimension kEnergyPerBit = {"an energy per bit", "6pJ/bit", kEnergyPerBitUnits};
constexpr Dimension kNumber = {"a plain number", "16/17", {}};
constexpr Dimension kProbability = {"a probability", "6.2e-11", {}};
constexpr Dimension kCount = {"a whole number", "18", {}};

// Numbers from people have a few digits; what is longer is not quoted back whole.
constexpr size_t kTextMax = 64;

std::string Quoted(std::string_view text) {
  return absl::StrCat("\"", absl::CHexEscape(std::string(text.substr(0, kTextMax))),
                      text.size() > kTextMax ? "...\"" : "\"");
}

std::string Allowed(const Dimension& dimension) {
  std::string allowed = absl::StrCat("write ", dimension.noun, " as \"", dimension.example, "\"");
  const char* separator = " (units: ";
  for (const Unit& unit : dimension.units) {
    absl::StrAppend(&allowed, separator, unit.name);
    separator = ", ";
  }
  return absl::StrCat(allowed, dimension.units.empty() ? "" : ")");
}

absl::Status Wrong(std::string_view text, const std::string& what, const Dimension& dimension) {
  return absl::InvalidArgumentError(
      absl::StrCat(Quoted(text), " ", what, "; ", Allowed(dimension)));
}

// Takes the digits at the front of `text`; nothing if there are none or the number is too large.
std::optional<int64_t> TakeDigits(std::string_view& text) {
  if (text.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(text.front()))) {
    return std::nullopt;
  }
  int64_t value = 0;
  while (!text.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text.front()))) {
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, text.front() - '0', &value)) {
      return std::nullopt;
    }
    text.remove_prefix(1);
  }
  return value;
}

// Takes ".46" after `whole`; the exact value, or nothing.
std::optional<Ratio> TakeDecimals(int64_t whole, std::string_view& text) {
  int64_t numerator = whole;
  int64_t denominator = 1;
  text.remove_prefix(1);
  if (text.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(text.front()))) {
    return std::nullopt;
  }
  while (!text.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text.front()))) {
    if (__builtin_mul_overflow(numerator, 10, &numerator) ||
        __builtin_add_overflow(numerator, text.front() - '0', &numerator) ||
        __builtin_mul_overflow(denominator, 10, &denominator)) {
      return std::nullopt;
    }
    text.remove_prefix(1);
  }
  return Ratio(numerator, denominator);
}

// Takes the number at the front of `text`; nothing if it is malformed or does not fit.
std::optional<Ratio> TakeNumber(std::string_view& text) {
  const std::optional<int64_t> whole = TakeDigits(text);
  if (!whole.has_value()) {
    return std::nullopt;
  }
  if (text.starts_with('.')) {
    return TakeDecimals(*whole, text);
  }
  if (text.starts_with('/')) {
    text.remove_prefix(1);
    const std::optional<int64_t> divisor = TakeDigits(text);
    if (!divisor.has_value() || *divisor == 0) {
      return std::nullopt;
    }
    return Ratio(*whole, *divisor);
  }
  return Ratio(*whole);
}

// Parses `text` into base units of `dimension`.
absl::StatusOr<Ratio> Parse(std::string_view text, const Dimension& dimension) {
  if (text.empty()) {
    return Wrong(text, "is empty", dimension);
  }
  if (text.front() == '-') {
    return Wrong(text, "is negative, and the least allowed is 0", dimension);
  }
  std::string_view rest = text;
  const std::optional<Ratio> number = TakeNumber(rest);
  if (!number.has_value()) {
    return Wrong(text, "does not start with a number that can be held exactly", dimension);
  }
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (dimension.units.empty()) {
    return rest.empty() ? absl::StatusOr<Ratio>(*number)
                        : Wrong(text, "has a unit or more than a number", dimension);
  }
  if (rest.empty()) {
    return Wrong(text, "has no unit", dimension);
  }
  for (const Unit& unit : dimension.units) {
    if (rest == unit.name) {
      const std::optional<Ratio> value = Ratio::TryMultiply(*number, unit.scale);
      return value.has_value()
                 ? absl::StatusOr<Ratio>(*value)
                 : Wrong(text, "is too large or too fine to be held exactly", dimension);
    }
  }
  return Wrong(text, absl::StrCat("has the unknown unit ", Quoted(rest)), dimension);
}

// Parses what must be a whole number of base units.
absl::StatusOr<int64_t> ParseWhole(std::string_view text, const Dimension& dimension,
                                   const char* base) {
  UPF_ASSIGN_OR_RETURN(const Ratio value, Parse(text, dimension));
  if (value.denominator() != 1) {
    return Wrong(text, absl::StrCat("is not a whole number", base), dimension);
  }
  return value.numerator();
}

// The exact decimal of `value` if it has at most 18 digits, which always parse; else a fraction.
std::string FormatNumber(Ratio value) {
  constexpr size_t kDigitsMax = 18;
  UPF_CHECK_OP(value.numerator(), >=, 0);
  const std::string whole = absl::StrCat(value.numerator() / value.denominator());
  const internal::Int128 denominator = value.denominator();
  internal::Int128 remainder = value.numerator() % value.denominator();
  std::string decimals;
  while (remainder != 0) {
    if (whole.size() + decimals.size() >= kDigitsMax) {
      return absl::StrCat(value.numerator(), "/", value.denominator());
    }
    remainder *= 10;
    decimals += static_cast<char>('0' + static_cast<int>(remainder / denominator));
    remainder %= denominator;
  }
  return absl::StrCat(whole, decimals.empty() ? "" : ".", decimals);
}

// Prints in the largest of `units` (smallest first) of which `value` has at least one.
std::string FormatInLargest(Ratio value, std::span<const Unit> units) {
  std::string text = absl::StrCat(FormatNumber(value), units.front().name);
  for (const Unit& unit : units) {
    const std::optional<Ratio> count = Ratio::TryMultiply(value, Ratio(1) / unit.scale);
    if (count.has_value() && *count >= Ratio(1)) {
      text = absl::StrCat(FormatNumber(*count), unit.name);
    }
  }
  return text;
}

}  // namespace

absl::StatusOr<Picoseconds> ParseTime(std::string_view text) {
  UPF_ASSIGN_OR_RETURN(const int64_t count, ParseWhole(text, kTime, " of picoseconds"));
  return Picoseconds(count);
}

absl::StatusOr<Bytes> ParseSize(std::string_view text) {
  UPF_ASSIGN_OR_RETURN(const int64_t count, ParseWhole(text, kSize, " of bytes"));
  return Bytes(count);
}

absl::StatusOr<Ratio> ParseFractionalSize(std::string_view text) { return Parse(text, kSize); }

absl::StatusOr<Bandwidth> ParseRate(std::string_view text) {
  UPF_ASSIGN_OR_RETURN(const Ratio bits_per_second, Parse(text, kRate));
  return Bandwidth(bits_per_second);
}

absl::StatusOr<TimePerLength> ParseTimePerLength(std::string_view text) {
  UPF_ASSIGN_OR_RETURN(const Ratio picoseconds_per_meter, Parse(text, kTimePerLength));
  return TimePerLength(picoseconds_per_meter);
}

absl::StatusOr<Length> ParseLength(std::string_view text) {
  UPF_ASSIGN_OR_RETURN(const Ratio meters, Parse(text, kLength));
  return Length(meters);
}

absl::StatusOr<Ratio> ParseEnergyPerBit(std::string_view text) {
  return Parse(text, kEnergyPerBit);
}

absl::StatusOr<Ratio> ParseRatio(std::string_view text) { return Parse(text, kNumber); }

absl::StatusOr<Ratio> ParseProbability(std::string_view text) {
  constexpr std::string_view kPower = "e-";
  constexpr int64_t kPowerMax = 18;  // of ten, in 64 bits
  const size_t split = text.find(kPower);
  UPF_ASSIGN_OR_RETURN(Ratio value, Parse(text.substr(0, split), kProbability));
  if (split != std::string_view::npos) {
    std::string_view digits = text.substr(split + kPower.size());
    const std::optional<int64_t> power = TakeDigits(digits);
    if (!power.has_value() || !digits.empty()) {
      return Wrong(text, "has no whole power of ten after \"e-\"", kProbability);
    }
    if (*power > kPowerMax) {
      return Wrong(text, "is too fine to be held exactly", kProbability);
    }
    int64_t scale = 1;
    for (int64_t i = 0; i < *power; ++i) {
      scale *= 10;
    }
    const std::optional<Ratio> scaled = Ratio::TryMultiply(value, Ratio(1, scale));
    if (!scaled.has_value()) {
      return Wrong(text, "is too fine to be held exactly", kProbability);
    }
    value = *scaled;
  }
  if (value > Ratio(1)) {
    return Wrong(text, "is more than 1", kProbability);
  }
  return value;
}

absl::StatusOr<int64_t> ParseCount(std::string_view text) { return ParseWhole(text, kCount, ""); }

std::string FormatTime(Picoseconds time) {
  return FormatInLargest(Ratio(time.count()), kTimeUnits);
}

std::string FormatSize(Bytes size) {
  UPF_CHECK_OP(size.count(), >=, 0);
  constexpr int kStep = 1024;
  constexpr std::array kNames = {"B", "KiB", "MiB", "GiB"};
  int64_t count = size.count();
  size_t name = 0;
  while (name + 1 < kNames.size() && count != 0 && count % kStep == 0) {
    count /= kStep;
    ++name;
  }
  return absl::StrCat(count, kNames[name]);
}

std::string FormatRate(Bandwidth rate) {
  // Bits only: a link has bits per second, whatever its users count.
  static constexpr std::array kBitUnits = {kRateUnits[0], kRateUnits[1], kRateUnits[3],
                                           kRateUnits[5]};
  return FormatInLargest(rate.bits_per_second(), kBitUnits);
}

std::string FormatTimePerLength(TimePerLength delay) {
  return FormatInLargest(delay.picoseconds_per_meter(), kTimePerLengthUnits);
}

std::string FormatLength(Length length) { return absl::StrCat(FormatNumber(length.meters()), "m"); }

std::string FormatRatio(Ratio ratio) { return FormatNumber(ratio); }

}  // namespace upfabric
