// Ranks in groups of equal size, for algorithms that work inside a group first, then across.

#ifndef UPFABRIC_COLLECTIVES_PATTERNS_GROUPS_H_
#define UPFABRIC_COLLECTIVES_PATTERNS_GROUPS_H_

#include "collectives/collective.h"

namespace upfabric::collectives {

// Ranks of a group: those that the request says are near each other, if this leaves two groups of
// two at least; else the smallest divisor of the ranks that is not below their square root. The
// number of ranks itself, one group, if there is none such: it is prime or below 4.
constexpr int GroupSize(const CollectiveRequest& request) {
  const int ranks = request.ranks;
  if (request.group > 1 && request.group < ranks && ranks % request.group == 0) {
    return request.group;
  }
  for (int size = 2; size < ranks; ++size) {
    if (ranks % size == 0 && size >= ranks / size) {
      return size;
    }
  }
  return ranks;
}

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PATTERNS_GROUPS_H_
