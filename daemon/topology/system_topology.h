// The accelerators of one machine and the links between them, as the machine's own tools list them,
// and the fabric that follows from them.
//
// Models:  what such listings say: which accelerators, how many scale-up links to which switch or
// to
//          which other accelerator. Each switch becomes a plane; accelerators joined to each other
//          become a full mesh.
// Omits:   what they do not say is a preset's: rates, protocol, latencies, buffers, errors. PCIe,
//          hosts and network interfaces are left out, and said to be.
// Errors:  kInvalidArgument, "LINE: what is wrong; what is allowed" where one line is to blame.

#ifndef UPFABRIC_DAEMON_TOPOLOGY_SYSTEM_TOPOLOGY_H_
#define UPFABRIC_DAEMON_TOPOLOGY_SYSTEM_TOPOLOGY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "upfabric/v1/fabric.pb.h"

namespace upfabric::daemon {

struct SystemTopology {
  struct Accelerator {
    std::string name;  // "gpu 0"
    std::string chip;  // "sm 90", "gfx942"; "" where it is not said
    int line = 0;
  };
  std::vector<Accelerator> accelerators;
  std::vector<std::string> switches;           // names, in order of appearance
  std::vector<std::vector<int>> switch_links;  // by accelerator and switch
  std::vector<std::vector<int>> direct_links;  // by accelerator and accelerator
  // Direct links may be links through switches, which the listing does not show.
  bool hides_switches = false;
  std::vector<std::string> left_out;  // what was read and has no part in the fabric
};

// NCCL's and RCCL's topology XML, or what `nvidia-smi topo -m` prints: by the first character.
absl::StatusOr<SystemTopology> ReadTopology(const std::string& text);

struct ImportedFabric {
  v1::Fabric fabric;  // says only how it differs from its base
  std::vector<std::string> remarks;
};

// `base` is a preset or a file; "": the preset of the chip. `id` names the fabric. The result is
// one that fabric/config accepts.
absl::StatusOr<ImportedFabric> FabricOf(const SystemTopology& system, const std::string& base,
                                        const std::string& id);

// The fabric as YAML, its remarks as comments above it.
std::string FabricFileText(const ImportedFabric& imported, std::string_view file);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_TOPOLOGY_SYSTEM_TOPOLOGY_H_
