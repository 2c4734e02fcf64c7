#include "daemon/cli/sizes.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace upfabric::daemon::cli {
namespace {

// chosen: beyond any accelerator's memory, and far from overflow in every product we form.
constexpr int64_t kSizeMax = int64_t{1} << 50;
// chosen: more rows are a typing error rather than a sweep.
constexpr size_t kRowsMax = 10'000;
// chosen: above every fabric that can be built.
constexpr int64_t kEndpointMax = 1'000'000;
// More digits than any exact fraction of G needs (2^-30 has 30, but sizes are whole bytes).
constexpr size_t kDigitsMax = 18;

struct Unit {
  char letter;
  int64_t bytes;
};
constexpr std::array<Unit, 3> kUnits = {
    {{'G', int64_t{1} << 30}, {'M', int64_t{1} << 20}, {'K', int64_t{1} << 10}}};

absl::Status NotASize(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text,
                   "\" is not a size; allowed: a number with an optional fraction and one of K, M, "
                   "G (powers of 1024)"));
}

bool AllDigits(absl::string_view text) {
  return !text.empty() && text.size() <= kDigitsMax &&
         std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

}  // namespace

absl::StatusOr<Bytes> ParseSize(absl::string_view text) {
  absl::string_view number = text;
  int64_t unit = 1;
  if (!number.empty() && absl::ascii_isalpha(number.back())) {
    const char letter = absl::ascii_toupper(number.back());
    const auto* found = std::find_if(kUnits.begin(), kUnits.end(),
                                     [letter](const Unit& u) { return u.letter == letter; });
    if (found == kUnits.end()) {
      return NotASize(text);
    }
    unit = found->bytes;
    number.remove_suffix(1);
  }
  absl::string_view fraction;
  if (const size_t point = number.find('.'); point != absl::string_view::npos) {
    fraction = number.substr(point + 1);
    number = number.substr(0, point);
    if (!AllDigits(fraction)) {
      return NotASize(text);
    }
  }
  int64_t whole = 0;
  if (!AllDigits(number) || !absl::SimpleAtoi(number, &whole)) {
    return NotASize(text);
  }
  if (whole > kSizeMax / unit) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is too large; allowed: at most 1048576G"));
  }
  // The fraction in exact arithmetic: each digit takes its tenth of what is left of the unit.
  absl::int128 numerator = 0;
  absl::int128 denominator = 1;
  for (const char digit : fraction) {
    numerator = numerator * 10 + (digit - '0');
    denominator *= 10;
  }
  const absl::int128 scaled = numerator * unit;
  if (scaled % denominator != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a whole number of bytes"));
  }
  return Bytes(whole * unit + static_cast<int64_t>(scaled / denominator));
}

std::string SizeText(Bytes size) {
  for (const Unit& unit : kUnits) {
    if (size.count() >= unit.bytes && size.count() % unit.bytes == 0) {
      return absl::StrCat(size.count() / unit.bytes, std::string(1, unit.letter));
    }
  }
  return absl::StrCat(size.count());
}

absl::StatusOr<int64_t> ParseWholeNumber(absl::string_view text, const WholeNumberLimits& limits) {
  int64_t value = 0;
  if (!absl::SimpleAtoi(text, &value) || value < limits.min || value > limits.max) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is out of range; allowed: ", "a whole number from ",
                     limits.min, " to ", limits.max));
  }
  return value;
}

absl::StatusOr<std::vector<int>> ParseEndpointList(absl::string_view text) {
  const auto refuse = [text](absl::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\": ", what, "; allowed: numbers and ranges such as 0-7,64"));
  };
  std::vector<int> endpoints;
  std::set<int> seen;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::vector<absl::string_view> ends = absl::StrSplit(part, '-');
    int first = 0;
    int last = 0;
    if (ends.size() > 2 || !AllDigits(ends.front()) || !AllDigits(ends.back()) ||
        !absl::SimpleAtoi(ends.front(), &first) || !absl::SimpleAtoi(ends.back(), &last) ||
        first > last || last > kEndpointMax) {
      return refuse(absl::StrCat("\"", part, "\" is not an endpoint or a range"));
    }
    for (int endpoint = first; endpoint <= last; ++endpoint) {
      if (!seen.insert(endpoint).second) {
        return refuse(absl::StrCat("endpoint ", endpoint, " is there twice"));
      }
      endpoints.push_back(endpoint);
    }
  }
  return endpoints;
}

absl::StatusOr<std::vector<int64_t>> SweepSizes(const SizeSweep& sweep) {
  const int64_t min = sweep.min.count();
  const int64_t max = sweep.max.count();
  if (min > max) {
    return absl::InvalidArgumentError(absl::StrCat("-b ", SizeText(sweep.min), ": above -e ",
                                                   SizeText(sweep.max),
                                                   "; allowed: a first size not above the last"));
  }
  std::vector<int64_t> sizes;
  for (int64_t size = min; size <= max;) {
    if (sizes.size() == kRowsMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("-b ", SizeText(sweep.min), " -e ", SizeText(sweep.max),
                       ": too many rows; allowed: at most ", kRowsMax, " (use -f or a larger -i)"));
    }
    sizes.push_back(size);
    const int64_t next = sweep.factor > 1 ? size * sweep.factor : size + sweep.step.count();
    if (next <= size && size < max) {
      return absl::InvalidArgumentError(
          sweep.factor > 1 ? "-b 0 with -f: multiplying 0 never grows; allowed: -b of at least 1"
                           : "-i 0: the sweep never grows; allowed: a step of at least 1");
    }
    if (next <= size) {
      break;
    }
    size = next;
  }
  return sizes;
}

}  // namespace upfabric::daemon::cli
