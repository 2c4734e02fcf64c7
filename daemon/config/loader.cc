#include "daemon/config/loader.h"

#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "daemon/config/source_lines.h"
#include "daemon/config/textproto_reader.h"
#include "daemon/config/yaml_reader.h"
#include "fabric/base/status.h"
#include "fabric/config/faults_from_proto.h"
#include "fabric/config/from_proto.h"
#include "fabric/config/inheritance.h"
#include "fabric/presets/presets.h"

namespace upfabric::daemon {
namespace {

using Reader = absl::Status (*)(const std::string& text, google::protobuf::Message& message,
                                SourceLines& lines);

struct Format {
  const char* extension;
  Reader reader;
};

constexpr std::array kFormats = {
    Format{".yaml", ReadYaml},           Format{".yml", ReadYaml},
    Format{".json", ReadYaml},           Format{".txtpb", ReadTextproto},
    Format{".textproto", ReadTextproto}, Format{".pbtxt", ReadTextproto},
};

// The reader for a file name; null if its extension is unknown.
Reader FindReader(const std::string& path) {
  for (const Format& format : kFormats) {
    if (absl::EndsWithIgnoreCase(path, format.extension)) {
      return format.reader;
    }
  }
  return nullptr;
}

std::string Extensions() {
  std::string extensions;
  for (const Format& format : kFormats) {
    absl::StrAppend(&extensions, extensions.empty() ? "" : ", ", format.extension);
  }
  return extensions;
}

// How long a chain of bases may be; a longer one goes in a circle.
constexpr int kBasesMax = 8;

absl::StatusOr<v1::Fabric> Load(const std::string& id_or_path, const std::string& folder,
                                int bases_left);

// Takes over the base, if there is one; `path` is that of the fabric in its file.
absl::Status TakeBase(const SourceLines& lines, const std::string& path, const std::string& folder,
                      int bases_left, v1::Fabric& fabric) {
  if (!fabric.has_base()) {
    return fabric.without_size() == 0
               ? absl::OkStatus()
               : lines.Error(path + "without", "is given without a base; give both or neither");
  }
  if (bases_left == 0) {
    return lines.Error(path + "base", absl::StrCat("stands on ", kBasesMax,
                                                   " others or goes in a circle; give a shorter "
                                                   "chain"));
  }
  const absl::StatusOr<v1::Fabric> base = Load(fabric.base(), folder, bases_left - 1);
  if (!base.ok()) {
    return lines.Error(path + "base", std::string(base.status().message()));
  }
  UPF_RETURN_IF_ERROR(lines.Locate(fabric::TakeOver(*base, fabric), path));
  // A part of another fabric needs no name of its own.
  if (!path.empty() && fabric.id().empty()) {
    fabric.set_id(base->id());
    fabric.set_title(base->title());
  }
  return absl::OkStatus();
}

// Takes over what the fabric and its scale-out network stand on, and checks what is then there.
absl::Status Complete(const SourceLines& lines, const std::string& folder, int bases_left,
                      v1::Fabric& fabric) {
  UPF_RETURN_IF_ERROR(TakeBase(lines, "", folder, bases_left, fabric));
  if (fabric.has_scale_out()) {
    UPF_RETURN_IF_ERROR(TakeBase(lines, "scale_out.network.", folder, bases_left,
                                 *fabric.mutable_scale_out()->mutable_network()));
  }
  return lines.Locate(fabric::FabricSpecFromProto(fabric).status(), "");
}

absl::StatusOr<v1::Fabric> LoadPreset(const fabric::PresetFile& preset, int bases_left) {
  SourceLines lines(absl::StrCat("preset ", std::string(preset.id)));
  v1::Fabric fabric;
  UPF_RETURN_IF_ERROR(ReadYaml(std::string(preset.yaml), fabric, lines));
  UPF_RETURN_IF_ERROR(Complete(lines, "", bases_left, fabric));
  return fabric;
}

// `base` with one of the variants that come with the programs.
absl::StatusOr<v1::Fabric> Vary(const v1::Fabric& base, const std::string& name, int bases_left) {
  std::string known;
  for (const fabric::PresetFile& variant : fabric::Variants()) {
    absl::StrAppend(&known, known.empty() ? "" : ", ", std::string(variant.id));
    if (variant.id != name) {
      continue;
    }
    SourceLines lines(absl::StrCat("variant ", name));
    v1::Fabric fabric;
    UPF_RETURN_IF_ERROR(ReadYaml(std::string(variant.yaml), fabric, lines));
    fabric.set_id(absl::StrCat(base.id(), "@", name));
    fabric.set_title(absl::StrCat(base.title(), ", ", fabric.title()));
    UPF_RETURN_IF_ERROR(lines.Locate(fabric::TakeOver(base, fabric), ""));
    UPF_RETURN_IF_ERROR(Complete(lines, "", bases_left, fabric));
    return fabric;
  }
  return absl::NotFoundError(
      absl::StrCat("unknown variant \"", name, "\" of ", base.id(), "; known are ", known));
}

absl::StatusOr<v1::Fabric> LoadFile(const std::string& path, int bases_left) {
  SourceLines lines(path);
  v1::Fabric fabric;
  UPF_RETURN_IF_ERROR(ReadMessageFile(path, fabric, lines));
  const std::string folder = std::filesystem::path(path).parent_path().string();
  UPF_RETURN_IF_ERROR(Complete(lines, folder, bases_left, fabric));
  return fabric;
}

// ", is it gb300-nvl72?", by the first letters; nothing if none begins like it.
std::string AlikeText(const std::string& id) {
  constexpr size_t kLettersAlike = 3;
  std::string alike;
  for (const fabric::PresetFile& preset : fabric::Presets()) {
    if (id.size() >= kLettersAlike &&
        preset.id.substr(0, kLettersAlike) == id.substr(0, kLettersAlike)) {
      absl::StrAppend(&alike, alike.empty() ? "" : " or ", std::string(preset.id));
    }
  }
  return alike.empty() ? "" : absl::StrCat(", is it ", alike, "?");
}

absl::StatusOr<v1::Fabric> Load(const std::string& id_or_path, const std::string& folder,
                                int bases_left) {
  if (NamesFile(id_or_path)) {
    return LoadFile((std::filesystem::path(folder) / id_or_path).string(), bases_left);
  }
  if (const size_t at = id_or_path.rfind('@'); at != std::string::npos) {
    UPF_ASSIGN_OR_RETURN(const v1::Fabric base, Load(id_or_path.substr(0, at), folder, bases_left));
    return Vary(base, id_or_path.substr(at + 1), bases_left);
  }
  for (const fabric::PresetFile& preset : fabric::Presets()) {
    if (preset.id == id_or_path) {
      return LoadPreset(preset, bases_left);
    }
  }
  return absl::NotFoundError(absl::StrCat("unknown fabric \"", id_or_path, "\"",
                                          AlikeText(id_or_path),
                                          "; allowed is one that `upfabric presets` lists, or a "
                                          "file ending in ",
                                          Extensions()));
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max) {
  constexpr size_t kPiece = size_t{1} << 20;
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  while (file && text.size() <= bytes_max) {
    const size_t before = text.size();
    text.resize(before + kPiece);
    file.read(text.data() + before, kPiece);
    text.resize(before + static_cast<size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  }
  if (text.size() > bytes_max) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is too large; at most ", bytes_max >> 20, " MiB are allowed"));
  }
  // Reading to the end sets failbit and eofbit; without eofbit, something else ended it.
  if (!file.eof()) {
    const std::string message =
        absl::StrCat(path, ": cannot be read (", std::strerror(errno != 0 ? errno : EIO),
                     "); a readable file is wanted");
    return errno == ENOENT ? absl::NotFoundError(message) : absl::InvalidArgumentError(message);
  }
  return text;
}

bool NamesFile(const std::string& id_or_path) {
  return absl::StrContains(id_or_path, "/") || FindReader(id_or_path) != nullptr;
}

absl::Status ReadMessageFile(const std::string& path, google::protobuf::Message& message,
                             SourceLines& lines) {
  const Reader reader = FindReader(path);
  if (reader == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": unknown kind of file; allowed extensions are ", Extensions()));
  }
  UPF_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, size_t{4} << 20));
  return reader(text, message, lines);
}

absl::StatusOr<v1::Fabric> LoadFabricFile(const std::string& path) {
  return LoadFile(path, kBasesMax);
}

absl::StatusOr<v1::Fabric> ResolveFabric(const std::string& id_or_path) {
  return Load(id_or_path, "", kBasesMax);
}

absl::StatusOr<v1::Workload> LoadWorkloadFile(const std::string& path) {
  SourceLines lines(path);
  v1::Workload workload;
  UPF_RETURN_IF_ERROR(ReadMessageFile(path, workload, lines));
  return workload;
}

absl::StatusOr<v1::FaultSchedule> LoadFaultsFile(const std::string& path) {
  SourceLines lines(path);
  v1::FaultSchedule faults;
  UPF_RETURN_IF_ERROR(ReadMessageFile(path, faults, lines));
  UPF_RETURN_IF_ERROR(lines.Locate(fabric::FaultScheduleFromProto(faults).status(), ""));
  return faults;
}

absl::StatusOr<v1::FaultSchedule> LoadInjectionFile(const std::string& path) {
  SourceLines lines(path);
  v1::FaultSchedule faults;
  UPF_RETURN_IF_ERROR(ReadMessageFile(path, faults, lines));
  v1::FaultSchedule timed = faults;
  for (int i = 0; i < timed.faults_size(); ++i) {
    v1::Fault& fault = *timed.mutable_faults(i);
    if (fault.row() != 0) {
      return lines.Error(absl::StrCat("faults[", i, "].row"),
                         "a fault is injected into the row that runs; allowed is none");
    }
    if (fault.time().empty()) {
      fault.set_time("0ps");
    }
  }
  UPF_RETURN_IF_ERROR(lines.Locate(fabric::FaultScheduleFromProto(timed).status(), ""));
  return faults;
}

absl::StatusOr<v1::Scenario> LoadScenarioFile(const std::string& path) {
  SourceLines lines(path);
  v1::Scenario scenario;
  UPF_RETURN_IF_ERROR(ReadMessageFile(path, scenario, lines));
  if (!scenario.has_workload()) {
    return lines.Error("", "has no workload; a scenario has a workload, and a fabric or none");
  }
  if (scenario.has_fabric()) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    UPF_RETURN_IF_ERROR(TakeBase(lines, "fabric.", folder, kBasesMax, *scenario.mutable_fabric()));
    UPF_RETURN_IF_ERROR(
        lines.Locate(fabric::FabricSpecFromProto(scenario.fabric()).status(), "fabric."));
  }
  return scenario;
}

}  // namespace upfabric::daemon
