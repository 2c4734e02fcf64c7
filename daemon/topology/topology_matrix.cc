#include "daemon/topology/topology_matrix.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "collectives/import/xml_element.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

using collectives::LineError;

constexpr int kLinksMax = 255;
constexpr size_t kDevicesMax = 1024;  // chosen: above any machine
// Paths that are no NVLink.
constexpr std::array<absl::string_view, 6> kPaths = {"PIX", "PXB", "PHB", "NODE", "SYS", "SOC"};

// Without what sets a terminal's colors: ESC [ ... m.
std::string Plain(absl::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b' && i + 1 < text.size() && text[i + 1] == '[') {
      while (i < text.size() && text[i] != 'm') {
        ++i;
      }
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

std::vector<std::string> WordsOf(absl::string_view line) {
  return absl::StrSplit(Plain(line), absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
}

bool IsGpu(const std::string& device) {
  int index = 0;
  return absl::StartsWith(device, "GPU") && absl::SimpleAtoi(device.substr(3), &index);
}

// The links of a cell; 0 for all other paths.
absl::StatusOr<int> LinksOf(const std::string& cell) {
  int links = 0;
  if (absl::StartsWith(cell, "NV") && absl::SimpleAtoi(cell.substr(2), &links) && links >= 1 &&
      links <= kLinksMax) {
    return links;
  }
  if (cell == "X" || std::find(kPaths.begin(), kPaths.end(), cell) != kPaths.end()) {
    return 0;
  }
  return absl::InvalidArgumentError("X, NV and a number, PIX, PXB, PHB, NODE, SYS");
}

class Reader {
 public:
  absl::Status Read(int line, const std::vector<std::string>& words);
  absl::StatusOr<SystemTopology> Finish() &&;

 private:
  absl::Status ReadHeader(int line, const std::vector<std::string>& words);
  absl::Status ReadRow(int line, const std::vector<std::string>& words);

  std::vector<std::string> devices_;  // columns
  size_t gpus_ = 0;                   // the first of them
  SystemTopology system_;
};

absl::Status Reader::Read(int line, const std::vector<std::string>& words) {
  if (devices_.empty()) {
    return ReadHeader(line, words);
  }
  return IsGpu(words.front()) ? ReadRow(line, words) : absl::OkStatus();
}

absl::Status Reader::ReadHeader(int line, const std::vector<std::string>& words) {
  if (!IsGpu(words.front())) {
    return LineError(line, absl::StrCat("begins with \"", words.front(),
                                        "\"; allowed is what nvidia-smi topo -m prints, whose "
                                        "first line is GPU0, GPU1, ..."));
  }
  const auto end = std::find_if(words.begin(), words.end(), [](const std::string& word) {
    return word == "CPU" || word == "NUMA" || word == "GPU";
  });
  devices_.assign(words.begin(), end);
  if (devices_.size() > kDevicesMax) {
    return LineError(line,
                     absl::StrCat(devices_.size(), " devices; allowed are up to ", kDevicesMax));
  }
  gpus_ = static_cast<size_t>(std::find_if_not(devices_.begin(), devices_.end(), IsGpu) -
                              devices_.begin());
  return absl::OkStatus();
}

absl::Status Reader::ReadRow(int line, const std::vector<std::string>& words) {
  const size_t row = system_.accelerators.size();
  if (row == gpus_ || words.front() != devices_[row]) {
    return LineError(line, absl::StrCat("is of ", words.front(), "; allowed is ",
                                        row == gpus_ ? "no further GPU" : devices_[row]));
  }
  if (words.size() <= devices_.size()) {
    return LineError(line, absl::StrCat(words.front(), " has ", words.size() - 1,
                                        " cells; allowed: ", devices_.size(), ", one a device"));
  }
  std::vector<int> links;
  for (size_t column = 0; column < gpus_; ++column) {
    const std::string& cell = words[column + 1];
    const absl::StatusOr<int> count = LinksOf(cell);
    if (!count.ok() || (cell == "X") != (column == row)) {
      return LineError(line, absl::StrCat("from ", devices_[row], " to ", devices_[column],
                                          " it is \"", cell, "\"; allowed: ",
                                          count.ok() ? "X from a GPU to itself, and only there"
                                                     : std::string(count.status().message())));
    }
    links.push_back(*count);
    if (column < row && system_.direct_links[column][row] != *count) {
      return LineError(
          line, absl::StrCat("from ", devices_[row], " to ", devices_[column], " it is \"", cell,
                             "\", and back it is not; allowed are "
                             "as many links both ways"));
    }
  }
  system_.accelerators.push_back({.name = words.front(), .chip = "", .line = line});
  system_.direct_links.push_back(std::move(links));
  return absl::OkStatus();
}

absl::StatusOr<SystemTopology> Reader::Finish() && {
  if (system_.accelerators.size() != gpus_) {
    return absl::InvalidArgumentError(absl::StrCat("1: names ", gpus_, " GPUs, but ",
                                                   system_.accelerators.size(),
                                                   " have a line; allowed is one for each"));
  }
  system_.hides_switches = true;
  system_.switch_links.resize(gpus_);
  if (devices_.size() > gpus_) {
    system_.left_out.push_back(absl::StrCat(devices_.size() - gpus_, " network interfaces"));
  }
  system_.left_out.push_back("PCIe and CPUs");
  return std::move(system_);
}

}  // namespace

absl::StatusOr<SystemTopology> ReadTopologyMatrix(const std::string& text) {
  Reader reader;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const std::vector<std::string> words = WordsOf(line);
    if (!words.empty() && words.front() == "Legend:") {
      break;
    }
    if (!words.empty()) {
      UPF_RETURN_IF_ERROR(reader.Read(number, words));
    }
  }
  return std::move(reader).Finish();
}

}  // namespace upfabric::daemon
