// The fabrics that come with the programs, as text, built into them: a program finds its presets
// wherever it is moved.

#ifndef UPFABRIC_FABRIC_PRESETS_PRESETS_H_
#define UPFABRIC_FABRIC_PRESETS_PRESETS_H_

#include <span>
#include <string_view>

namespace upfabric::fabric {

struct PresetFile {
  std::string_view id;    // the file's name without .yaml, and the fabric's id
  std::string_view yaml;  // an upfabric.v1.Fabric (proto/upfabric/v1/fabric.proto)
};

// All presets, sorted by id. daemon/config reads them.
std::span<const PresetFile> Presets();
// What may be put behind an id with an @, sorted: fabrics that only say how they differ.
std::span<const PresetFile> Variants();

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_PRESETS_PRESETS_H_
