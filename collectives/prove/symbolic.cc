#include "collectives/prove/symbolic.h"

#include <algorithm>
#include <map>
#include <utility>

#include <xxhash.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace upfabric::collectives {

SymbolTable::SymbolTable() {
  const XXH128_hash_t hash = XXH3_128bits("nothing", 7);
  nodes_.push_back({.low = hash.low64, .high = hash.high64});
}

Symbol SymbolTable::Input(int rank, int64_t element) {
  const int64_t name[] = {rank, element};
  const XXH128_hash_t hash = XXH3_128bits(name, sizeof(name));
  nodes_.push_back({.low = hash.low64, .high = hash.high64, .rank = rank, .element = element});
  return static_cast<Symbol>(nodes_.size() - 1);
}

Symbol SymbolTable::Combine(Symbol a, Symbol b) {
  const Node& left = nodes_[static_cast<size_t>(a)];
  const Node& right = nodes_[static_cast<size_t>(b)];
  nodes_.push_back(
      {.low = left.low + right.low, .high = left.high + right.high, .left = a, .right = b});
  return static_cast<Symbol>(nodes_.size() - 1);
}

bool SymbolTable::Same(Symbol a, Symbol b) const {
  const Node& left = nodes_[static_cast<size_t>(a)];
  const Node& right = nodes_[static_cast<size_t>(b)];
  return left.low == right.low && left.high == right.high;
}

std::string SymbolTable::Text(Symbol symbol) const {
  // A node is reached once for each time that it comes in; a program that doubles at every step
  // would take for ever, so count times from the last node to the first instead.
  std::map<Symbol, int64_t> times = {{symbol, 1}};
  std::map<int64_t, std::map<int, int64_t>> ranks_of;  // by element
  int64_t nothings = 0;
  constexpr int64_t kTimesMax = int64_t{1} << 32;
  while (!times.empty()) {
    const auto [last, count] = *times.rbegin();
    times.erase(last);
    const Node& node = nodes_[static_cast<size_t>(last)];
    if (node.left >= 0) {
      for (const Symbol part : {node.left, node.right}) {
        times[part] = std::min(times[part] + count, kTimesMax);
      }
    } else if (node.rank >= 0) {
      ranks_of[node.element][node.rank] += count;
    } else {
      nothings += count;
    }
  }
  constexpr size_t kTermsMax = 8;
  std::vector<std::string> elements;
  for (const auto& [element, ranks] : ranks_of) {
    std::vector<std::string> terms;
    for (const auto& [rank, count] : ranks) {
      if (terms.size() == kTermsMax) {
        terms.push_back(absl::StrCat("... (", ranks.size(), " in all)"));
        break;
      }
      terms.push_back(absl::StrCat(rank, count > 1 ? absl::StrCat(" (", count, " times)") : ""));
    }
    if (elements.size() == kTermsMax) {
      elements.push_back("...");
      break;
    }
    elements.push_back(absl::StrCat("input ", element, " of rank", ranks.size() > 1 ? "s " : " ",
                                    absl::StrJoin(terms, ", ")));
  }
  if (nothings > 0) {
    elements.push_back("what nobody has written");
  }
  return absl::StrJoin(elements, " and ");
}

}  // namespace upfabric::collectives
