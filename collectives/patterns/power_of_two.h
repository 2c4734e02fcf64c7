// Powers of two: the steps of patterns that double or halve, and ranks folded onto so many.

#ifndef UPFABRIC_COLLECTIVES_PATTERNS_POWER_OF_TWO_H_
#define UPFABRIC_COLLECTIVES_PATTERNS_POWER_OF_TWO_H_

#include <algorithm>
#include <bit>
#include <cstdint>

namespace upfabric::collectives {

// Steps of a pattern that reaches twice as many ranks in each: log2, rounded up. Requires: n >= 1.
constexpr int DoublingSteps(int ranks) {
  return static_cast<int>(std::bit_width(static_cast<unsigned>(ranks) - 1u));
}

// The lowest bit that is set; of 0 the first power of two that is at least `ranks`.
constexpr int LowestBit(int value, int ranks) {
  return value == 0 ? 1 << DoublingSteps(ranks) : value & -value;
}

// Any number of ranks as the largest power of two in it, the core, and extra ranks: rank core + i
// acts through its partner i.
class Fold {
 public:
  // Requires: ranks >= 1.
  constexpr explicit Fold(int ranks)
      : ranks_(ranks), core_(static_cast<int>(std::bit_floor(static_cast<unsigned>(ranks)))) {}

  constexpr int core() const { return core_; }
  constexpr int extras() const { return ranks_ - core_; }
  constexpr bool IsExtra(int rank) const { return rank >= core_; }
  constexpr int PartnerOf(int extra) const { return extra - core_; }
  // Of a rank of the core.
  constexpr bool HasExtra(int rank) const { return rank < extras(); }
  constexpr int ExtraOf(int rank) const { return rank + core_; }
  // How many of the core ranks first .. first + count - 1 have an extra.
  constexpr int ExtrasOf(int first, int count) const {
    return std::clamp(extras() - first, 0, count);
  }

 private:
  int ranks_;
  int core_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PATTERNS_POWER_OF_TWO_H_
