// What a rank's executor is given, and the limits that it works by.

#ifndef UPFABRIC_COLLECTIVES_EXECUTOR_SPEC_H_
#define UPFABRIC_COLLECTIVES_EXECUTOR_SPEC_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "collectives/payload_transport.h"
#include "collectives/program.h"
#include "collectives/rank_payload.h"
#include "fabric/base/ids.h"
#include "fabric/base/units.h"

namespace upfabric::collectives {

// Bits of a tag below the connection: sequence numbers over all iterations.
inline constexpr int kSequenceBits = 24;

// What a fabric needs for an executor's messages: all are of channel 0.
inline constexpr int kVirtualChannels = 1;

// A send is marked when it and the unmarked ones before it make kMarkBytes; with kMarksMax marked
// ones not gone yet, the stream waits (in a full mesh
// as many for each endpoint that can be sent to apart). When the first has gone, kMarkBytes or more
// are still to leave: over twice what 1.8 TB/s carry in the 230 ns until its news has come and the
// next send is there.
inline constexpr Bytes kMarkBytes{int64_t{1} << 20};  // chosen, see above
inline constexpr int kMarksMax = 2;                   // chosen: the least that leaves no gap
// A short message counts as this much; about what its records take.
inline constexpr Bytes kSendBytesMin{256};  // chosen

// A counter that the receiver writes to its sender's memory.
inline constexpr Bytes kSlotBytes{8};
// The upper half of connection numbers is for those messages.
inline constexpr int kSlotConnectionsMax = 128;

struct ExecutorSpec {
  int rank = 0;
  const std::vector<EndpointId>* endpoints = nullptr;  // by rank; outlives the executor
  Bytes element;
  // Requires: sequence_base + sequences() x (warmup + iterations) <= 2^kSequenceBits.
  std::unique_ptr<RankProgram> program;
  int warmup = 0;
  int iterations = 1;
  Picoseconds start = {};  // when the rank starts its program
  // Of a software profile: time before the first instruction of each iteration, and what a byte of
  // a message takes on the wire, at least 1.
  Picoseconds overhead = {};
  Ratio stretch = Ratio(1);
  // Of several jobs that share endpoints: what its sequence numbers begin with, and the fabric's
  // group of its ranks.
  uint32_t sequence_base = 0;
  int group = 0;
  // Messages that a connection holds from their send to the end of their receive, as a library's
  // buffers have slots; 0: any number. The receiver frees one by a message of kSlotBytes.
  // Requires: connections below kSlotConnectionsMax if it is above 0.
  int slots = 0;
  int sends_apart = 1;  // see FabricView; the injection window is so many times as long
  bool log = false;     // keep a RankLog of the last iteration
  // Both null: no byte moves. The transport outlives the executor.
  std::unique_ptr<RankPayload> payload = nullptr;
  PayloadTransport* transport = nullptr;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_EXECUTOR_SPEC_H_
