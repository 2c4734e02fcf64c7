// What this machine's memory holds, and how a program ends that would take more.
//
// Units:   bytes.
// Source:  getrlimit(2), RLIMIT_DATA; the kernel's cgroup-v2, memory.max.
// Omits:   processes that share the machine: each may take all of it, so together they may still be
//          killed. Under sanitizers nothing is limited, since their own tables would count.

#ifndef UPFABRIC_DAEMON_MACHINE_MEMORY_H_
#define UPFABRIC_DAEMON_MACHINE_MEMORY_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace upfabric::daemon {

// What a process of ours may take: nine tenths of what the machine has, or of what its control
// group allows if that is less.
int64_t MemoryForUs();

// From now on this process ends with one line and kExitBadInput where it would take more than
// `bytes`, or than was allowed before. Called once, when a program starts.
void EndWhereMemoryEnds(absl::string_view program, int64_t bytes);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_MACHINE_MEMORY_H_
