// Random draws of tests: functions of a seed.

#ifndef UPFABRIC_TESTS_TESTING_DRAWS_H_
#define UPFABRIC_TESTS_TESTING_DRAWS_H_

#include <cstdint>

#include "fabric/base/fingerprint.h"

namespace upfabric::fabric::testing {

// A sequence of draws from one seed.
class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(seed) {}
  // Uniform in [low, high], up to the bias of a 64-bit remainder.
  int64_t Between(int64_t low, int64_t high) {
    state_ = Chain(state_, 1);
    return low + static_cast<int64_t>(state_ % static_cast<uint64_t>(high - low + 1));
  }

 private:
  uint64_t state_;
};

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_DRAWS_H_
