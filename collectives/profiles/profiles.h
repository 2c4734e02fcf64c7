// The software profiles that come with the programs, as text, built into them.

#ifndef UPFABRIC_COLLECTIVES_PROFILES_PROFILES_H_
#define UPFABRIC_COLLECTIVES_PROFILES_PROFILES_H_

#include <span>
#include <string_view>

namespace upfabric::collectives {

struct ProfileFile {
  std::string_view id;    // the file's name without .yaml, and the profile's id
  std::string_view yaml;  // an upfabric.v1.SoftwareProfile (proto/upfabric/v1/software.proto)
};

// All profiles, sorted by id. daemon/config reads them. `ideal` is none: the fabric alone.
std::span<const ProfileFile> Profiles();

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PROFILES_PROFILES_H_
