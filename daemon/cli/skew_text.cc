#include "daemon/cli/skew_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "daemon/cli/sizes.h"
#include "daemon/jitter.h"
#include "fabric/base/ratio.h"
#include "fabric/base/status.h"
#include "fabric/base/units_text.h"

namespace upfabric::daemon::cli {
namespace {

constexpr Picoseconds kSkewMax{1'000'000'000'000};

absl::Status Refuse(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text,
                   "\"; allowed: random:TIME, linear:TIME or RANK=TIME[,RANK=TIME...] with times "
                   "up to 1 s, as 10us"));
}

// Above 0, if something is to be drawn below it.
absl::StatusOr<Picoseconds> ParseSkewTime(absl::string_view text, absl::string_view all) {
  const auto time = ParseTime(std::string(text));
  return time.ok() && *time >= Picoseconds(0) && *time <= kSkewMax ? time : Refuse(all);
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> ParseSkew(absl::string_view text, int ranks, uint64_t seed) {
  std::vector<int64_t> starts(static_cast<size_t>(ranks), 0);
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "random:")) {
    UPF_ASSIGN_OR_RETURN(const Picoseconds limit, ParseSkewTime(rest, text));
    if (limit == Picoseconds(0)) {
      return Refuse(text);
    }
    const std::vector<Picoseconds> drawn = SkewedStarts(seed, 0, ranks, limit);
    const Picoseconds first = *std::min_element(drawn.begin(), drawn.end());
    for (size_t rank = 0; rank < starts.size(); ++rank) {
      starts[rank] = (drawn[rank] - first).count();
    }
    return starts;
  }
  if (absl::ConsumePrefix(&rest, "linear:")) {
    UPF_ASSIGN_OR_RETURN(const Picoseconds last, ParseSkewTime(rest, text));
    for (int rank = 1; rank < ranks; ++rank) {
      starts[static_cast<size_t>(rank)] = (Ratio(last.count()) * Ratio(rank, ranks - 1)).Ceil();
    }
    return starts;
  }
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::vector<absl::string_view> sides = absl::StrSplit(part, '=');
    if (sides.size() != 2) {
      return Refuse(text);
    }
    const auto rank = ParseWholeNumber(sides[0], {.min = 0, .max = ranks - 1});
    if (!rank.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("rank ", sides[0], "; allowed are 0 to ", ranks - 1));
    }
    UPF_ASSIGN_OR_RETURN(const Picoseconds start, ParseSkewTime(sides[1], text));
    starts[static_cast<size_t>(*rank)] = start.count();
  }
  return *std::min_element(starts.begin(), starts.end()) == 0
             ? absl::StatusOr<std::vector<int64_t>>(starts)
             : absl::InvalidArgumentError("no rank starts at 0; leave one out");
}

}  // namespace upfabric::daemon::cli
