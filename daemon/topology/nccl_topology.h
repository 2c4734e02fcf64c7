// Reads NCCL's topology XML (NCCL_TOPO_DUMP_FILE), and RCCL's.
//
// Source:  docs/sources.md, key NCCL-TOPO.
// Omits:   PCIe, CPUs and network interfaces, which it names as left out.
// Errors:  kInvalidArgument, "LINE: what is wrong; what is allowed".

#ifndef UPFABRIC_DAEMON_TOPOLOGY_NCCL_TOPOLOGY_H_
#define UPFABRIC_DAEMON_TOPOLOGY_NCCL_TOPOLOGY_H_

#include <string>

#include "absl/status/statusor.h"
#include "daemon/topology/system_topology.h"

namespace upfabric::daemon {

absl::StatusOr<SystemTopology> ReadNcclTopology(const std::string& text);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_TOPOLOGY_NCCL_TOPOLOGY_H_
