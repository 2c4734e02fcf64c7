#include "collectives/message_latency.h"

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "fabric/base/check.h"

namespace upfabric::collectives {
namespace {

constexpr int kEveryRank = -1;

// Sender, receiver or kEveryRank, connection, sequence.
using Name = std::tuple<int, int, uint8_t, uint32_t>;

// Calls visit(rank, instruction, times) for everything that moves an element.
template <typename Visit>
void ForEach(const LoggedRun& run, const Visit& visit) {
  for (int rank = 0; rank < static_cast<int>(run.ranks.size()); ++rank) {
    const auto program = run.algorithm->MakeProgram(run.request, rank);
    const auto& streams = run.ranks[static_cast<size_t>(rank)].streams;
    for (size_t stream = 0; stream < streams.size(); ++stream) {
      for (size_t index = 0; index < streams[stream].size(); ++index) {
        const Instruction instruction =
            program->At(static_cast<int>(stream), static_cast<int64_t>(index));
        if (MovedCount(instruction) > 0) {
          visit(rank, instruction, streams[stream][index]);
        }
      }
    }
  }
}

}  // namespace

std::vector<Picoseconds> MessageLatencies(const LoggedRun& run) {
  absl::flat_hash_map<Name, SimTime> posted;
  ForEach(run, [&](int rank, const Instruction& instruction, const InstructionTimes& times) {
    if (instruction.op == OpCode::kSend || instruction.op == OpCode::kMulticast) {
      const int receiver = instruction.op == OpCode::kSend ? instruction.peer : kEveryRank;
      posted[{rank, receiver, instruction.connection, instruction.sequence}] = times.start;
    }
  });
  std::vector<Picoseconds> latencies;
  ForEach(run, [&](int rank, const Instruction& instruction, const InstructionTimes& times) {
    if (instruction.op == OpCode::kReduceRead) {
      latencies.push_back(times.delivered - times.start);
    } else if (instruction.op == OpCode::kRecv || instruction.op == OpCode::kRecvReduce) {
      auto sent =
          posted.find(Name{instruction.peer, rank, instruction.connection, instruction.sequence});
      if (sent == posted.end()) {
        sent = posted.find(
            Name{instruction.peer, kEveryRank, instruction.connection, instruction.sequence});
      }
      UPF_CHECK(sent != posted.end());  // programs match, as the run that was logged shows
      latencies.push_back(times.delivered - sent->second);
    }
  });
  std::sort(latencies.begin(), latencies.end());
  return latencies;
}

}  // namespace upfabric::collectives
