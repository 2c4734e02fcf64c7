#include "daemon/validation/validation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "daemon/config/loader.h"
#include "fabric/base/status.h"
#include "fabric/config/from_proto.h"

namespace upfabric::daemon {
namespace {

using collectives::Pattern;

absl::StatusOr<Pattern> PatternOf(const std::string& collective) {
  constexpr std::array<std::pair<absl::string_view, Pattern>, 9> kPatterns = {{
      {"all_reduce", Pattern::kAllReduce},
      {"all_gather", Pattern::kAllGather},
      {"reduce_scatter", Pattern::kReduceScatter},
      {"broadcast", Pattern::kChain},
      {"reduce", Pattern::kChain},
      {"all_to_all", Pattern::kAllToAll},
      {"sendrecv", Pattern::kSendRecv},
      {"gather", Pattern::kRooted},
      {"scatter", Pattern::kRooted},
  }};
  std::string known;
  for (const auto& [name, pattern] : kPatterns) {
    if (name == collective) {
      return pattern;
    }
    absl::StrAppend(&known, known.empty() ? "" : ", ", name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("collective \"", collective, "\" is unknown; allowed are ", known));
}

// Of the library's tuning formula, where it serves the pattern.
double TunerTime(const PreparedUse& use, int64_t bytes) {
  const collectives::SoftwareParts& parts = use.software.parts;
  const collectives::SoftwareCase& c = use.prepared;
  const bool served = c.pattern == Pattern::kAllReduce || c.pattern == Pattern::kAllGather ||
                      c.pattern == Pattern::kReduceScatter || c.pattern == Pattern::kChain;
  if (!served || c.ranks < 2 || parts.library == nullptr || parts.kernel != nullptr ||
      parts.own != nullptr || !parts.library->tuning.has_value()) {
    return 0;
  }
  return ChooseByTuner(c, *parts.library->tuning, bytes).tuner_us;
}

// What profiles call a network of which nothing is known.
constexpr char kUnstatedNetwork[] = "unstated";

double Percent(double sum, int rows) { return rows == 0 ? 0 : 100 * (std::exp(sum / rows) - 1); }

}  // namespace

void ErrorSum::Add(int64_t bytes, double log_ratio) {
  Part& part = bytes < kSmallBytes ? small_ : large_;
  ++part.rows;
  part.sum += std::abs(log_ratio);
}

void ErrorSum::Add(const ValidatedTable& table) {
  for (const ValidatedRow& row : table.rows) {
    Add(row.bytes, std::log(row.ratio()));
  }
}

void ErrorSum::Add(const ErrorSum& other) {
  small_.rows += other.small_.rows;
  small_.sum += other.small_.sum;
  large_.rows += other.large_.rows;
  large_.sum += other.large_.sum;
}

ErrorSummary ErrorSum::Summary() const {
  return {.rows = small_.rows + large_.rows,
          .all = Percent(small_.sum + large_.sum, small_.rows + large_.rows),
          .rows_small = small_.rows,
          .small = Percent(small_.sum, small_.rows),
          .rows_large = large_.rows,
          .large = Percent(large_.sum, large_.rows)};
}

collectives::Adapters AdaptersOf(const collectives::SoftwareProfile& profile, const TableUse& use,
                                 int endpoints) {
  const int local = use.ranks / use.domains;
  double count = local;
  double gigabits = collectives::AdapterGigabits(profile, use.fabric);
  for (const absl::string_view word : absl::StrSplit(use.network, '-')) {
    const std::vector<std::string> parts = absl::StrSplit(word, 'x');
    int adapters = 0;
    int rate = 0;
    if (parts.size() == 2 && absl::SimpleAtoi(parts[0], &adapters) &&
        absl::SimpleAtoi(parts[1], &rate) && adapters > 0 && rate > 0) {
      count = static_cast<double>(adapters) * local / endpoints;
      gigabits = rate;
    }
  }
  return {.count = std::max(count, 1e-3),
          .rate = count * gigabits / 8,
          .reduces_in_net = absl::StrContains(use.network, "sharp")};
}

Models::Models() = default;
Models::~Models() = default;

std::string Models::FamilyOf(const std::string& fabric) {
  for (const std::string& id : SoftwareIds()) {
    const absl::StatusOr<const Software*> software = SoftwareNamed(id);
    if (!software.ok()) {
      continue;
    }
    if (const auto* generation = collectives::FindGeneration((*software)->profile, fabric)) {
      return generation->name;
    }
  }
  return "other";
}

absl::StatusOr<const fabric::Fabric*> Models::FabricNamed(const std::string& name) {
  auto it = fabrics_.find(name);
  if (it == fabrics_.end()) {
    UPF_ASSIGN_OR_RETURN(const v1::Fabric config, ResolveFabric(name));
    UPF_ASSIGN_OR_RETURN(const fabric::FabricSpec spec, fabric::FabricSpecFromProto(config));
    UPF_ASSIGN_OR_RETURN(std::unique_ptr<fabric::Fabric> built, fabric::Fabric::Create(spec, {}));
    it = fabrics_.emplace(name, std::move(built)).first;
  }
  return it->second.get();
}

absl::StatusOr<const Software*> Models::SoftwareNamed(const std::string& name) {
  auto it = software_.find(name);
  if (it == software_.end()) {
    UPF_ASSIGN_OR_RETURN(Software loaded, LoadSoftware(name));
    it = software_.emplace(name, std::make_unique<Software>(std::move(loaded))).first;
  }
  return it->second.get();
}

void Models::Replace(const std::string& name, const Software& software) {
  software_[name] = std::make_unique<Software>(software);
}

absl::StatusOr<PreparedUse> Models::Prepare(const TableUse& use) {
  absl::StatusOr<PreparedUse> prepared = PrepareAsGiven(use);
  TableUse relaxed = use;
  while (!prepared.ok() && Relax(relaxed)) {
    absl::StatusOr<PreparedUse> nearest = PrepareAsGiven(relaxed);
    if (nearest.ok()) {
      nearest->software.transferred = true;
      return nearest;
    }
  }
  return prepared;
}

bool Models::Relax(TableUse& use) {
  const absl::StatusOr<const Software*> software = SoftwareNamed(use.software);
  const bool known = software.ok();
  if (!known || ((*software)->library.has_value() &&
                 collectives::FindGeneration((*software)->profile, use.fabric) == nullptr)) {
    if (NamesFile(use.software)) {
      return false;
    }
    const absl::StatusOr<const Software*> rccl = SoftwareNamed("rccl");
    const bool serves =
        rccl.ok() && collectives::FindGeneration((*rccl)->profile, use.fabric) != nullptr;
    use.software = serves ? "rccl" : "nccl";
    return true;
  }
  const collectives::SoftwareProfile& library = (*software)->serving();
  if (use.domains > 1 && use.network != kUnstatedNetwork &&
      collectives::FindNetwork(library, use.network) == nullptr) {
    use.network = kUnstatedNetwork;
    return true;
  }
  std::string nearest;  // the kernel whose name begins most alike
  size_t alike = 0;
  for (const collectives::NamedKernel& kernel : (*software)->profile.kernels) {
    if (kernel.algorithm == use.algorithm) {
      return false;
    }
    const auto same = std::mismatch(kernel.algorithm.begin(), kernel.algorithm.end(),
                                    use.algorithm.begin(), use.algorithm.end());
    const auto letters = static_cast<size_t>(same.first - kernel.algorithm.begin());
    if (nearest.empty() || letters > alike) {
      nearest = kernel.algorithm;
      alike = letters;
    }
  }
  if (use.algorithm.empty() && !library.generations.empty()) {
    return false;
  }
  use.algorithm = library.generations.empty() ? nearest : "";
  return true;
}

absl::StatusOr<PreparedUse> Models::PrepareAsGiven(const TableUse& use) {
  UPF_ASSIGN_OR_RETURN(const fabric::Fabric* fabric, FabricNamed(use.fabric));
  UPF_ASSIGN_OR_RETURN(const Software* software, SoftwareNamed(use.software));
  const int endpoints = fabric->view().endpoints();
  PreparedUse prepared;
  collectives::SoftwareCase& c = prepared.prepared;
  UPF_ASSIGN_OR_RETURN(c.pattern, PatternOf(use.collective));
  if (use.ranks < 1 || use.ranks % use.domains != 0 || use.ranks / use.domains > endpoints) {
    return absl::InvalidArgumentError(absl::StrCat(use.ranks, " ranks in equal parts on ",
                                                   use.domains, " x ", use.fabric,
                                                   "; allowed are 1 to ", endpoints, " on each"));
  }
  c.ranks = use.ranks;
  c.domains = use.domains;
  UPF_ASSIGN_OR_RETURN(c.launch, ParseLaunch(use.launch));
  c.algorithm = use.algorithm;
  c.network = use.network;
  c.version = collectives::ParseLibraryVersion(use.version);
  const collectives::SoftwareProfile& library = software->serving();
  if (c.version == collectives::LibraryVersion{}) {
    c.version = software->profile.version;
  }
  c.adapters = AdaptersOf(library, use, endpoints);
  // The packets' payload is the generation's, which the facts select.
  c.facts = collectives::FactsOf(fabric->view(), c.domain_ranks(),
                                 collectives::LibraryConstants().packet_payload);
  UPF_ASSIGN_OR_RETURN(prepared.software, SelectParts(*software, use.fabric, c));
  if (prepared.software.parts.library != nullptr) {
    c.facts = collectives::FactsOf(fabric->view(), c.domain_ranks(),
                                   prepared.software.parts.library->constants.packet_payload);
  }
  return prepared;
}

absl::StatusOr<ValidatedTable> Models::Validate(const TableUse& use, const MeasuredTable& table) {
  const auto at = [&table](const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(table.file, ": ", status.message()));
  };
  const absl::StatusOr<PreparedUse> prepared = Prepare(use);
  if (!prepared.ok()) {
    return at(prepared.status());
  }
  const collectives::SoftwareParts& parts = prepared->software.parts;
  ValidatedTable validated = {.use = use,
                              .family = FamilyOf(use.fabric),
                              .transferred = prepared->software.transferred,
                              .rows = {}};
  for (const MeasuredRow& row : table.rows) {
    const std::optional<double> measured = TimeOf(row, use.collective, use.ranks);
    if (!measured.has_value() || row.bytes == 0) {
      continue;  // nothing was published, or nothing moved
    }
    const collectives::Prediction predicted = Predict(parts, prepared->prepared, row.bytes);
    validated.rows.push_back({.bytes = row.bytes,
                              .measured_us = *measured,
                              .modelled_us = predicted.microseconds,
                              .tuner_us = TunerTime(*prepared, row.bytes),
                              .algorithm = predicted.algorithm,
                              .protocol = predicted.protocol});
  }
  if (validated.rows.empty()) {
    return at(absl::InvalidArgumentError("has no row with a time or a bandwidth above 0"));
  }
  return validated;
}

}  // namespace upfabric::daemon
