// The command line of upfabricd as values.
//
// The only file of upfabricd that calls CLI11; its exceptions end here.
// Errors: kInvalidArgument, one line: the flag, what is wrong, what is allowed.

#ifndef UPFABRIC_DAEMON_DAEMON_OPTIONS_H_
#define UPFABRIC_DAEMON_DAEMON_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/host_port.h"
#include "fabric/base/units.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon {

struct DaemonOptions {
  std::string fabric;
  // Of daemon 0; a port other than 0 counts up with the daemon.
  HostPort listen;
  HostPort metrics;
  std::string loop;  // a collective or a workload file; empty: no loop
  Bytes loop_size;
  std::string faults;  // a file for the loop; empty: none
  absl::Duration peer_timeout;
  std::string address_file;  // empty: none
  int64_t flip_payload = 0;  // tests only
  std::string help;          // not empty: print it and end
};

// `arguments` without the program's name.
absl::StatusOr<DaemonOptions> ParseDaemonOptions(const std::vector<std::string>& arguments);

// The workload that --loop asks for, a collective on all endpoints of the fabric or what the file
// says.
absl::StatusOr<v1::Workload> LoopWorkload(const DaemonOptions& options, int fabric_endpoints);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_DAEMON_OPTIONS_H_
