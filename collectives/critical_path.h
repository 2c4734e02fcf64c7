// Why a collective took as long as it did: the chain of instructions and messages that ends last,
// and its time by cause.
//
// Models:  from the last rank's end back to the start: an instruction waits for the one before it,
//          for another stream, for its message or for memory, whatever came last. A message takes
//          the elements of its path, its bytes on the links, those that its sender had posted
//          before, and what else it waited: behind others' packets, for credits, for replays.
// Units:   whole picoseconds; parts sum to the total exactly.
// Omits:   which of the three a message waited for; a reduce-read is split into path and rest.
// Threads: none.

#ifndef UPFABRIC_COLLECTIVES_CRITICAL_PATH_H_
#define UPFABRIC_COLLECTIVES_CRITICAL_PATH_H_

#include <array>
#include <string_view>
#include <vector>

#include "collectives/algorithm.h"
#include "collectives/collective.h"
#include "collectives/instruction_log.h"
#include "fabric/api/fabric_view.h"
#include "fabric/api/message_path.h"

namespace upfabric::collectives {

enum class Cause {
  kLaunch,         // before the first instruction: a late start, a library's overhead
  kInjection,      // from posting to the link
  kSerialization,  // bytes at the links' rate
  kOwnSends,       // behind what its sender had posted before, also before it is posted
  kPhy,
  kFec,
  kRetimer,
  kPropagation,  // cable, board, optics
  kSwitch,
  kDelivery,
  kQueueing,     // behind other packets, of switches' outputs and its own port
  kCreditStall,  // for room at the far end of a link
  kReplay,       // for flits that were sent again
  kWaiting,      // in the fabric, where a message's way is not known: any of these three
  kReduction,    // in memory or, beyond the path, in the switches
  kCopy,
  kMemory,  // behind other local operations
};
inline constexpr int kCauses = static_cast<int>(Cause::kMemory) + 1;
std::string_view CauseName(Cause cause);

// The cause of an element of a path by its name ("uplink fec decoding").
Cause CauseOfElement(std::string_view element);

// One link of the chain: a message, or an instruction of a rank that took time.
struct PathStep {
  SimTime begin;
  SimTime end;
  int rank = 0;       // that waited
  int from = -1;      // of a message its sender, else -1
  int stream = 0;     // of `rank`
  int64_t index = 0;  // in the stream
  OpCode op = OpCode::kSend;
  Bytes bytes;                             // of payload
  std::vector<std::string> channels = {};  // of a message whose way is known
};

struct CriticalPath {
  std::array<Picoseconds, kCauses> parts = {};  // sum to the end less the begin
  std::vector<PathStep> steps;                  // first to last
  SimTime begin;                                // the start of the row
  SimTime end;
  // The messages among the steps, the last one first: what Fabric::Watch takes.
  std::vector<fabric::WatchedMessage> messages;
};

struct LoggedRun {
  const Algorithm* algorithm = nullptr;
  CollectiveRequest request = {};
  std::vector<EndpointId> endpoints = {};  // by rank
  Ratio stretch = Ratio(1);                // see ExecutorSpec
  std::vector<RankLog> ranks = {};
};

// Requires: the logs are of the only iteration of the request on the view's fabric. `ways` are of
// some or all of the `messages` that this call gives without them; the others' time is told apart
// by what the view knows of an idle fabric.
CriticalPath FindCriticalPath(const LoggedRun& run, const fabric::FabricView& view,
                              const std::vector<fabric::MessagePath>& ways = {});

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_CRITICAL_PATH_H_
