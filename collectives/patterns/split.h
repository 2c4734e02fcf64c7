// Balanced splits: `count` elements in `parts` parts, the first count % parts one element larger.

#ifndef UPFABRIC_COLLECTIVES_PATTERNS_SPLIT_H_
#define UPFABRIC_COLLECTIVES_PATTERNS_SPLIT_H_

#include <algorithm>
#include <cstdint>

namespace upfabric::collectives {

class BalancedSplit {
 public:
  // Requires: count >= 0, parts >= 1.
  constexpr BalancedSplit(int64_t count, int64_t parts)
      : quotient_(count / parts), remainder_(count % parts) {}

  constexpr int64_t offset(int64_t part) const {
    return part * quotient_ + std::min(part, remainder_);
  }
  constexpr int64_t count(int64_t part) const { return quotient_ + (part < remainder_ ? 1 : 0); }
  // The largest part.
  constexpr int64_t count_max() const { return count(0); }

 private:
  int64_t quotient_;
  int64_t remainder_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PATTERNS_SPLIT_H_
