// Software profiles: from files and from those that are built in, checked; and back, for writing.
//
// Formats: as loader.h.
// Errors:  one line each. kInvalidArgument "FILE:LINE: field.path: what is wrong; what is allowed";
//          kNotFound for an unknown id, naming the known ones.

#ifndef UPFABRIC_DAEMON_CONFIG_SOFTWARE_H_
#define UPFABRIC_DAEMON_CONFIG_SOFTWARE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collectives/software/library_model.h"
#include "collectives/software/profile.h"
#include "collectives/software/software_case.h"
#include "upfabric/v1/software.pb.h"

namespace upfabric::daemon {

// A profile of that id, or the file: what has a '/' or a known extension is a file.
absl::StatusOr<v1::SoftwareProfile> ResolveSoftware(const std::string& id_or_path);

// Ids of the built-in profiles, sorted, without `ideal`.
std::vector<std::string> SoftwareIds();

// Requires: ResolveSoftware gave it.
collectives::SoftwareProfile SoftwareFromProto(const v1::SoftwareProfile& profile);
// Writes the fitted numbers of `profile` back.
void UpdateProto(const collectives::SoftwareProfile& profile, v1::SoftwareProfile& message);

// A profile with the one that serves what it does not.
struct Software {
  collectives::SoftwareProfile profile;
  std::optional<collectives::SoftwareProfile> library;

  // The profile whose generations and networks serve: the library, or this one if it has none.
  const collectives::SoftwareProfile& serving() const { return library ? *library : profile; }
};
absl::StatusOr<Software> LoadSoftware(const std::string& id_or_path);

// "" is process_per_gpu. Errors: kInvalidArgument, naming --launch and the known ones.
absl::StatusOr<collectives::Launch> ParseLaunch(const std::string& text);

struct SelectedSoftware {
  collectives::SoftwareParts parts;  // into the Software
  bool transferred = false;          // fitted to other accelerators
};
// The parts for one use on a fabric. Errors: kInvalidArgument for an algorithm that is no
// kernel's; kUnimplemented where the profile has no all-reduce kernels for the fabric or no
// network of this name.
absl::StatusOr<SelectedSoftware> SelectParts(const Software& software, const std::string& fabric,
                                             const collectives::SoftwareCase& use);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_CONFIG_SOFTWARE_H_
