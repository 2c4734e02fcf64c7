// Reads the matrix that `nvidia-smi topo -m` prints, with tabs or with blanks, colored or not.
//
// Source:  docs/sources.md, key NVIDIA-SMI.
// Omits:   everything but the bonded NVLinks between GPUs (NV18), which may go through switches.
// Errors:  kInvalidArgument, "LINE: what is wrong; what is allowed".

#ifndef UPFABRIC_DAEMON_TOPOLOGY_TOPOLOGY_MATRIX_H_
#define UPFABRIC_DAEMON_TOPOLOGY_TOPOLOGY_MATRIX_H_

#include <string>

#include "absl/status/statusor.h"
#include "daemon/topology/system_topology.h"

namespace upfabric::daemon {

absl::StatusOr<SystemTopology> ReadTopologyMatrix(const std::string& text);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_TOPOLOGY_TOPOLOGY_MATRIX_H_
