#include "collectives/sampled_layout.h"

#include <algorithm>
#include <numeric>

#include "collectives/patterns/split.h"
#include "fabric/base/check.h"

namespace upfabric::collectives {

SampledLayout::SampledLayout(const Partition& partition, int64_t step)
    : step_(step), count_(partition.count()), kept_count_(partition.count()) {
  UPF_CHECK_OP(step, >=, 1);
  if (step == 1) {
    return;
  }
  kept_count_ = 0;
  int64_t start = 0;
  const auto add_granule = [&](int64_t size) {
    if (size == 0) {
      return;
    }
    starts_.push_back(start);
    kept_starts_.push_back(kept_count_);
    start += size;
    // The multiples of `step` before the last element, and the last element.
    kept_count_ += (size - 1 + step - 1) / step + 1;
  };
  for (int64_t block = 0; block < partition.blocks; ++block) {
    const int64_t count = partition.starts == nullptr
                              ? partition.block_count
                              : partition.starts[block + 1] - partition.starts[block];
    const BalancedSplit outer(count, partition.outer);
    for (int part = 0; part < partition.outer; ++part) {
      const BalancedSplit inner(outer.count(part), partition.inner);
      for (int granule = 0; granule < partition.inner; ++granule) {
        add_granule(inner.count(granule));
      }
    }
  }
  starts_.push_back(start);
  kept_starts_.push_back(kept_count_);
}

size_t SampledLayout::GranuleAt(int64_t offset) const {
  const auto found = std::lower_bound(starts_.begin(), starts_.end(), offset);
  UPF_CHECK(found != starts_.end() && *found == offset);
  return static_cast<size_t>(found - starts_.begin());
}

SampledLayout::Run SampledLayout::Locate(int64_t offset, int64_t count) const {
  UPF_CHECK(offset >= 0 && count >= 0 && offset + count <= count_);
  if (step_ == 1) {
    return {offset, count};
  }
  if (count == 0) {
    return {};
  }
  const int64_t first = kept_starts_[GranuleAt(offset)];
  return {first, kept_starts_[GranuleAt(offset + count)] - first};
}

void SampledLayout::Elements(int64_t first, std::span<int64_t> elements) const {
  if (step_ == 1) {
    std::iota(elements.begin(), elements.end(), first);
    return;
  }
  const auto after = std::upper_bound(kept_starts_.begin(), kept_starts_.end(), first);
  auto granule = static_cast<size_t>(after - kept_starts_.begin()) - 1;
  int64_t kept = first;
  for (int64_t& element : elements) {
    if (kept == kept_starts_[granule + 1]) {
      ++granule;
    }
    element = std::min(starts_[granule] + (kept - kept_starts_[granule]) * step_,
                       starts_[granule + 1] - 1);
    ++kept;
  }
}

}  // namespace upfabric::collectives
