#include "daemon/cli/algorithm_listing.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "daemon/cli/names.h"
#include "daemon/cli/text_table.h"

namespace upfabric::daemon::cli {
namespace {

using Align = TextTable::Align;

std::string RanksText(const collectives::AlgorithmLimits& limits) {
  if (limits.needs_groups) {
    return absl::StrCat(limits.ranks_min, " and more, not prime");
  }
  return limits.ranks_max == collectives::kRanksMax
             ? absl::StrCat(limits.ranks_min, " and more")
             : absl::StrCat(limits.ranks_min, " to ", limits.ranks_max);
}

std::string NeedsText(const collectives::AlgorithmLimits& limits) {
  return limits.needs_in_switch ? "in-switch reduction, by name only" : "-";
}

std::string CountText(const collectives::AlgorithmLimits& limits) {
  return limits.count_max == std::numeric_limits<int64_t>::max() ? "any"
                                                                 : absl::StrCat(limits.count_max);
}

}  // namespace

std::string AlgorithmsTable(const collectives::AlgorithmRegistry& registry,
                            std::optional<v1::Collective> collective) {
  TextTable table({{"collective"},
                   {"algorithm"},
                   {"ranks"},
                   {"count at most", Align::kRight},
                   {"in place"},
                   {"needs"},
                   {"description"}});
  for (const collectives::Algorithm* algorithm : registry.All()) {
    const collectives::AlgorithmInfo& info = algorithm->info();
    const std::string name(collectives::CollectiveName(info.collective));
    if (collective.has_value() && CollectiveName(*collective) != name) {
      continue;
    }
    table.AddRow({name, std::string(info.name), RanksText(info.limits), CountText(info.limits),
                  info.limits.in_place ? "yes" : "no", NeedsText(info.limits),
                  std::string(info.description)});
  }
  return table.Render();
}

}  // namespace upfabric::daemon::cli
