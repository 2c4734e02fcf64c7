#include "collectives/verify.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace upfabric::collectives {

namespace {

template <typename Storage>
int64_t CountDifferent(std::span<const uint64_t> expected, const std::byte* actual) {
  int64_t different = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    Storage bits = 0;
    std::memcpy(&bits, actual + i * sizeof(Storage), sizeof(Storage));
    different += bits == static_cast<Storage>(expected[i]) ? 0 : 1;
  }
  return different;
}

int64_t CountDifferent(size_t element_size, std::span<const uint64_t> expected,
                       const std::byte* actual) {
  switch (element_size) {
    case 1:
      return CountDifferent<uint8_t>(expected, actual);
    case 2:
      return CountDifferent<uint16_t>(expected, actual);
    case 4:
      return CountDifferent<uint32_t>(expected, actual);
    default:
      return CountDifferent<uint64_t>(expected, actual);
  }
}

// Outputs that must all be as that of the first rank.
int64_t CountWrongAlike(const CollectiveRequest& request, const Values& values,
                        std::span<const RankPayload* const> ranks) {
  constexpr int64_t kBlock = 4096;
  std::array<int64_t, kBlock> elements;
  std::array<uint64_t, kBlock> expected;
  const auto element_size = static_cast<size_t>(ElementSize(request.type).count());
  const SampledLayout& layout = ranks.front()->output_layout();
  int64_t wrong = 0;
  for (int64_t first = 0; first < layout.kept_count(); first += kBlock) {
    const auto count = static_cast<size_t>(std::min(kBlock, layout.kept_count() - first));
    const std::span<uint64_t> block = std::span(expected).first(count);
    layout.Elements(first, std::span(elements).first(count));
    values.Results(ranks.front()->rank(), std::span(elements).first(count), block);
    for (const RankPayload* rank : ranks) {
      const std::byte* actual = rank->output().data() + static_cast<size_t>(first) * element_size;
      wrong += CountDifferent(element_size, block, actual);
    }
  }
  return wrong;
}

}  // namespace

int64_t CountWrongElements(const CollectiveRequest& request, const Values& values,
                           std::span<const RankPayload* const> ranks) {
  if (ranks.empty()) {
    return 0;
  }
  if (values.SameInAllRanks()) {
    return CountWrongAlike(request, values, ranks);
  }
  int64_t wrong = 0;
  for (size_t i = 0; i < ranks.size(); ++i) {
    wrong += CountWrongAlike(request, values, ranks.subspan(i, 1));
  }
  return wrong;
}

}  // namespace upfabric::collectives
