// What `upfabric algorithms` says.

#ifndef UPFABRIC_DAEMON_CLI_ALGORITHM_LISTING_H_
#define UPFABRIC_DAEMON_CLI_ALGORITHM_LISTING_H_

#include <optional>
#include <string>

#include "collectives/algorithm_registry.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon::cli {

// Every algorithm with its limits, or those of one collective.
std::string AlgorithmsTable(const collectives::AlgorithmRegistry& registry,
                            std::optional<v1::Collective> collective);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_ALGORITHM_LISTING_H_
