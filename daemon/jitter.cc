#include "daemon/jitter.h"

#include <algorithm>

#include "fabric/base/check.h"
#include "fabric/base/fingerprint.h"

namespace upfabric::daemon {
namespace {

// Pedantic GCC knows the type only as an extension.
__extension__ using Uint128 = unsigned __int128;

// Keeps these draws apart from others of the same seed: "jitter".
constexpr uint64_t kPurpose = 0x6a6974746572;

}  // namespace

std::vector<Picoseconds> SkewedStarts(uint64_t seed, int repetition, int ranks, Picoseconds limit) {
  UPF_CHECK(limit > Picoseconds(0));
  const uint64_t of_repetition =
      Chain(Chain(Chain(0, kPurpose), seed), static_cast<uint64_t>(repetition));
  std::vector<Picoseconds> starts;
  for (int rank = 0; rank < ranks; ++rank) {
    const Uint128 draw = Chain(of_repetition, static_cast<uint64_t>(rank));
    starts.emplace_back(static_cast<int64_t>(draw * static_cast<uint64_t>(limit.count()) >> 64));
  }
  return starts;
}

v1::Jitter SpreadOf(std::vector<int64_t> times_ps) {
  UPF_CHECK(!times_ps.empty());
  std::sort(times_ps.begin(), times_ps.end());
  v1::Jitter spread;
  spread.set_repetitions(static_cast<int32_t>(times_ps.size()));
  spread.set_min_ps(times_ps.front());
  spread.set_median_ps(times_ps[(times_ps.size() - 1) / 2]);
  spread.set_max_ps(times_ps.back());
  return spread;
}

}  // namespace upfabric::daemon
