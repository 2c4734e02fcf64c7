#include "fabric/base/check.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

namespace upfabric {

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, condition);
  std::fflush(stderr);
  std::_Exit(kExitBrokenInvariant);
}

void CheckFailed(const char* file, int line, const char* condition, int64_t a, int64_t b) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s (%" PRId64 ", %" PRId64 ")\n", file, line,
               condition, a, b);
  std::fflush(stderr);
  std::_Exit(kExitBrokenInvariant);
}

}  // namespace upfabric
