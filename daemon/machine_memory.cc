#include "daemon/machine_memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <new>
#include <string>

#include "absl/strings/str_cat.h"
#include "daemon/exit_codes.h"

namespace upfabric::daemon {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimits = false;
#else
constexpr bool kLimits = true;
#endif

// Made before memory ends, and never unmade: other threads may still allocate at exit.
std::string& LastWords() {
  static auto& words = *new std::string;  // NOLINT: a handler has no other way to get it
  return words;
}

void End() {
  const std::string& words = LastWords();
  const ssize_t written = write(STDERR_FILENO, words.data(), words.size());
  _exit(written < 0 ? kExitBrokenInvariant : kExitBadInput);
}

}  // namespace

int64_t MemoryForUs() {
  int64_t bytes = int64_t{sysconf(_SC_PHYS_PAGES)} * int64_t{sysconf(_SC_PAGE_SIZE)};
  std::ifstream file("/sys/fs/cgroup/memory.max");
  if (int64_t group = 0; file >> group && group > 0) {  // "max" if there is no limit
    bytes = std::min(bytes, group);
  }
  return bytes / 10 * 9;
}

void EndWhereMemoryEnds(absl::string_view program, int64_t bytes) {
  constexpr int64_t kMegabyte = 1'000'000;
  rlimit limit{};
  if (!kLimits || getrlimit(RLIMIT_DATA, &limit) != 0) {
    return;
  }
  limit.rlim_cur = std::min(limit.rlim_cur, static_cast<rlim_t>(bytes));
  if (setrlimit(RLIMIT_DATA, &limit) != 0) {
    return;
  }
  LastWords() = absl::StrCat(program, ": it takes more than the ", limit.rlim_cur / kMegabyte,
                             " MB of memory that this process may have; allowed: fewer ranks, "
                             "smaller sizes, --payload sampled or none, more hosts\n");
  std::set_new_handler(End);
}

}  // namespace upfabric::daemon
