#include "daemon/topology/nccl_topology.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <tinyxml2.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "collectives/import/xml_element.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

using collectives::LineError;
using collectives::XmlElement;

constexpr int kLinksMax = 255;          // of an accelerator to one target
constexpr int kAcceleratorsMax = 1024;  // chosen: above any machine

// Where an element stands.
struct Place {
  std::string host;    // host_hash of its CPU
  std::string bus_id;  // of the nearest PCI device around it
};

struct ListedLinks {
  size_t accelerator = 0;
  int line = 0;
  std::string target;
  std::string host;
  std::string target_class;  // "" where the file does not say
  int count = 0;
};

class Reader {
 public:
  absl::Status Read(const tinyxml2::XMLElement& element, Place place);
  absl::StatusOr<SystemTopology> Finish();

 private:
  absl::Status ReadAccelerator(const tinyxml2::XMLElement& element, const Place& place);
  absl::Status ReadLinks(const tinyxml2::XMLElement& element, const Place& place);
  absl::Status Join(const ListedLinks& links);
  size_t SwitchOf(const ListedLinks& links);
  absl::Status CheckSymmetry() const;
  void LeaveOut();

  SystemTopology system_;
  std::map<std::pair<std::string, std::string>, size_t> by_bus_id_;
  std::map<std::pair<std::string, std::string>, size_t> switch_by_bus_id_;
  std::vector<ListedLinks> links_;
  std::vector<std::string> networks_;
  int to_cpus_ = 0;
  int to_unknown_ = 0;
  std::set<std::string> unknown_;  // "<foo> in line 7"
};

absl::Status Reader::Read(const tinyxml2::XMLElement& element, Place place) {
  const XmlElement read(element);
  const std::string_view name = read.name();
  if (name == "cpu" && read.Has("host_hash")) {
    UPF_ASSIGN_OR_RETURN(place.host, read.Text("host_hash"));
  } else if (name == "pci") {
    UPF_ASSIGN_OR_RETURN(place.bus_id, read.Text("busid"));
    absl::AsciiStrToLower(&place.bus_id);
  } else if (name == "gpu") {
    UPF_RETURN_IF_ERROR(ReadAccelerator(element, place));
  } else if (name == "nvlink" || name == "xgmi") {
    return ReadLinks(element, place);
  } else if (name == "net") {
    const std::string which = read.Has("name") ? *read.Text("name") : "without a name";
    networks_.push_back(read.Has("speed") ? absl::StrCat(which, " (", *read.Text("speed"), " Mb/s)")
                                          : which);
  } else if (name != "cpu" && name != "nic" && name != "c2c" && name != "pcilink") {
    unknown_.insert(absl::StrCat("<", std::string(name), "> in line ", read.line()));
  }
  for (const tinyxml2::XMLElement* child = element.FirstChildElement(); child != nullptr;
       child = child->NextSiblingElement()) {
    UPF_RETURN_IF_ERROR(Read(*child, place));
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadAccelerator(const tinyxml2::XMLElement& element, const Place& place) {
  const XmlElement read(element);
  if (place.bus_id.empty()) {
    return LineError(read.line(),
                     "gpu stands in no pci element; allowed is <pci busid=...> around");
  }
  if (system_.accelerators.size() == kAcceleratorsMax) {
    return LineError(read.line(),
                     absl::StrCat("one gpu too many; allowed are up to ", kAcceleratorsMax));
  }
  SystemTopology::Accelerator accelerator;
  accelerator.line = read.line();
  accelerator.name = absl::StrCat("gpu ", place.bus_id);
  if (read.Has("gcn")) {
    UPF_ASSIGN_OR_RETURN(const std::string chip, read.Text("gcn"));
    accelerator.chip = absl::StartsWith(chip, "gfx") ? chip : absl::StrCat("gfx", chip);
  } else if (read.Has("sm")) {
    UPF_ASSIGN_OR_RETURN(const std::string chip, read.Text("sm"));
    accelerator.chip = absl::StrCat("sm ", chip);
  }
  const size_t index = system_.accelerators.size();
  if (!by_bus_id_.insert({{place.host, place.bus_id}, index}).second) {
    return LineError(read.line(), absl::StrCat("a second gpu at ", place.bus_id,
                                               "; allowed is one for each PCI device"));
  }
  system_.accelerators.push_back(std::move(accelerator));
  return absl::OkStatus();
}

absl::Status Reader::ReadLinks(const tinyxml2::XMLElement& element, const Place& place) {
  const XmlElement read(element);
  const auto* parent = element.Parent()->ToElement();
  if (parent == nullptr || std::string_view(parent->Name()) != "gpu") {
    return LineError(read.line(), absl::StrCat(std::string(read.name()),
                                               " stands in no gpu; allowed is in one"));
  }
  ListedLinks links;
  links.line = read.line();
  links.host = place.host;
  links.accelerator = system_.accelerators.size() - 1;
  UPF_ASSIGN_OR_RETURN(links.target, read.Text("target"));
  absl::AsciiStrToLower(&links.target);
  UPF_ASSIGN_OR_RETURN(links.count, read.Number("count", {.min = 1, .max = kLinksMax}));
  if (read.Has("tclass")) {
    UPF_ASSIGN_OR_RETURN(links.target_class, read.Text("tclass"));
  }
  links_.push_back(std::move(links));
  return absl::OkStatus();
}

// A virtual machine hides the switches behind one bus id of all ones, the same on all hosts.
size_t Reader::SwitchOf(const ListedLinks& links) {
  const bool hidden = absl::StartsWith(links.target, "fff");
  const auto [found, is_new] =
      switch_by_bus_id_.insert({{hidden ? "" : links.host, links.target}, system_.switches.size()});
  if (is_new) {
    system_.switches.push_back(links.target);
  }
  return found->second;
}

absl::Status Reader::Join(const ListedLinks& links) {
  const auto accelerator = by_bus_id_.find({links.host, links.target});
  const bool to_accelerator = absl::StartsWith(links.target_class, "0x03");
  if (accelerator != by_bus_id_.end() && (to_accelerator || links.target_class.empty())) {
    if (accelerator->second == links.accelerator) {
      return LineError(links.line, "links of a gpu to itself; allowed are those to others");
    }
    system_.direct_links[links.accelerator][accelerator->second] += links.count;
    return absl::OkStatus();
  }
  if (to_accelerator) {
    to_unknown_ += links.count;
    return absl::OkStatus();
  }
  if (links.target_class == "0x068001") {
    to_cpus_ += links.count;
    return absl::OkStatus();
  }
  if (links.target_class != "0x068000") {
    return LineError(links.line, absl::StrCat("tclass is \"", links.target_class,
                                              "\"; allowed: 0x068000 (a switch), 0x03.... (an "
                                              "accelerator), 0x068001 (a CPU)"));
  }
  const size_t chip = SwitchOf(links);
  std::vector<int>& counts = system_.switch_links[links.accelerator];
  counts.resize(std::max(counts.size(), chip + 1));
  counts[chip] += links.count;
  return absl::OkStatus();
}

absl::Status Reader::CheckSymmetry() const {
  const auto& direct = system_.direct_links;
  for (size_t a = 0; a < direct.size(); ++a) {
    for (size_t b = 0; b < a; ++b) {
      if (direct[a][b] != direct[b][a]) {
        return LineError(system_.accelerators[a].line,
                         absl::StrCat(system_.accelerators[a].name, " lists ", direct[a][b],
                                      " links to ", system_.accelerators[b].name, ", which lists ",
                                      direct[b][a], " back; allowed are as many at both ends"));
      }
    }
  }
  return absl::OkStatus();
}

void Reader::LeaveOut() {
  std::vector<std::string>& left_out = system_.left_out;
  if (!networks_.empty()) {
    left_out.push_back(absl::StrCat(networks_.size(), " network interfaces: ", networks_.front(),
                                    networks_.size() > 1 ? " and more" : ""));
  }
  if (to_cpus_ > 0) {
    left_out.push_back(absl::StrCat(to_cpus_, " links to CPUs"));
  }
  if (to_unknown_ > 0) {
    left_out.push_back(absl::StrCat(to_unknown_, " links to accelerators that it does not list"));
  }
  for (const std::string& element : unknown_) {
    left_out.push_back(element);
  }
  left_out.push_back("PCIe and CPUs");
}

absl::StatusOr<SystemTopology> Reader::Finish() {
  const size_t count = system_.accelerators.size();
  system_.switch_links.resize(count);
  system_.direct_links.assign(count, std::vector<int>(count));
  for (const ListedLinks& links : links_) {
    UPF_RETURN_IF_ERROR(Join(links));
  }
  for (std::vector<int>& counts : system_.switch_links) {
    counts.resize(system_.switches.size());
  }
  UPF_RETURN_IF_ERROR(CheckSymmetry());
  LeaveOut();
  return std::move(system_);
}

}  // namespace

absl::StatusOr<SystemTopology> ReadNcclTopology(const std::string& text) {
  tinyxml2::XMLDocument document;
  if (document.Parse(text.data(), text.size()) != tinyxml2::XML_SUCCESS) {
    return LineError(document.ErrorLineNum(),
                     absl::StrCat("is not well-formed XML (", document.ErrorName(),
                                  "); allowed is a topology file of NCCL or RCCL"));
  }
  const tinyxml2::XMLElement* root = document.RootElement();
  if (root == nullptr || std::string_view(root->Name()) != "system") {
    return LineError(
        root == nullptr ? 1 : root->GetLineNum(),
        absl::StrCat("the outermost element is ",
                     root == nullptr ? "missing" : absl::StrCat("<", root->Name(), ">"),
                     "; allowed: <system>"));
  }
  Reader reader;
  for (const tinyxml2::XMLElement* child = root->FirstChildElement(); child != nullptr;
       child = child->NextSiblingElement()) {
    UPF_RETURN_IF_ERROR(reader.Read(*child, {}));
  }
  return reader.Finish();
}

}  // namespace upfabric::daemon
