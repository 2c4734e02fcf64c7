#include "collectives/software/profile.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace upfabric::collectives {

LibraryVersion ParseLibraryVersion(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '.');
  LibraryVersion version;
  if (parts.size() < 2 || !absl::SimpleAtoi(parts[0], &version.major) ||
      !absl::SimpleAtoi(parts[1], &version.minor)) {
    return {};
  }
  return version;
}

const SoftwareGeneration* FindGeneration(const SoftwareProfile& profile,
                                         const std::string& fabric) {
  for (const SoftwareGeneration& generation : profile.generations) {
    if (std::find(generation.fabrics.begin(), generation.fabrics.end(), fabric) !=
        generation.fabrics.end()) {
      return &generation;
    }
  }
  return nullptr;
}

const SoftwareNetwork* FindNetwork(const SoftwareProfile& profile, const std::string& network) {
  const SoftwareNetwork* found = nullptr;
  for (const SoftwareNetwork& candidate : profile.networks) {
    if (absl::StartsWith(network, candidate.name) &&
        (found == nullptr || candidate.name.size() > found->name.size())) {
      found = &candidate;
    }
  }
  return found;
}

int AdapterGigabits(const SoftwareProfile& profile, const std::string& fabric) {
  for (const AdapterRate& rate : profile.adapters) {
    if (rate.fabric == fabric) {
      return rate.gigabits;
    }
  }
  return kAdapterGigabits;
}

}  // namespace upfabric::collectives
