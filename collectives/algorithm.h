// A collective algorithm: what it is, which requests it serves, its programs and its cost.
//
// Threads: none; algorithms are constant after construction.

#ifndef UPFABRIC_COLLECTIVES_ALGORITHM_H_
#define UPFABRIC_COLLECTIVES_ALGORITHM_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "collectives/collective.h"
#include "collectives/program.h"
#include "fabric/api/fabric_view.h"

namespace upfabric::collectives {

// What an algorithm can serve, as data for the selector and for listings.
struct AlgorithmLimits {
  int ranks_min = 1;
  int ranks_max = kRanksMax;
  int64_t count_max = std::numeric_limits<int64_t>::max();
  bool in_place = true;          // whether source and result may share a buffer
  bool needs_in_switch = false;  // multicast and reduction by the switches
  bool needs_groups = false;     // a number of ranks that patterns/groups.h can divide
  bool matrix = false;           // whether it serves a CountMatrix
  bool for_axes = false;         // `auto` takes it only where the request has axes
};

struct AlgorithmInfo {
  std::string_view name;  // unique among those of its collective
  Collective collective = Collective::kAllReduce;
  std::string_view description;  // one line
  AlgorithmLimits limits = {};
  // Out of place a rank copies its own part locally, so in-place runs have another timing. With one
  // rank every algorithm does.
  bool copies_own_part = false;
};

class Algorithm {
 public:
  virtual ~Algorithm() = default;

  virtual const AlgorithmInfo& info() const = 0;

  // The program of one rank. It depends on the request alone: channels and pieces follow from
  // size and ranks by fixed rules. Requires: CheckRequest(*this, request) is ok, 0 <= rank < ranks.
  virtual std::unique_ptr<RankProgram> MakeProgram(const CollectiveRequest& request,
                                                   int rank) const = 0;

  // Estimated time of one operation on a quiet fabric, in closed form (ALGORITHMS.md).
  virtual Picoseconds Cost(const CollectiveRequest& request,
                           const fabric::FabricView& view) const = 0;
};

// Returns kInvalidArgument for a request that nothing could serve, kUnimplemented, naming the
// limit, for one that this algorithm cannot.
absl::Status CheckRequest(const Algorithm& algorithm, const CollectiveRequest& request);

// Returns kUnimplemented if the fabric lacks what the algorithm needs of it.
absl::Status CheckFabric(const Algorithm& algorithm, const fabric::FabricView& view);

// Send, receive and scratch buffers of all ranks together.
Bytes BufferBytes(const Algorithm& algorithm, const CollectiveRequest& request);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_ALGORITHM_H_
