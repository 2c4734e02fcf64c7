// Runs the program of one rank on its message port, a number of times back to back.
//
// Models:  each stream in order; an instruction starts when the one before it and those on which it
//          depends have finished. Iteration i+1 starts when all streams have finished iteration i.
//          A stream posts its sends at most an injection window ahead of what has left the
//          endpoint, so messages that wait take memory by links, not by messages to come.
//          Multicasts and reduce-reads are of the group of all ranks. A rank may start late; its
//          input is in place all the same.
// Omits:   payload in all iterations but the last one, whose results are checked.
// Threads: none; everything happens inside the port's callbacks.

#ifndef UPFABRIC_COLLECTIVES_EXECUTOR_H_
#define UPFABRIC_COLLECTIVES_EXECUTOR_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "collectives/executor_spec.h"
#include "collectives/instruction_log.h"
#include "fabric/api/message_port.h"

namespace upfabric::collectives {

class RankExecutor final : public fabric::MessagePortClient {
 public:
  explicit RankExecutor(ExecutorSpec spec);

  // Both halves of OnStart: what the rank exposes is there for its readers, at virtual time 0; the
  // program begins `start` after `now`.
  void Attach(fabric::MessagePort& port);
  void Launch(SimTime now);

  void OnStart(fabric::MessagePort& port) override;
  void OnReceived(SimTime now, uint32_t cookie) override;
  void OnLocalDone(SimTime now, uint32_t cookie) override;
  void OnTimer(SimTime now, uint32_t cookie) override;
  void OnSent(SimTime now, uint32_t cookie) override;

  bool finished() const { return finished_; }
  // End of the warm-up, and of everything. Requires: finished().
  SimTime timed_start() const { return timed_start_; }
  SimTime end() const { return end_; }
  int rank() const { return spec_.rank; }
  // Empty unless the spec asks for it.
  const RankLog& log() const { return log_; }
  // Null if no byte moves.
  const RankPayload* payload() const { return spec_.payload.get(); }

  // One line: each stream that waits, its instruction, and for what. Empty if finished.
  std::string Autopsy() const;

 private:
  enum class Wait : uint8_t { kNothing, kStream, kMessage, kLocal, kWindow, kSlot, kEnd };
  struct Stream {
    Instruction instruction;  // the current one, unless wait is kEnd
    int64_t finished = 0;     // instructions of this iteration
    int64_t length = 0;
    Wait wait = Wait::kNothing;
    int marks = 0;   // marked sends that have not left, of whatever iteration
    Bytes unmarked;  // of sends since the last mark
  };

  // To one peer, with its slots.
  struct Connection {
    std::deque<uint32_t> held;  // tags of messages whose slot is not known to be free, in order
    bool asked = false;         // for the news of the first one
  };

  void Begin(SimTime now);
  // Starts an iteration, or waits for its overhead first.
  void NextIteration();
  void StartIteration();
  void Run(SimTime now);
  // Returns whether anything finished.
  bool Advance(size_t stream);
  bool MayStart(const Instruction& instruction) const;
  // Starts the stream's instruction; returns whether it has finished at once.
  bool Start(size_t stream);
  void Send(size_t stream);
  // Returns whether it has finished at once.
  bool Receive(size_t stream);
  void StartLocal(size_t stream);
  // Whether the send can take a slot; if not, its stream runs again when one may be free.
  bool HasSlot(const Instruction& send);
  void FreeSlot(const Instruction& receive);
  void OnSlotFree(size_t connection);
  void Finish(Stream& stream);
  // Of the stream's current instruction; null unless it is logged.
  InstructionTimes* LogOf(const Stream& stream);
  void ApplyPayload(const Instruction& instruction);
  // Hands what this rank exposes to its readers.
  void Expose();
  void Multicast(const Instruction& instruction);
  void ReduceRead(const Instruction& instruction);
  Stream& Resumed(uint32_t cookie, Wait wait);
  MessageName NameOf(const Instruction& instruction) const;
  uint32_t TagOf(const Instruction& instruction) const;
  uint32_t TagOf(int64_t iteration, uint8_t connection, uint32_t sequence) const;
  Bytes OnWire(int64_t count) const;
  EndpointId EndpointOf(int rank) const { return (*spec_.endpoints)[static_cast<size_t>(rank)]; }
  int64_t iterations() const { return int64_t{spec_.warmup} + spec_.iterations; }
  std::string StreamAutopsy(size_t stream) const;

  ExecutorSpec spec_;
  fabric::MessagePort* port_ = nullptr;
  std::vector<Stream> streams_;
  std::vector<Connection> connections_;                   // in the order of their first send
  std::map<std::pair<int, uint8_t>, size_t> connection_;  // by peer and number
  int64_t iteration_ = 0;
  SimTime timed_start_;
  SimTime end_;
  bool begun_ = false;
  bool finished_ = false;
  bool in_overhead_ = false;  // of the iteration that is to start
  SimTime now_;               // of the callback that is running
  RankLog log_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_EXECUTOR_H_
