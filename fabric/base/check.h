// Checks of our own invariants: on in every build, they print the values and end the process
// with 70.

#ifndef UPFABRIC_FABRIC_BASE_CHECK_H_
#define UPFABRIC_FABRIC_BASE_CHECK_H_

#include <cstdint>

namespace upfabric {

// Exit code of a broken invariant, EX_SOFTWARE of sysexits.h.
inline constexpr int kExitBrokenInvariant = 70;

// Prints "FILE:LINE: broken invariant: CONDITION (a, b)" to stderr and ends the process.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition, int64_t a,
                              int64_t b);

}  // namespace upfabric

#define UPF_CHECK(condition)                                   \
  do {                                                         \
    if (!(condition)) [[unlikely]] {                           \
      ::upfabric::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                          \
  } while (false)

// UPF_CHECK_OP(a, <=, b) prints both values, which must convert to int64_t.
#define UPF_CHECK_OP(a, op, b)                                                                \
  do {                                                                                        \
    if (!((a)op(b))) [[unlikely]] {                                                           \
      ::upfabric::CheckFailed(__FILE__, __LINE__, #a " " #op " " #b, static_cast<int64_t>(a), \
                              static_cast<int64_t>(b));                                       \
    }                                                                                         \
  } while (false)

// For checks too dear for a release build: on in debug and sanitizer builds.
#ifdef UPF_DCHECK_ENABLED
#define UPF_DCHECK(condition) UPF_CHECK(condition)
#else
#define UPF_DCHECK(condition) \
  do {                        \
  } while (false)
#endif

#endif  // UPFABRIC_FABRIC_BASE_CHECK_H_
