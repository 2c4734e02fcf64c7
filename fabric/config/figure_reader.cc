#include "fabric/config/figure_reader.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "fabric/base/units_text.h"
#include "fabric/config/field_error.h"

namespace upfabric::fabric {
namespace {

// chosen: far above anything built, and small enough that sums and products of figures fit 64 bits.
constexpr Picoseconds kTimeMax(1'000'000'000'000);
constexpr Bytes kPacketPartMax(1 << 14);
constexpr Bytes kBufferMax(1 << 30);
constexpr int64_t kFractionMax = 1'000;
constexpr int64_t kBitsMax = 1 << 16;
constexpr int64_t kTermMax = 1'000'000'000;
constexpr Bandwidth kRateMin(Ratio(1'000'000));
constexpr Bandwidth kRateMax(Ratio(10'000'000'000'000'000));

std::string ValuePath(std::string_view path) { return std::string(path) + ".value"; }

std::string Between(const std::string& value, Zero zero, const std::string& least_above,
                    const std::string& most) {
  return absl::StrCat(value, " is out of range; allowed is ",
                      zero == Zero::kAllowed ? "0" : least_above, " to ", most);
}

}  // namespace

template <typename T>
T FigureReader::Take(const absl::StatusOr<T>& parsed, std::string_view path) {
  if (parsed.ok()) {
    return *parsed;
  }
  Require(false, ValuePath(path), absl::StrCat(parsed.status().message()));
  return T{};
}

Picoseconds FigureReader::Time(const v1::Figure& figure, std::string_view path, Zero zero) {
  const Picoseconds time = Take(ParseTime(figure.value()), path);
  Require(time <= kTimeMax && (zero == Zero::kAllowed || time > Picoseconds(0)), ValuePath(path),
          Between(figure.value(), zero, "1ps", FormatTime(kTimeMax)));
  return time;
}

Bytes FigureReader::Size(const v1::Figure& figure, std::string_view path, Zero zero, Bytes most) {
  const Bytes size = Take(ParseSize(figure.value()), path);
  Require(size <= most && (zero == Zero::kAllowed || size > Bytes(0)), ValuePath(path),
          Between(figure.value(), zero, "1B", FormatSize(most)));
  return size;
}

Bytes FigureReader::PacketPart(const v1::Figure& figure, std::string_view path, Zero zero) {
  return Size(figure, path, zero, kPacketPartMax);
}

Bytes FigureReader::Buffer(const v1::Figure& figure, std::string_view path, Zero zero) {
  return Size(figure, path, zero, kBufferMax);
}

Ratio FigureReader::FractionalPacketPart(const v1::Figure& figure, std::string_view path) {
  const Ratio size = Take(ParseFractionalSize(figure.value()), path);
  const bool fits = size > Ratio(0) && size <= Ratio(kPacketPartMax.count()) &&
                    size.denominator() <= kFractionMax;
  Require(fits, ValuePath(path),
          absl::StrCat(figure.value(), " is out of range; allowed is above 0B to ",
                       FormatSize(kPacketPartMax), ", in thousandths of a byte at the finest"));
  return fits ? size : Ratio(0);
}

int64_t FigureReader::Bits(const v1::Figure& figure, std::string_view path) {
  constexpr int64_t kBitsPerByte = 8;
  const Ratio size = Take(ParseFractionalSize(figure.value()), path);
  const std::optional<Ratio> bits = Ratio::TryMultiply(size, Ratio(kBitsPerByte));
  const bool fits =
      bits.has_value() && bits->denominator() == 1 && *bits >= Ratio(1) && *bits <= Ratio(kBitsMax);
  Require(fits, ValuePath(path),
          absl::StrCat(figure.value(), " is out of range; allowed are whole bits, 1b to ", kBitsMax,
                       "b"));
  return fits ? bits->numerator() : 0;
}

int FigureReader::Count(const v1::Figure& figure, std::string_view path, int most) {
  const int64_t count = Take(ParseCount(figure.value()), path);
  const bool fits = count >= 1 && count <= most;
  Require(fits, ValuePath(path), Between(figure.value(), Zero::kRefused, "1", absl::StrCat(most)));
  return fits ? static_cast<int>(count) : 0;
}

Bandwidth FigureReader::Rate(const v1::Figure& figure, std::string_view path) {
  const Bandwidth rate = Take(ParseRate(figure.value()), path);
  const Ratio bits_per_second = rate.bits_per_second();
  Require(bits_per_second >= kRateMin.bits_per_second() &&
              bits_per_second <= kRateMax.bits_per_second() && bits_per_second.denominator() == 1,
          ValuePath(path),
          absl::StrCat(
              Between(figure.value(), Zero::kRefused, FormatRate(kRateMin), FormatRate(kRateMax)),
              " in whole bits per second"));
  return rate;
}

Ratio FigureReader::Share(const v1::Figure& figure, std::string_view path) {
  const Ratio share = Tax(figure, path);
  Require(share > Ratio(0), ValuePath(path),
          absl::StrCat(figure.value(), " is out of range; allowed is above 0, at most 1"));
  return share;
}

Ratio FigureReader::Tax(const v1::Figure& figure, std::string_view path) {
  const Ratio tax = Take(ParseRatio(figure.value()), path);
  const bool fits = tax <= Ratio(1) && tax.denominator() <= kTermMax;
  Require(fits, ValuePath(path),
          absl::StrCat(figure.value(),
                       " is out of range; allowed is at most 1, as a fraction with a "
                       "denominator of at most 10^9"));
  return fits ? tax : Ratio(0);
}

Ratio FigureReader::Multiple(const v1::Figure& figure, std::string_view path, int most) {
  const Ratio multiple = Take(ParseRatio(figure.value()), path);
  const bool fits =
      multiple > Ratio(0) && multiple <= Ratio(most) && kFractionMax % multiple.denominator() == 0;
  Require(fits, ValuePath(path),
          absl::StrCat(figure.value(), " is out of range; allowed is above 0 to ", most,
                       ", in thousandths at the finest"));
  return fits ? multiple : Ratio(0);
}

Ratio FigureReader::ErrorRate(const v1::Figure& figure, std::string_view path) {
  constexpr Ratio kErrorRateMax(1, 100);
  const Ratio rate = Take(ParseProbability(figure.value()), path);
  Require(rate <= kErrorRateMax, ValuePath(path),
          absl::StrCat(figure.value(), " is out of range; allowed is 0 to 1/100"));
  return rate;
}

Picoseconds FigureReader::Propagation(const v1::Figure& length, const v1::Figure& delay,
                                      std::string_view path) {
  const Ratio meters =
      Take(ParseLength(length.value()), absl::StrCat(std::string(path), ".length")).meters();
  const Ratio per_meter =
      Take(ParseTimePerLength(delay.value()), absl::StrCat(std::string(path), ".delay"))
          .picoseconds_per_meter();
  const std::string length_path = absl::StrCat(std::string(path), ".length.value");
  Require(meters > Ratio(0), length_path, "a length is above 0; give the cable's own");
  Require(per_meter > Ratio(0), absl::StrCat(std::string(path), ".delay.value"),
          "a delay is above 0; light takes 3.3ns/m");
  const std::optional<Ratio> time = Ratio::TryMultiply(meters, per_meter);
  const bool fits = time.has_value() && *time <= Ratio(kTimeMax.count());
  Require(fits, length_path,
          absl::StrCat(length.value(), " at ", delay.value(),
                       " is out of range; at most 1s of propagation, held exactly, is allowed"));
  return fits ? Picoseconds(time->Ceil()) : Picoseconds(0);
}

int FigureReader::Choice(const v1::Figure& figure, std::string_view path,
                         std::initializer_list<std::string_view> allowed) {
  const auto* const found = std::find(allowed.begin(), allowed.end(), figure.value());
  std::string names;
  for (const std::string_view name : allowed) {
    names.append(names.empty() ? "" : ", ").append(name);
  }
  Require(found != allowed.end(), ValuePath(path),
          absl::StrCat(figure.value(), " is not known; allowed is ", names));
  return found != allowed.end() ? static_cast<int>(found - allowed.begin()) : 0;
}

void FigureReader::RequireReach(const v1::Figure& length, const v1::Figure& reach,
                                std::string_view path) {
  const Length longest =
      Take(ParseLength(reach.value()), absl::StrCat(std::string(path), ".reach"));
  const absl::StatusOr<Length> actual = ParseLength(length.value());  // Propagation tells of errors
  Require(!actual.ok() || actual->meters() <= longest.meters(),
          absl::StrCat(std::string(path), ".length.value"),
          absl::StrCat(length.value(), " is above the reach of the medium; at most ", reach.value(),
                       " is allowed"));
}

Ratio FigureReader::EnergyPerBit(const v1::Figure& figure, std::string_view path) {
  constexpr int64_t kEnergyMax = 1000;
  constexpr int64_t kFinest = 1000;
  const Ratio energy = Take(ParseEnergyPerBit(figure.value()), path);
  const bool fits = energy <= Ratio(kEnergyMax) && kFinest % energy.denominator() == 0;
  Require(fits, ValuePath(path),
          absl::StrCat(figure.value(),
                       " is out of range; allowed is 0 to 1000 pJ/bit in whole fJ/bit"));
  return fits ? energy : Ratio(0);
}

std::string FigureReader::Word(const v1::Figure& figure, std::string_view path) {
  Require(IsIdentifier(figure.value()), ValuePath(path),
          absl::StrCat("\"", absl::CHexEscape(figure.value()),
                       "\" is not a name; lower case letters, digits and hyphens are allowed"));
  return figure.value();
}

void FigureReader::Require(bool holds, std::string_view path, std::string_view message) {
  if (!holds && status_.ok()) {
    status_ = FieldError(whole_ + prefix_ + std::string(path), message);
  }
}

bool IsIdentifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return absl::ascii_islower(byte) || absl::ascii_isdigit(byte) || c == '-';
  });
}

}  // namespace upfabric::fabric
