#include "daemon/config/software.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "collectives/profiles/profiles.h"
#include "collectives/software/constants.h"
#include "daemon/config/loader.h"
#include "daemon/config/source_lines.h"
#include "daemon/config/yaml_reader.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor* FieldOf(const Message& message, std::string_view name) {
  return message.GetDescriptor()->FindFieldByName(std::string(name));
}

template <typename Owner>
void TakeConstants(const Message& message, std::span<const collectives::ConstantInfo<Owner>> infos,
                   Owner& owner) {
  for (const auto& info : infos) {
    owner.*info.member = message.GetReflection()->GetDouble(message, FieldOf(message, info.name));
  }
}

template <typename Owner>
void GiveConstants(const Owner& owner, std::span<const collectives::ConstantInfo<Owner>> infos,
                   Message& message) {
  for (const auto& info : infos) {
    message.GetReflection()->SetDouble(&message, FieldOf(message, info.name), owner.*info.member);
  }
}

template <typename Owner>
absl::Status CheckConstants(const Message& message,
                            std::span<const collectives::ConstantInfo<Owner>> infos,
                            const std::string& path, const SourceLines& lines) {
  constexpr double kRounding = 1e-6;  // of numbers written with few digits
  for (const auto& info : infos) {
    const double value = message.GetReflection()->GetDouble(message, FieldOf(message, info.name));
    if (!(value >= info.min * (1 - kRounding) && value <= info.max * (1 + kRounding))) {
      return lines.Error(absl::StrCat(path, std::string(info.name)),
                         absl::StrFormat("is %g; allowed is %g to %g", value, info.min, info.max));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTuning(const v1::NcclTuning& tuning, const std::string& path,
                         const SourceLines& lines) {
  constexpr int kNodeKinds = 3;
  for (const auto& [name, size] :
       {std::pair{"ll_max", tuning.ll_max_size()},
        std::pair{"ll128_tree_channel", tuning.ll128_tree_channel_size()},
        std::pair{"tree_channel", tuning.tree_channel_size()}}) {
    if (size != kNodeKinds) {
      return lines.Error(path + name, absl::StrCat("has ", size,
                                                   " numbers; allowed are 3, for 1, 2 and more "
                                                   "nodes"));
    }
  }
  if (!(tuning.gigabytes_per_second() > 0) || tuning.channels() < 1) {
    return lines.Error(path + "gigabytes_per_second",
                       "and channels are wanted; allowed are numbers above 0");
  }
  if (tuning.nvls_efficiency() > 0 && tuning.nvls_channels() < 2) {
    return lines.Error(path + "nvls_channels", "is missing; allowed are 2 and more");
  }
  return absl::OkStatus();
}

absl::Status CheckGeneration(const v1::SoftwareGeneration& generation, bool framework,
                             const std::string& path, const SourceLines& lines) {
  if (generation.fabrics().empty()) {
    return lines.Error(path + "fabrics", "is empty; name at least one fabric");
  }
  if (framework) {
    if (!generation.has_own()) {
      return lines.Error(path + "own",
                         "is missing: a profile with a library has kernels of its own");
    }
    return CheckConstants(generation.own(), collectives::OwnKernelInfos(), path + "own.", lines);
  }
  if (!generation.has_constants()) {
    return lines.Error(path + "constants", "is missing; give all of them");
  }
  UPF_RETURN_IF_ERROR(CheckConstants(generation.constants(), collectives::LibraryConstantInfos(),
                                     path + "constants.", lines));
  if (generation.constants().packet_payload() < 1) {
    return lines.Error(path + "constants.packet_payload", "is missing; allowed are 1 and more");
  }
  return generation.has_tuning() ? CheckTuning(generation.tuning(), path + "tuning.", lines)
                                 : absl::OkStatus();
}

absl::Status Check(const v1::SoftwareProfile& profile, const SourceLines& lines) {
  if (profile.id().empty()) {
    return lines.Error("id", "is missing; name the profile");
  }
  for (int i = 0; i < profile.generations_size(); ++i) {
    UPF_RETURN_IF_ERROR(CheckGeneration(profile.generations(i), !profile.library().empty(),
                                        absl::StrCat("generations[", i, "]."), lines));
  }
  for (int i = 0; i < profile.networks_size(); ++i) {
    const std::string path = absl::StrCat("networks[", i, "].");
    if (profile.networks(i).name().empty()) {
      return lines.Error(path + "name", "is missing; name the network");
    }
    UPF_RETURN_IF_ERROR(
        CheckConstants(profile.networks(i), collectives::NetworkInfos(), path, lines));
  }
  for (int i = 0; i < profile.kernels_size(); ++i) {
    const v1::NamedKernel& kernel = profile.kernels(i);
    const std::string path = absl::StrCat("kernels[", i, "].");
    if (kernel.algorithm().empty() || !(kernel.overlap() >= 1)) {
      return lines.Error(path + "algorithm", "and overlap from 1 up are wanted");
    }
    if ((kernel.gigabytes_per_second() > 0) == (kernel.share() > 0)) {
      return lines.Error(path + "share", "or gigabytes_per_second is wanted; give one of them");
    }
    for (const auto& info : collectives::NamedKernelInfos()) {
      const double value = kernel.GetReflection()->GetDouble(kernel, FieldOf(kernel, info.name));
      if (value != 0 && !(value >= info.min && value <= info.max)) {
        return lines.Error(
            path + std::string(info.name),
            absl::StrFormat("is %g; allowed is %g to %g", value, info.min, info.max));
      }
    }
  }
  if (profile.generations().empty() && profile.kernels().empty()) {
    return lines.Error("generations", "is empty; give generations or kernels");
  }
  return absl::OkStatus();
}

collectives::ByNodes ByNodesOf(const google::protobuf::RepeatedField<double>& values) {
  return {values[0], values[1], values[2]};
}

collectives::NcclTuning TuningFromProto(const v1::NcclTuning& tuning) {
  collectives::NcclTuning out = {
      .gigabytes_per_second = tuning.gigabytes_per_second(),
      .channels = tuning.channels(),
      .ll_max = ByNodesOf(tuning.ll_max()),
      .ll128_ring_channel = tuning.ll128_ring_channel(),
      .ll128_tree_channel = ByNodesOf(tuning.ll128_tree_channel()),
      .tree_channel = ByNodesOf(tuning.tree_channel()),
      .nvls_efficiency = tuning.nvls_efficiency(),
      .nvls_channels = tuning.nvls_channels(),
      .nvls_ranks_min = tuning.nvls_ranks_min(),
      .nvls_ranks_few = tuning.nvls_ranks_few(),
      .nvls_bytes_min = tuning.nvls_bytes_min(),
      .rules_change = {},
      .ll128_ring_max = tuning.ll128_ring_max(),
  };
  if (!tuning.rules_change().empty()) {
    out.rules_change = collectives::ParseLibraryVersion(tuning.rules_change());
  }
  return out;
}

collectives::SoftwareGeneration GenerationFromProto(const v1::SoftwareGeneration& generation) {
  collectives::SoftwareGeneration out;
  out.name = generation.name();
  out.fabrics.assign(generation.fabrics().begin(), generation.fabrics().end());
  TakeConstants(generation.constants(), collectives::LibraryConstantInfos(), out.constants);
  out.constants.packet_payload = generation.constants().packet_payload();
  if (generation.has_own()) {
    TakeConstants(generation.own(), collectives::OwnKernelInfos(), out.own.emplace());
    for (const v1::OwnKernels::Limit& limit : generation.own().limits()) {
      out.own->limits.push_back({.ranks = limit.ranks(),
                                 .below_bytes = limit.below_bytes(),
                                 .up_to_bytes = limit.up_to_bytes()});
    }
  }
  if (generation.has_tuning()) {
    out.tuning = TuningFromProto(generation.tuning());
  }
  return out;
}

}  // namespace

std::vector<std::string> SoftwareIds() {
  std::vector<std::string> ids;
  for (const collectives::ProfileFile& file : collectives::Profiles()) {
    ids.emplace_back(file.id);
  }
  return ids;
}

absl::StatusOr<v1::SoftwareProfile> ResolveSoftware(const std::string& id_or_path) {
  v1::SoftwareProfile profile;
  if (NamesFile(id_or_path)) {
    SourceLines lines(id_or_path);
    UPF_RETURN_IF_ERROR(ReadMessageFile(id_or_path, profile, lines));
    UPF_RETURN_IF_ERROR(Check(profile, lines));
    return profile;
  }
  for (const collectives::ProfileFile& file : collectives::Profiles()) {
    if (file.id == id_or_path) {
      SourceLines lines(absl::StrCat("profile ", id_or_path));
      UPF_RETURN_IF_ERROR(ReadYaml(std::string(file.yaml), profile, lines));
      UPF_RETURN_IF_ERROR(Check(profile, lines));
      return profile;
    }
  }
  return absl::NotFoundError(absl::StrCat("no software profile \"", id_or_path,
                                          "\"; there are: ideal, ",
                                          absl::StrJoin(SoftwareIds(), ", "), ", or a file"));
}

collectives::SoftwareProfile SoftwareFromProto(const v1::SoftwareProfile& profile) {
  collectives::SoftwareProfile out;
  out.id = profile.id();
  out.library = profile.library();
  out.version = collectives::ParseLibraryVersion(profile.version());
  for (const v1::SoftwareGeneration& generation : profile.generations()) {
    out.generations.push_back(GenerationFromProto(generation));
  }
  for (const v1::SoftwareNetwork& network : profile.networks()) {
    out.networks.emplace_back().name = network.name();
    TakeConstants(network, collectives::NetworkInfos(), out.networks.back());
  }
  for (const v1::AdapterRates& rates : profile.adapters()) {
    for (const std::string& fabric : rates.fabrics()) {
      out.adapters.push_back({.fabric = fabric, .gigabits = rates.gigabits()});
    }
  }
  for (const v1::NamedKernel& kernel : profile.kernels()) {
    collectives::NamedKernel& to = out.kernels.emplace_back();
    TakeConstants(kernel, collectives::NamedKernelInfos(), to);
    to.algorithm = kernel.algorithm();
    to.overlap = kernel.overlap();
    to.launched = kernel.launched();
    to.by_parts = kernel.by_parts();
  }
  return out;
}

void UpdateProto(const collectives::SoftwareProfile& profile, v1::SoftwareProfile& message) {
  for (int i = 0; i < message.generations_size(); ++i) {
    const collectives::SoftwareGeneration& from = profile.generations[static_cast<size_t>(i)];
    v1::SoftwareGeneration& to = *message.mutable_generations(i);
    if (to.has_constants()) {
      GiveConstants(from.constants, collectives::LibraryConstantInfos(), *to.mutable_constants());
    }
    if (to.has_own()) {
      GiveConstants(*from.own, collectives::OwnKernelInfos(), *to.mutable_own());
    }
  }
  for (int i = 0; i < message.networks_size(); ++i) {
    GiveConstants(profile.networks[static_cast<size_t>(i)], collectives::NetworkInfos(),
                  *message.mutable_networks(i));
  }
  for (int i = 0; i < message.kernels_size(); ++i) {
    GiveConstants(profile.kernels[static_cast<size_t>(i)], collectives::NamedKernelInfos(),
                  *message.mutable_kernels(i));
  }
}

absl::StatusOr<collectives::Launch> ParseLaunch(const std::string& text) {
  using collectives::Launch;
  if (text.empty() || text == "process_per_gpu" || text == "threads" || text == "unknown") {
    return Launch::kAuto;
  }
  if (text == "single_process") {
    return Launch::kSingleProcess;
  }
  if (text == "graph") {
    return Launch::kGraph;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--launch: \"", text,
                   "\" is no way to launch; allowed: process_per_gpu, threads, single_process, "
                   "graph, unknown"));
}

absl::StatusOr<Software> LoadSoftware(const std::string& id_or_path) {
  UPF_ASSIGN_OR_RETURN(const v1::SoftwareProfile profile, ResolveSoftware(id_or_path));
  Software software;
  software.profile = SoftwareFromProto(profile);
  if (!profile.library().empty()) {
    UPF_ASSIGN_OR_RETURN(const v1::SoftwareProfile library, ResolveSoftware(profile.library()));
    if (!library.library().empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(id_or_path, ": library: ", library.id(),
                       " has a library itself; allowed is one that has none"));
    }
    software.library = SoftwareFromProto(library);
  }
  return software;
}

namespace {

// The generation that names the fabric, or the one that is nearest in rate.
const collectives::SoftwareGeneration* GenerationFor(const collectives::SoftwareProfile& profile,
                                                     const std::string& fabric, double rate,
                                                     bool& transferred) {
  if (const auto* named = collectives::FindGeneration(profile, fabric)) {
    return named;
  }
  transferred = true;
  const collectives::SoftwareGeneration* nearest = nullptr;
  double distance = std::numeric_limits<double>::infinity();
  for (const collectives::SoftwareGeneration& generation : profile.generations) {
    if (!generation.tuning.has_value()) {
      nearest = nearest == nullptr ? &generation : nearest;
      continue;
    }
    const double away = std::abs(std::log(rate / generation.tuning->gigabytes_per_second));
    if (away < distance) {
      distance = away;
      nearest = &generation;
    }
  }
  return nearest;
}

}  // namespace

absl::StatusOr<SelectedSoftware> SelectParts(const Software& software, const std::string& fabric,
                                             const collectives::SoftwareCase& use) {
  SelectedSoftware selected;
  const collectives::SoftwareProfile& library = software.serving();
  if (!library.generations.empty()) {
    selected.parts.library = GenerationFor(library, fabric, use.facts.rate, selected.transferred);
  }
  if (software.library.has_value()) {
    const auto* own = collectives::FindGeneration(software.profile, fabric);
    if (own == nullptr || !own->own.has_value()) {
      return absl::UnimplementedError(
          absl::StrCat("software ", software.profile.id, " has no kernels for ", fabric));
    }
    selected.parts.own = &*own->own;
  }
  const bool by_name = !use.algorithm.empty() && use.algorithm != "auto" &&
                       use.algorithm != "ring" && use.algorithm != "tree" &&
                       use.algorithm != "nvls";
  if (by_name || library.generations.empty()) {
    std::string known;
    for (const collectives::NamedKernel& kernel : software.profile.kernels) {
      absl::StrAppend(&known, known.empty() ? "" : ", ", kernel.algorithm);
      if (kernel.algorithm == use.algorithm) {
        selected.parts.kernel = &kernel;
      }
    }
    if (selected.parts.kernel == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          "software ", software.profile.id, " has no algorithm \"", use.algorithm,
          "\"; there are: ", library.generations.empty() ? "" : "auto, ring, tree, nvls",
          !library.generations.empty() && !known.empty() ? ", " : "", known));
    }
  }
  if (use.domains > 1) {
    selected.parts.network = collectives::FindNetwork(library, use.network);
    if (selected.parts.network == nullptr) {
      std::string known;
      for (const collectives::SoftwareNetwork& network : library.networks) {
        absl::StrAppend(&known, known.empty() ? "" : ", ", network.name);
      }
      return absl::UnimplementedError(absl::StrCat("software ", library.id, " has no network \"",
                                                   use.network, "\"; there are: ", known));
    }
  }
  return selected;
}

}  // namespace upfabric::daemon
