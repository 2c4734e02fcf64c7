// Which elements of a buffer are kept, and where: all of them, or a sample of each granule.
//
// Of a granule with m elements those at 0, k, 2k, ... and the last are kept, so that granules of
// one size keep the same positions wherever they lie. The kept elements stand in their order
// without gaps, so a run of whole granules is one contiguous run of kept elements, and copies,
// messages and reductions work on it as on a full buffer.

#ifndef UPFABRIC_COLLECTIVES_SAMPLED_LAYOUT_H_
#define UPFABRIC_COLLECTIVES_SAMPLED_LAYOUT_H_

#include <cstdint>
#include <span>
#include <vector>

#include "collectives/program.h"

namespace upfabric::collectives {

class SampledLayout {
 public:
  // Keeps one element in `step`; 1 keeps all. Requires: step >= 1.
  SampledLayout(const Partition& partition, int64_t step);

  // A run of kept elements.
  struct Run {
    int64_t first = 0;
    int64_t count = 0;
  };
  // The kept ones of elements [offset, offset + count). Requires: these are whole granules.
  Run Locate(int64_t offset, int64_t count) const;

  int64_t kept_count() const { return kept_count_; }

  // Writes which elements the kept ones first, first + 1, ... are.
  // Requires: first + elements.size() <= kept_count().
  void Elements(int64_t first, std::span<int64_t> elements) const;

 private:
  size_t GranuleAt(int64_t offset) const;

  int64_t step_;
  int64_t count_;
  int64_t kept_count_;
  // Of each granule that is not empty, and at the end: its first element and first kept element.
  // Empty when all elements are kept.
  std::vector<int64_t> starts_;
  std::vector<int64_t> kept_starts_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_SAMPLED_LAYOUT_H_
