// Ranks as the places of a torus, for algorithms that work along one axis after the other.

#ifndef UPFABRIC_COLLECTIVES_PATTERNS_AXES_H_
#define UPFABRIC_COLLECTIVES_PATTERNS_AXES_H_

#include <vector>

#include "collectives/collective.h"
#include "collectives/patterns/groups.h"
#include "collectives/patterns/ring.h"

namespace upfabric::collectives {

class Axes {
 public:
  // Those of the request that are longer than 1; if it names none, two: groups and their members.
  explicit Axes(const CollectiveRequest& request) {
    if (request.axes[0] == 0) {
      Add(GroupSize(request));
      Add(request.ranks / sizes_.front());
      return;
    }
    for (const int size : request.axes) {
      Add(size);
    }
  }

  int count() const { return static_cast<int>(sizes_.size()); }
  int size(int axis) const { return sizes_[static_cast<size_t>(axis)]; }
  // Ranks between neighbors on an axis.
  int stride(int axis) const { return strides_[static_cast<size_t>(axis)]; }
  int CoordinateOf(int rank, int axis) const { return rank / stride(axis) % size(axis); }
  // The rank `distance` after another on the ring along an axis.
  int Shifted(int rank, int axis, int distance) const {
    const int at = CoordinateOf(rank, axis);
    return rank + (RingShift(at, distance, size(axis)) - at) * stride(axis);
  }

 private:
  void Add(int size) {
    if (size > 1) {
      strides_.push_back(next_);
      sizes_.push_back(size);
      next_ *= size;
    }
  }

  std::vector<int> sizes_;
  std::vector<int> strides_;
  int next_ = 1;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PATTERNS_AXES_H_
