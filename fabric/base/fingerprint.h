// Running 64-bit hashes of what happened, and keyed draws: integers only, the same everywhere.

#ifndef UPFABRIC_FABRIC_BASE_FINGERPRINT_H_
#define UPFABRIC_FABRIC_BASE_FINGERPRINT_H_

#include <cstdint>

namespace upfabric {

// Mixes all bits of `x` (the finalizer of SplitMix64; docs/sources.md, key SPLITMIX).
constexpr uint64_t Mix(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9;
  x ^= x >> 27;
  x *= 0x94d049bb133111eb;
  x ^= x >> 31;
  return x;
}

// Extends a chain by one value; the order of the values matters.
constexpr uint64_t Chain(uint64_t chain, uint64_t value) {
  constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;
  return Mix(chain + kGolden + Mix(value + kGolden));
}

}  // namespace upfabric

#endif  // UPFABRIC_FABRIC_BASE_FINGERPRINT_H_
