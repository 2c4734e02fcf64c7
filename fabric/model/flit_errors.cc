#include "fabric/model/flit_errors.h"

#include <algorithm>

#include "fabric/base/check.h"

namespace upfabric::fabric {
namespace {

// Pedantic GCC knows the type only as an extension.
__extension__ using Uint128 = unsigned __int128;

// Product of two fractions in 2^-64, rounded to the nearest.
uint64_t MultiplyFractions(uint64_t a, uint64_t b) {
  constexpr Uint128 kHalf = Uint128{1} << 63;
  return static_cast<uint64_t>((Uint128{a} * b + kHalf) >> 64);
}

}  // namespace

FlitErrors::FlitErrors(Ratio rate, Ratio units_per_flit) : units_per_flit_(units_per_flit) {
  UPF_CHECK(rate > Ratio(0) && rate < Ratio(1));
  UPF_CHECK(units_per_flit > Ratio(0));
  const auto denominator = static_cast<uint64_t>(rate.denominator());
  const uint64_t passing = denominator - static_cast<uint64_t>(rate.numerator());
  pass_[0] = static_cast<uint64_t>((Uint128{passing} << 64) / denominator);
  for (size_t i = 1; i < pass_.size(); ++i) {
    pass_[i] = MultiplyFractions(pass_[i - 1], pass_[i - 1]);
  }
}

// The largest k for which the probability that k flits pass is above the draw, by its binary
// digits from the highest on.
int64_t FlitErrors::Gap(uint64_t draw) const {
  int64_t gap = 0;
  uint64_t pass = 0;
  for (int i = kPowers - 1; i >= 0; --i) {
    const uint64_t power = pass_[static_cast<size_t>(i)];
    const uint64_t longer = gap == 0 ? power : MultiplyFractions(pass, power);
    if (longer > draw) {
      pass = longer;
      gap += int64_t{1} << i;
    }
  }
  return std::min(gap, kGapMax);
}

const FlitErrors* FlitErrorTables::For(Ratio rate) {
  if (rate == Ratio(0)) {
    return nullptr;
  }
  return &tables_.try_emplace(rate, rate, units_per_flit_).first->second;
}

int64_t FlitErrors::NextFailing(int64_t unit, uint64_t draw) const {
  using internal::Int128;
  const Int128 numerator = units_per_flit_.numerator();
  const Int128 denominator = units_per_flit_.denominator();
  const Int128 flit = unit * denominator / numerator + Gap(draw);
  return std::max(unit, static_cast<int64_t>(flit * numerator / denominator));
}

}  // namespace upfabric::fabric
