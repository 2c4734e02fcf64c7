// What one rank executes: a few in-order streams of instructions, computed when needed.
//
// Nothing is stored: a 1,024-rank all-to-all has a million messages and no list of them.
//
// Matching: a message is named by (sender, receiver, connection, sequence, iteration). The sender's
// and the receiver's programs name it alike, so messages may overtake each other; see README.md.

#ifndef UPFABRIC_COLLECTIVES_PROGRAM_H_
#define UPFABRIC_COLLECTIVES_PROGRAM_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "fabric/base/units.h"

namespace upfabric::collectives {

enum class Buffer : uint8_t { kInput, kOutput, kScratch };

// Elements [offset, offset + count) of a buffer.
struct Range {
  Buffer buffer = Buffer::kInput;
  int64_t offset = 0;
  int64_t count = 0;

  friend bool operator==(const Range&, const Range&) = default;
};

// How an algorithm cuts a buffer into granules: blocks, mostly equal ones, each split into `outer`
// balanced parts, each of these into `inner` balanced parts (patterns/split.h).
struct Partition {
  int64_t blocks = 1;
  int64_t block_count = 0;  // elements of one block
  int outer = 1;
  int inner = 1;
  // Blocks that are not equal: where each begins, and where the last one ends; null: equal ones.
  // Lives as long as the request.
  const int64_t* starts = nullptr;

  int64_t count() const { return starts == nullptr ? blocks * block_count : starts[blocks]; }
  friend bool operator==(const Partition&, const Partition&) = default;
};

enum class OpCode : uint8_t {
  kSend,        // source -> peer
  kRecv,        // peer -> target
  kRecvReduce,  // target = operand op message from peer
  kCopy,        // source -> target
  kReduce,      // target = operand op each block of target.count elements of source
  kMulticast,   // source -> every rank, this one too; each receives it from this one
  kReduceRead,  // target = source of all ranks, reduced by the switches
};
std::string_view OpCodeName(OpCode op);

// Starts when the one before it in its stream has finished, and those of another stream on which it
// depends. A send or multicast has finished when it is posted: its source may be overwritten then.
// What a reduce-read takes from the other ranks are exposures of theirs. An instruction that moves
// no element costs nothing and sends nothing.
struct Instruction {
  OpCode op = OpCode::kSend;
  uint8_t connection = 0;  // messages: at most 256 between two ranks, each way
  uint32_t sequence = 0;   // messages: index in the connection and iteration, < sequences()
  int peer = -1;           // messages: rank
  Range source = {};       // kSend, kMulticast, kCopy, kReduce
  Range operand = {};      // kRecvReduce, kReduce: target.count elements; may be the target
  Range target = {};       // all but kSend and kMulticast
  // The first `depends_count` instructions of stream `depends_stream` have to finish before; -1:
  // none.
  int depends_stream = -1;
  int64_t depends_count = 0;
  // A receive that takes its message only when the send after it in its stream can take a slot: a
  // forwarding step of one kernel. Without slots nothing waits for one.
  bool forwards = false;
};

// "send of input[0, 16) to rank 3 (connection 0, sequence 2)"
std::string InstructionText(const Instruction& instruction);

// Elements that an instruction moves: of its message, its copy, or its result.
int64_t MovedCount(const Instruction& instruction);

// What a local operation reads and writes in all: 2 x bytes for a copy, 3 x for a receive with
// reduction, (k + 1) x for a reduction of k inputs, the operand included. 0 for all others.
Bytes LocalTraffic(const Instruction& instruction, Bytes element);

// A range that a reduce-read of `reader`, with this connection and sequence, takes from the rank
// that exposes it. It holds its value from the start of the program on: it is input.
struct Exposure {
  int reader = 0;  // may be the rank itself
  uint8_t connection = 0;
  uint32_t sequence = 0;
  Range source = {};
};

class RankProgram {
 public:
  virtual ~RankProgram() = default;

  // At most 256.
  virtual int streams() const = 0;
  virtual int64_t length(int stream) const = 0;
  // Requires: 0 <= index < length(stream).
  virtual Instruction At(int stream, int64_t index) const = 0;

  // What other ranks' reduce-reads take from this one, and its own from itself.
  virtual int64_t exposures() const { return 0; }
  // Requires: 0 <= index < exposures().
  virtual Exposure ExposureAt(int64_t /*index*/) const { return {}; }

  // Sequence numbers of one iteration on one connection, at least 1; the same in all ranks.
  virtual uint32_t sequences() const = 0;

  // Every range of an instruction is a run of whole granules, and what an instruction or a message
  // joins has granules of equal sizes in the same order. Scratch may be empty.
  virtual Partition partition(Buffer buffer) const = 0;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PROGRAM_H_
