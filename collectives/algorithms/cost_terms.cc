#include "collectives/algorithms/cost_terms.h"

#include <algorithm>

#include "collectives/patterns/binary_tree.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

namespace {

// Measured on rings and tori of 12 to 64 endpoints: all-to-alls take 2 to 5 times as long as their
// busiest link would.
constexpr int64_t kBlocking = 3;

}  // namespace

Picoseconds CostTerms::Unloaded(int64_t count) const {
  return count == 0 ? Picoseconds(0) : view_.UnloadedTime(element_ * count);
}

Picoseconds CostTerms::Injection(int64_t count, int64_t messages) const {
  return count == 0 || messages <= 0 ? Picoseconds(0)
                                     : view_.InjectionTime(element_ * count, messages);
}

Picoseconds CostTerms::InjectionToOne(int64_t count, int64_t messages) const {
  return count == 0 || messages <= 0 ? Picoseconds(0)
                                     : view_.InjectionTimeToOne(element_ * count, messages);
}

// What a link between switches carries beyond what an endpoint sends meanwhile takes longer than it
// would alone, since packets that wait for it hold up others.
Picoseconds CostTerms::Busy(int64_t count, int peers, const Pairs& pairs) const {
  const Bytes message = element_ * count;
  const Picoseconds sent = view_.InjectionTimeOf(message, peers, pairs);
  if (pairs.empty()) {
    return sent;
  }
  const Picoseconds free = std::max(sent, view_.TrunkTime(message, {pairs.data(), 1}));
  const Picoseconds trunks = view_.TrunkTime(message, pairs);
  return trunks <= free ? free : free + (trunks - free) * kBlocking;
}

// Blocks of ranks that share a pod go around the pods; where there are no such blocks, single
// ranks.
EndpointId CostTerms::EndpointOf(int rank) const {
  const int pods = view_.pods();
  if (pods == 1) {
    return EndpointId(rank);
  }
  const int block = rank / group_;
  return EndpointId(block % pods * (view_.endpoints() / pods) + block / pods * group_ +
                    rank % group_);
}

fabric::EndpointPair CostTerms::PairOf(int source, int destination) const {
  return {EndpointOf(source), EndpointOf(destination)};
}

CostTerms::Pairs CostTerms::ExchangePairs(int size, int stride) const {
  Pairs pairs;
  const int whole = ranks_ / (size * stride) * size * stride;
  for (int rank = 0; rank < whole && view_.ways_meet(); ++rank) {
    const int position = rank / stride % size;
    for (int i = 1; i < size; ++i) {
      const int peer = rank + ((position + i) % size - position) * stride;
      pairs.push_back(PairOf(rank, peer));
    }
  }
  return pairs;
}

// Who has few peers may have near ones.
Picoseconds CostTerms::UnloadedOf(int64_t count, int size, const Pairs& pairs) const {
  const bool near = size * size <= ranks_ || view_.pods() > 1;
  return near && count > 0 ? view_.UnloadedTimeOf(element_ * count, pairs) : Unloaded(count);
}

Picoseconds CostTerms::UnloadedIn(int64_t count, int size, int stride) const {
  return UnloadedOf(count, size, ExchangePairs(size, stride));
}

// The last of what a link carries is in the unloaded time of a message.
Picoseconds CostTerms::Exchange(int64_t count, int size, int stride) const {
  if (count == 0) {
    return Picoseconds(0);
  }
  const Pairs pairs = ExchangePairs(size, stride);
  return UnloadedOf(count, size, pairs) + Busy(count, size - 1, pairs) -
         view_.InjectionTimeOf(element_ * count, 1, pairs);
}

CostTerms::Pairs CostTerms::ShiftPairs(int64_t distance) const {
  Pairs pairs;
  for (int rank = 0; rank < ranks_ && view_.ways_meet(); ++rank) {
    pairs.push_back(PairOf(rank, RingShift(rank, distance, ranks_)));
  }
  return pairs;
}

Picoseconds CostTerms::Shift(int64_t count, int64_t distance) const {
  if (count == 0) {
    return Picoseconds(0);
  }
  const Pairs pairs = ShiftPairs(distance);
  return view_.UnloadedTimeOf(element_ * count, pairs) + Busy(count, 1, pairs) -
         view_.InjectionTimeOf(element_ * count, 1, pairs);
}

Picoseconds CostTerms::ShiftInjection(int64_t count, int64_t distance, int64_t messages) const {
  if (count == 0 || messages <= 0) {
    return Picoseconds(0);
  }
  return std::max(InjectionToOne(count, messages),
                  view_.TrunkTime(element_ * count, ShiftPairs(distance)) * messages);
}

CostTerms::Pairs CostTerms::RootPairs() const {
  Pairs pairs;
  const int root = std::max(root_, 0);
  for (int rank = 0; rank < ranks_ && view_.ways_meet(); ++rank) {
    if (rank != root) {
      pairs.push_back(PairOf(root, rank));
    }
  }
  return pairs;
}

// One endpoint's messages do not hold up those of others.
Picoseconds CostTerms::RootExchange(int64_t count) const {
  if (count == 0) {
    return Picoseconds(0);
  }
  const Picoseconds trunks = view_.TrunkTime(element_ * count, RootPairs());
  return Unloaded(count) + std::max(Injection(count, ranks_ - 2), trunks - Injection(count, 1));
}

CostTerms::Pairs CostTerms::TreePairs() const {
  Pairs pairs;
  for (int rank = 0; rank < ranks_ && view_.ways_meet(); ++rank) {
    for (const int tree : {0, 1}) {
      const int parent = TwoTreePlace(tree, rank, ranks_).parent;
      if (parent >= 0) {
        pairs.push_back(PairOf(rank, parent));
        pairs.push_back(PairOf(parent, rank));
      }
    }
  }
  return pairs;
}

Picoseconds CostTerms::TreeHop(int64_t count) const {
  return count == 0 ? Picoseconds(0) : view_.UnloadedTimeOf(element_ * count, TreePairs());
}

Picoseconds CostTerms::TreeInjection(int64_t count) const {
  constexpr int kMessages = 4;  // of a rank in the middle: two down, and one up in each tree
  return count == 0 ? Picoseconds(0) : Busy(count, kMessages, TreePairs());
}

Picoseconds CostTerms::ReduceRead(int64_t count) const {
  return count == 0 ? Picoseconds(0) : view_.UnloadedReduceTime(element_ * count, ranks_);
}

Picoseconds CostTerms::Local(int64_t traffic) const {
  return traffic == 0 ? Picoseconds(0) : view_.LocalTime(element_ * traffic);
}

}  // namespace upfabric::collectives
