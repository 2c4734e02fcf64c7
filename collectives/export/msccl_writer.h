// Writes an algorithm as MSCCL XML, so that it can run where MSCCL or RCCL does.
//
// Models:  a stream becomes one thread block, or one for each peer and direction if it talks to
//          several, with dependencies that keep its order. What is exported can be imported, and
//          exported again it is the same text.
// Omits:   sizes: the file is for the one request, cut into the largest chunks of which all its
//          ranges are whole numbers. Another size may have other channels.
// Errors:  kUnimplemented for what the format cannot say: reduction in switches, other collectives,
//          a root that is not 0, messages that overtake each other on a connection.

#ifndef UPFABRIC_COLLECTIVES_EXPORT_MSCCL_WRITER_H_
#define UPFABRIC_COLLECTIVES_EXPORT_MSCCL_WRITER_H_

#include <string>

#include "absl/status/statusor.h"
#include "collectives/algorithm.h"

namespace upfabric::collectives {

// Requires: CheckRequest(algorithm, request) is ok, at least one element moves.
absl::StatusOr<std::string> WriteMscclXml(const Algorithm& algorithm,
                                          const CollectiveRequest& request);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_EXPORT_MSCCL_WRITER_H_
