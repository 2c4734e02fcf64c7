// How long the messages of a logged run took.

#ifndef UPFABRIC_COLLECTIVES_MESSAGE_LATENCY_H_
#define UPFABRIC_COLLECTIVES_MESSAGE_LATENCY_H_

#include <vector>

#include "collectives/critical_path.h"

namespace upfabric::collectives {

// From the posting of each send or multicast until its last byte is delivered (a multicast has one
// for each receiver), and of each reduce-read until its result is; sorted.
// Requires: the logs are of one finished iteration of the request.
std::vector<Picoseconds> MessageLatencies(const LoggedRun& run);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_MESSAGE_LATENCY_H_
