// What the built-in algorithms share: a description with two functions, instructions by name, the
// program of a single rank, the rule for channels.

#ifndef UPFABRIC_COLLECTIVES_ALGORITHMS_BUILTIN_H_
#define UPFABRIC_COLLECTIVES_ALGORITHMS_BUILTIN_H_

#include <cstdint>
#include <memory>

#include "collectives/algorithm.h"
#include "collectives/algorithms/cost_terms.h"

namespace upfabric::collectives {

class Builtin final : public Algorithm {
 public:
  // For two ranks and more; a single rank only copies.
  using ProgramMaker = std::unique_ptr<RankProgram> (*)(const CollectiveRequest&, int rank);
  using CostForm = Picoseconds (*)(const CollectiveRequest&, const CostTerms&);

  Builtin(const AlgorithmInfo& info, ProgramMaker make_program, CostForm cost)
      : info_(info), make_program_(make_program), cost_(cost) {}

  const AlgorithmInfo& info() const override { return info_; }
  std::unique_ptr<RankProgram> MakeProgram(const CollectiveRequest& request,
                                           int rank) const override;
  Picoseconds Cost(const CollectiveRequest& request, const fabric::FabricView& view) const override;

 private:
  AlgorithmInfo info_;
  ProgramMaker make_program_;
  CostForm cost_;
};

// An algorithm whose programs are Program(request, rank).
template <typename Program>
std::unique_ptr<Algorithm> MakeBuiltin(const AlgorithmInfo& info, Builtin::CostForm cost) {
  return std::make_unique<Builtin>(
      info,
      [](const CollectiveRequest& request, int rank) -> std::unique_ptr<RankProgram> {
        return std::make_unique<Program>(request, rank);
      },
      cost);
}

// Channels that share `count` elements of one step: one for each kChannelBytesMin, at most
// kChannelsMax. Smaller messages would fill no more than a few packets for each link.
inline constexpr int kChannelsMax = 8;  // chosen: one reduces while others are on the way
inline constexpr int64_t kChannelBytesMin = 4 << 10;  // chosen: 16 packets of 256 B
int ChannelCount(const CollectiveRequest& request, int64_t count);

// Instructions by name.
inline Instruction Send(int peer, int connection, int64_t sequence, const Range& source) {
  return {.op = OpCode::kSend,
          .connection = static_cast<uint8_t>(connection),
          .sequence = static_cast<uint32_t>(sequence),
          .peer = peer,
          .source = source};
}
inline Instruction Recv(int peer, int connection, int64_t sequence, const Range& target) {
  return {.op = OpCode::kRecv,
          .connection = static_cast<uint8_t>(connection),
          .sequence = static_cast<uint32_t>(sequence),
          .peer = peer,
          .target = target};
}
inline Instruction RecvReduce(int peer, int connection, int64_t sequence, const Range& operand,
                              const Range& target) {
  return {.op = OpCode::kRecvReduce,
          .connection = static_cast<uint8_t>(connection),
          .sequence = static_cast<uint32_t>(sequence),
          .peer = peer,
          .operand = operand,
          .target = target};
}
inline Instruction Multicast(int connection, int64_t sequence, const Range& source) {
  return {.op = OpCode::kMulticast,
          .connection = static_cast<uint8_t>(connection),
          .sequence = static_cast<uint32_t>(sequence),
          .source = source};
}
inline Instruction ReduceRead(int connection, int64_t sequence, const Range& target) {
  return {.op = OpCode::kReduceRead,
          .connection = static_cast<uint8_t>(connection),
          .sequence = static_cast<uint32_t>(sequence),
          .target = target};
}
inline Instruction Copy(const Range& source, const Range& target) {
  return {.op = OpCode::kCopy, .source = source, .target = target};
}
// Waits until stream `depends_stream` has finished `depends_count` instructions.
inline Instruction Reduce(const Range& source, const Range& operand, const Range& target,
                          int depends_stream, int64_t depends_count) {
  return {.op = OpCode::kReduce,
          .source = source,
          .operand = operand,
          .target = target,
          .depends_stream = depends_stream,
          .depends_count = depends_count};
}

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_ALGORITHMS_BUILTIN_H_
