// When a rank's instructions started, had their message, and finished: what explains a run.

#ifndef UPFABRIC_COLLECTIVES_INSTRUCTION_LOG_H_
#define UPFABRIC_COLLECTIVES_INSTRUCTION_LOG_H_

#include <vector>

#include "fabric/base/units.h"

namespace upfabric::collectives {

struct InstructionTimes {
  SimTime start;
  // When the message of a receive, or the result of a reduce-read, was delivered, maybe before the
  // start; the start of all others.
  SimTime delivered;
  // The later of the two: when it had what it needs.
  SimTime arrival;
  SimTime finish;
};

// Of one rank's last iteration.
struct RankLog {
  SimTime begin;  // of its first instruction
  std::vector<std::vector<InstructionTimes>> streams;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_INSTRUCTION_LOG_H_
