#include "daemon/cli/element_confidence.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "fabric/config/figures.h"

namespace upfabric::daemon::cli {
namespace {

// Elements of FabricView::UnloadedPath, by a part of their names, and the figures they are made of,
// by the beginnings of their fields.
struct Origin {
  absl::string_view element;
  std::vector<absl::string_view> figures;
};

std::vector<Origin> Origins() {
  return {
      {"endpoint injection", {"endpoint.injection"}},
      {"endpoint delivery", {"endpoint.delivery"}},
      {"switch pipeline", {"switch.pipeline"}},
      {"phy tx", {"link.phy_tx"}},
      {"phy rx", {"link.phy_rx"}},
      {"fec collection",
       {"link.fec.codeword", "link.fec.interleave", "link.lanes", "link.lane_rate"}},
      {"fec decoding", {"link.fec.decode"}},
      {"propagation", {"link.medium.delay", "link.medium.length"}},
      {"medium", {"link.medium.latency"}},
  };
}

// The place N of "... retimer N KIND" among the words, or nothing.
size_t RetimerWord(const std::vector<absl::string_view>& words) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "retimer") {
      return i + 1;
    }
  }
  return 0;
}

std::vector<std::string> FiguresBehind(absl::string_view element) {
  const std::vector<absl::string_view> words = absl::StrSplit(element, ' ');
  int retimer = 0;
  if (const size_t at = RetimerWord(words); at > 0 && absl::SimpleAtoi(words[at], &retimer)) {
    return {absl::StrCat("link.retimers[", retimer - 1, "].latency")};
  }
  for (const Origin& origin : Origins()) {
    if (absl::StrContains(element, origin.element)) {
      return {origin.figures.begin(), origin.figures.end()};
    }
  }
  return {};
}

}  // namespace

ElementConfidence ConfidenceOfElements(const v1::Fabric& of_pods) {
  // The longest path of pods is one of the network that joins them.
  const v1::Fabric& fabric = of_pods.has_scale_out() ? of_pods.scale_out().network() : of_pods;
  std::map<std::string, v1::Confidence> by_field;
  for (const fabric::NamedFigure& named : fabric::ListFigures(fabric)) {
    by_field[named.path] = named.figure.confidence();
  }
  const v1::Confidence of_fabric = fabric::WeakestConfidence(fabric);
  return [by_field, of_fabric](absl::string_view element) {
    v1::Confidence weakest = v1::CONFIDENCE_UNSPECIFIED;
    for (const std::string& beginning : FiguresBehind(element)) {
      for (auto it = by_field.lower_bound(beginning);
           it != by_field.end() && absl::StartsWith(it->first, beginning); ++it) {
        weakest = std::max(weakest, it->second);
      }
    }
    return weakest == v1::CONFIDENCE_UNSPECIFIED ? of_fabric : weakest;
  };
}

std::string ElementWithoutKind(absl::string_view element) {
  std::vector<absl::string_view> words = absl::StrSplit(element, ' ');
  const auto before_kind = std::find_if(words.begin(), words.end(), [](absl::string_view word) {
    return word == "propagation" || word == "medium";
  });
  if (const size_t at = RetimerWord(words); at > 0) {
    words.resize(at + 1);
  } else if (before_kind != words.end()) {
    words.erase(before_kind + 1, words.end());
  }
  return absl::StrJoin(words, " ");
}

}  // namespace upfabric::daemon::cli
