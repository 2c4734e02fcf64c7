#include "daemon/topology/system_topology.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "collectives/import/xml_element.h"
#include "daemon/config/loader.h"
#include "daemon/config/yaml_writer.h"
#include "daemon/topology/nccl_topology.h"
#include "daemon/topology/topology_matrix.h"
#include "fabric/base/status.h"
#include "fabric/config/from_proto.h"
#include "fabric/config/inheritance.h"
#include "fabric/topo/layout.h"

namespace upfabric::daemon {
namespace {

struct ChipPreset {
  absl::string_view chip;
  absl::string_view preset;
};
// The board or rack that most accelerators of a chip are in.
constexpr std::array kPresetOfChip = {
    ChipPreset{"sm 70", "dgx2-v100"},    ChipPreset{"sm 80", "dgx-a100"},
    ChipPreset{"sm 90", "hgx-h100"},     ChipPreset{"sm 100", "hgx-b200"},
    ChipPreset{"sm 103", "hgx-b300"},    ChipPreset{"gfx942", "mi300x-oam8"},
    ChipPreset{"gfx950", "mi355x-oam8"},
};

std::string KnownChips() {
  return absl::StrJoin(kPresetOfChip, ", ", [](std::string* out, const ChipPreset& known) {
    absl::StrAppend(out, known.chip);
  });
}

absl::Status At(const SystemTopology::Accelerator& accelerator, const std::string& message) {
  return collectives::LineError(accelerator.line, message);
}

absl::StatusOr<std::string> BaseOf(const SystemTopology& system) {
  const SystemTopology::Accelerator& first = system.accelerators.front();
  for (const SystemTopology::Accelerator& other : system.accelerators) {
    if (other.chip != first.chip) {
      return At(other, absl::StrCat(other.name, " is of ", other.chip, ", others of ", first.chip,
                                    "; allowed are equal ones"));
    }
  }
  for (const ChipPreset& known : kPresetOfChip) {
    if (known.chip == first.chip) {
      return std::string(known.preset);
    }
  }
  return absl::InvalidArgumentError(
      first.chip.empty()
          ? "--base: missing; the file does not say what the accelerators are; allowed: a preset "
            "with links like theirs (`upfabric presets` lists them)"
          : absl::StrCat("--base: missing, and there is none for ", first.chip,
                         "; allowed: a preset with links like theirs; known without it are ",
                         KnownChips()));
}

v1::Figure Listed(int value, const std::string& note) {
  v1::Figure figure;
  figure.set_value(absl::StrCat(value));
  figure.set_source("TOPOLOGY-FILE");
  figure.set_confidence(v1::CONFIDENCE_MEASURED);
  figure.set_note(note);
  return figure;
}

v1::Figure Assumed(int value, const std::string& note) {
  v1::Figure figure;
  figure.set_value(absl::StrCat(value));
  figure.set_confidence(v1::CONFIDENCE_ESTIMATE);
  figure.set_note(note);
  return figure;
}

// Makes the fabric's topology from the listing.
class Importer {
 public:
  Importer(const SystemTopology& system, const v1::Fabric& base, int base_links)
      : system_(system), base_(base), base_links_(base_links) {}

  absl::Status Import(ImportedFabric& imported) {
    if (!system_.switches.empty()) {
      UPF_RETURN_IF_ERROR(CheckNoPairs());
      return AddPlanes(imported);
    }
    const int pair = system_.direct_links[0][1];
    UPF_RETURN_IF_ERROR(CheckPairs(pair));
    const bool as_base = base_.topology().has_planes() && pair == base_links_;
    if (system_.hides_switches && (as_base || pair * (Count() - 1) > base_links_)) {
      return AddHiddenPlanes(pair, imported);
    }
    return AddMesh(pair, imported);
  }

 private:
  int Count() const { return static_cast<int>(system_.accelerators.size()); }

  absl::Status CheckNoPairs() const {
    for (size_t a = 0; a < system_.direct_links.size(); ++a) {
      const std::vector<int>& links = system_.direct_links[a];
      if (std::any_of(links.begin(), links.end(), [](int count) { return count > 0; })) {
        return At(system_.accelerators[a],
                  absl::StrCat(system_.accelerators[a].name,
                               " has links to another accelerator, and there are switches; allowed "
                               "is one of the two"));
      }
    }
    return absl::OkStatus();
  }

  // Every pair has as many links as the first one.
  absl::Status CheckPairs(int pair) const {
    for (int a = 0; a < Count(); ++a) {
      for (int b = 0; b < a; ++b) {
        const int links = system_.direct_links[static_cast<size_t>(a)][static_cast<size_t>(b)];
        if (links != pair || links == 0) {
          const SystemTopology::Accelerator& accelerator =
              system_.accelerators[static_cast<size_t>(a)];
          return At(accelerator,
                    absl::StrCat(accelerator.name, " has ", links, " links to ",
                                 system_.accelerators[static_cast<size_t>(b)].name,
                                 ", the first pair has ", pair,
                                 "; allowed are switches, or as many links between any two; other "
                                 "shapes are a fabric file's (docs/custom-fabric.md)"));
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckSwitch() const {
    return base_.has_switch_()
               ? absl::OkStatus()
               : absl::InvalidArgumentError(absl::StrCat(
                     "--base: ", base_.id(),
                     " has no switches, but the accelerators do; allowed: one that has"));
  }

  void SetEndpoints(v1::Planes& planes) const {
    *planes.mutable_endpoints() = Listed(Count(), "accelerators that the file lists");
  }

  absl::Status AddPlanes(ImportedFabric& imported) const {
    UPF_RETURN_IF_ERROR(CheckSwitch());
    const std::vector<int>& first = system_.switch_links.front();
    for (size_t a = 1; a < system_.switch_links.size(); ++a) {
      const auto [mine, others] = std::mismatch(system_.switch_links[a].begin(),
                                                system_.switch_links[a].end(), first.begin());
      if (mine != system_.switch_links[a].end()) {
        const auto chip = static_cast<size_t>(mine - system_.switch_links[a].begin());
        return At(system_.accelerators[a],
                  absl::StrCat(system_.accelerators[a].name, " has ", *mine, " links to switch ",
                               system_.switches[chip], ", the first accelerator has ", *others,
                               "; allowed are as many from each; how switches are joined is a "
                               "fabric file's to say (docs/custom-fabric.md)"));
      }
    }
    if (first.size() == 1 && base_.topology().has_planes() && first.front() == base_links_) {
      return AddHiddenPlanes(first.front(), imported);
    }
    v1::Planes& planes = *imported.fabric.mutable_topology()->mutable_planes();
    SetEndpoints(planes);
    std::map<int, std::vector<std::string>, std::greater<>> switches_by_links;
    for (size_t chip = 0; chip < first.size(); ++chip) {
      switches_by_links[first[chip]].push_back(system_.switches[chip]);
    }
    for (const auto& [links, switches] : switches_by_links) {
      v1::PlaneGroup& group = *planes.add_groups();
      *group.mutable_planes() =
          Listed(static_cast<int>(switches.size()),
                 absl::StrCat("switches ", absl::StrJoin(switches, ", "), ", each its own plane"));
      *group.mutable_links() = Listed(links, "links of each accelerator to each of them");
    }
    imported.remarks.push_back(
        absl::StrCat("each of the ", first.size(), " switches is taken as a plane of its own"));
    return absl::OkStatus();
  }

  // The file shows how many links an accelerator has, not how many switches they go to.
  absl::Status AddHiddenPlanes(int links, ImportedFabric& imported) const {
    UPF_RETURN_IF_ERROR(CheckSwitch());
    v1::Planes& planes = *imported.fabric.mutable_topology()->mutable_planes();
    const bool as_base = base_.topology().has_planes() && links == base_links_;
    if (as_base) {
      planes = base_.topology().planes();
      imported.remarks.push_back(
          absl::StrCat("how many switches there are is not in the file: the ", links,
                       " links of an accelerator go to planes as in ", base_.id()));
    } else {
      v1::PlaneGroup& group = *planes.add_groups();
      *group.mutable_planes() = Assumed(1, "the file does not show how many switches there are");
      *group.mutable_links() = Listed(links, "links of each accelerator");
      imported.remarks.push_back(
          "how many switches there are is not in the file: one is assumed, with all links");
    }
    SetEndpoints(planes);
    return absl::OkStatus();
  }

  absl::Status AddMesh(int pair, ImportedFabric& imported) const {
    v1::FullMesh& mesh = *imported.fabric.mutable_topology()->mutable_full_mesh();
    *mesh.mutable_endpoints() = Listed(Count(), "accelerators that the file lists");
    *mesh.mutable_links() = Listed(pair, "links between any two");
    if (base_.has_switch_()) {
      imported.fabric.add_without("switch");
    }
    imported.remarks.push_back(absl::StrCat("accelerators are joined to each other, ", pair,
                                            pair == 1 ? " link" : " links", " between any two"));
    return absl::OkStatus();
  }

  const SystemTopology& system_;
  const v1::Fabric& base_;
  int base_links_;
};

absl::StatusOr<int> LinksOfEndpoint(const v1::Fabric& config) {
  UPF_ASSIGN_OR_RETURN(const fabric::FabricSpec spec, fabric::FabricSpecFromProto(config));
  UPF_ASSIGN_OR_RETURN(const fabric::Layout layout, fabric::Layout::Create(spec, 1));
  return layout.links_per_endpoint();
}

}  // namespace

absl::StatusOr<SystemTopology> ReadTopology(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '<' ? ReadNcclTopology(text)
                                                          : ReadTopologyMatrix(text);
}

absl::StatusOr<ImportedFabric> FabricOf(const SystemTopology& system, const std::string& base,
                                        const std::string& id) {
  if (system.accelerators.size() < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("1: lists ", system.accelerators.size(),
                     " accelerators; allowed is a file that lists two or more, with their links"));
  }
  std::string base_name = base;
  if (base_name.empty()) {
    UPF_ASSIGN_OR_RETURN(base_name, BaseOf(system));
  }
  UPF_ASSIGN_OR_RETURN(v1::Fabric standing_on, ResolveFabric(base_name));
  UPF_ASSIGN_OR_RETURN(const int base_links, LinksOfEndpoint(standing_on));
  ImportedFabric imported;
  imported.fabric.set_id(id);
  imported.fabric.set_title(
      absl::StrCat(system.accelerators.size(), " accelerators, links of ", standing_on.id()));
  imported.fabric.set_base(base_name);
  UPF_RETURN_IF_ERROR(Importer(system, standing_on, base_links).Import(imported));
  if (standing_on.has_scale_out()) {
    imported.fabric.add_without("scale_out");
  }
  const std::string& chip = system.accelerators.front().chip;
  imported.remarks.push_back(absl::StrCat(
      "not in the file, and as in ", base_name, chip.empty() ? "" : absl::StrCat(" (", chip, ")"),
      ": protocol, rate of a link, latencies, buffers, credits, errors, memory"));
  for (const std::string& part : system.left_out) {
    imported.remarks.push_back(absl::StrCat("left out: ", part));
  }
  v1::Fabric complete = imported.fabric;
  UPF_RETURN_IF_ERROR(fabric::TakeOver(standing_on, complete));
  UPF_RETURN_IF_ERROR(fabric::FabricSpecFromProto(complete).status());
  return imported;
}

std::string FabricFileText(const ImportedFabric& imported, std::string_view file) {
  std::string text = absl::StrCat("# From ", std::string(file), ", by upfabric import.\n");
  for (const std::string& remark : imported.remarks) {
    absl::StrAppend(&text, "# - ", remark, "\n");
  }
  return absl::StrCat(text, "\n", WriteYaml(imported.fabric));
}

}  // namespace upfabric::daemon
