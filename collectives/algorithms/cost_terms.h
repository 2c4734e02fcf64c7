// The terms of closed forms: what messages of some elements cost on one fabric.
//
// What moves nothing costs nothing. ALGORITHMS.md has them as U, I, P and M.

#ifndef UPFABRIC_COLLECTIVES_ALGORITHMS_COST_TERMS_H_
#define UPFABRIC_COLLECTIVES_ALGORITHMS_COST_TERMS_H_

#include <cstdint>
#include <vector>

#include "collectives/collective.h"
#include "fabric/api/fabric_view.h"

namespace upfabric::collectives {

class CostTerms {
 public:
  CostTerms(const CollectiveRequest& request, const fabric::FabricView& view)
      : element_(ElementSize(request.type)),
        ranks_(request.ranks),
        root_(request.root),
        group_(request.group > 0 ? request.group : 1),
        view_(view) {}

  // One message of `count` elements, from posting to delivery.
  Picoseconds Unloaded(int64_t count) const;
  // `messages` messages of `count` elements each through the links of one endpoint.
  Picoseconds Injection(int64_t count, int64_t messages) const;
  // The same if all go to one rank.
  Picoseconds InjectionToOne(int64_t count, int64_t messages) const;
  // Patterns of messages of `count` elements, all at once, as if rank r were endpoint r, but for
  // pods, of which the request says how many ranks in a row share one; where
  // their ways meet they take longer. From each rank to each other one of its set. Sets are of
  // `size` ranks that are `stride` apart; a rank beyond the last whole set has none.
  Picoseconds Exchange(int64_t count, int size, int stride = 1) const;
  // One message of such an exchange, alone.
  Picoseconds UnloadedIn(int64_t count, int size, int stride = 1) const;
  // From each rank to the one `distance` after it.
  Picoseconds Shift(int64_t count, int64_t distance) const;
  // `messages` of these one after the other: for how long the busiest link carries them.
  Picoseconds ShiftInjection(int64_t count, int64_t distance, int64_t messages) const;
  // From the root to each other rank, or as well from each to the root.
  Picoseconds RootExchange(int64_t count) const;
  // Between parents and children of both trees of patterns/binary_tree.h, both ways: the mean time
  // of one, and for how long the busiest link carries them.
  Picoseconds TreeHop(int64_t count) const;
  Picoseconds TreeInjection(int64_t count) const;

  // One reduce-read of `count` elements of every rank, from posting to the result.
  Picoseconds ReduceRead(int64_t count) const;
  // One local operation that reads and writes `traffic` elements.
  Picoseconds Local(int64_t traffic) const;

 private:
  Bytes element_;
  using Pairs = std::vector<fabric::EndpointPair>;
  EndpointId EndpointOf(int rank) const;
  fabric::EndpointPair PairOf(int source, int destination) const;
  Pairs ExchangePairs(int size, int stride) const;
  Picoseconds UnloadedOf(int64_t count, int size, const Pairs& pairs) const;
  Pairs ShiftPairs(int64_t distance) const;
  Pairs RootPairs() const;
  Pairs TreePairs() const;
  // For how long a link is busy where an endpoint has `peers` messages of those of `pairs`.
  Picoseconds Busy(int64_t count, int peers, const Pairs& pairs) const;

  int ranks_;
  int root_;
  int group_;  // ranks in a row that share a pod
  const fabric::FabricView& view_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_ALGORITHMS_COST_TERMS_H_
