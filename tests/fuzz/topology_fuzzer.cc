// Topology listings from anybody: what is read becomes a fabric or is refused.

#include <cstddef>
#include <cstdint>
#include <string>

#include "daemon/topology/system_topology.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto system =
      upfabric::daemon::ReadTopology(std::string(reinterpret_cast<const char*>(data), size));
  if (system.ok()) {
    static_cast<void>(upfabric::daemon::FabricOf(*system, "hgx-h100", "fuzz"));
  }
  return 0;
}
