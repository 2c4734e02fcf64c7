// What the plain simulator (reference_fabric.h) moves and what it keeps for each channel.

#ifndef UPFABRIC_TESTS_TESTING_REFERENCE_PACKETS_H_
#define UPFABRIC_TESTS_TESTING_REFERENCE_PACKETS_H_

#include <algorithm>
#include <compare>
#include <cstdint>
#include <deque>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "fabric/api/fabric.h"
#include "fabric/base/fingerprint.h"
#include "fabric/model/flit_errors.h"
#include "fabric/model/spec.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric::testing {

// kCopy: up, to be copied to a group. kRequest: for a block; copied like it. kAnswer: up.
enum class ReferenceKind { kMessage, kCopy, kRequest, kAnswer, kResult };

// One direction of a link, forward as ChannelPlace has it.
struct ReferenceChannel {
  bool up = true;
  size_t link = 0;  // number

  auto operator<=>(const ReferenceChannel&) const = default;
};

// A block of a reduce-read.
struct ReferenceBlock {
  uint32_t index = 0;  // of the send
  int reader = 0;
  size_t link = 0;               // of the reader
  int lane = 0;                  // of answers and result
  std::vector<int64_t> payload;  // by packet
  std::vector<int> missing;      // by packet: answers
  uint64_t sequence = 0;         // order of arrival at the switch
  int64_t results_missing = 0;
};

// Of one packet.
struct ReferenceCopies {
  int waiting = 0;      // that have not left
  sim::Ticks left = 0;  // when the last one has
};

struct ReferencePacket {
  uint32_t index = 0;  // of the send
  int source = 0;
  int destination = 0;
  int64_t payload = 0;
  int lane = 0;
  int64_t message_packets = 1;
  uint64_t share = 0;          // the packets that were posted together on one link
  bool first_of_share = true;  // none of it has left before
  sim::Ticks ticks = 0;        // how long it took on the link it came in on; 0 at its source
  sim::Ticks head = 0;         // when it (or its share) became ready here
  size_t input = 0;            // switch: the port it came in on
  int link = 0;                // of its source
  uint16_t via = 0;            // see sim::Record
  ReferenceChannel came_on;    // switch: whose buffer it is in,
  int came_lane = 0;           // and there
  uint64_t id = 0;             // there; unique
  ReferenceKind kind = ReferenceKind::kMessage;
  std::shared_ptr<ReferenceBlock> block = nullptr;
  int64_t number = 0;  // in the block
  std::shared_ptr<ReferenceCopies> copies = nullptr;
};

struct ReferenceSender {
  ReferenceSender(int lanes, int64_t units)
      : queues(static_cast<size_t>(lanes)),
        credits(static_cast<size_t>(lanes), units),
        freed(static_cast<size_t>(lanes)) {}

  // The queue and place of the packet whose turn it is among those that may start, or null.
  // Only the first of each queue may, unless `all` may.
  template <typename MayStart>
  std::pair<std::deque<ReferencePacket>*, size_t> Next(bool in_turn, bool all,
                                                       const MayStart& may_start) {
    std::pair<std::deque<ReferencePacket>*, size_t> best = {nullptr, 0};
    for (std::deque<ReferencePacket>& queue : queues) {
      for (size_t i = 0; i < (all ? queue.size() : std::min<size_t>(queue.size(), 1)); ++i) {
        if (!may_start(queue[i])) {
          continue;
        }
        const ReferencePacket* other =
            best.first == nullptr ? nullptr : &(*best.first)[best.second];
        if (other == nullptr || (in_turn ? InTurn(queue[i]) < InTurn(*other)
                                         : std::pair(queue[i].head, queue[i].input) <
                                               std::pair(other->head, other->input))) {
          best = {&queue, i};
        }
      }
    }
    return best;
  }
  // Round-robin: what is smaller comes first.
  std::pair<bool, std::pair<size_t, int>> InTurn(const ReferencePacket& packet) const {
    const std::pair turn(packet.input, packet.lane);
    return {last.has_value() && turn <= *last, turn};
  }

  void SetErrors(const FlitErrors* now, uint64_t key) {
    if (now != errors) {
      errors = now;
      draw_key = key;
      DrawNextFailure();
    }
  }
  void DrawNextFailure() {
    const uint64_t draw = Chain(Chain(draw_key, static_cast<uint64_t>(wire)), 0x666c6974);
    fails_at =
        errors == nullptr ? std::numeric_limits<int64_t>::max() : errors->NextFailing(wire, draw);
  }
  // `packet` is still in its queue; it could have started `waited` earlier, but for its credits.
  void CountStart(const ReferencePacket& packet, sim::Ticks waited) {
    int64_t waiting = 0;
    for (const std::deque<ReferencePacket>& queue : queues) {
      waiting += static_cast<int64_t>(queue.size());
    }
    counters.queue_packets_max = std::max(counters.queue_packets_max, waiting);
    ++counters.packets;
    counters.payload_bytes += packet.payload;
    stall += waited;
  }

  std::vector<std::deque<ReferencePacket>> queues;  // by virtual channel
  std::vector<int64_t> credits;
  std::vector<int64_t> freed;                  // by virtual channel: less than a step of credits
  std::optional<std::pair<size_t, int>> last;  // input and virtual channel of what left last
  sim::Ticks free = 0;
  int64_t sessions = 0;
  const FlitErrors* errors = nullptr;
  uint64_t draw_key = 0;
  int64_t wire = 0;       // units put on the wire
  int64_t discarded = 0;  // of these, in vain
  int64_t leaked = 0;     // units of credits
  sim::Ticks busy = 0;
  sim::Ticks stall = 0;
  ChannelCounters counters;  // what is not above
  int64_t fails_at = std::numeric_limits<int64_t>::max();
};

// At one instant routes change before shares reach their ports, the endpoint's shares before
// answers; an endpoint hears of arrivals, by link, then of shares that come back, by link, then of
// its timers; credits leak last.
enum ReferenceOrder { kFault, kNetwork, kAnswers, kDelivery, kReturn, kTimer, kLeak };

inline size_t LinkOfPacket(Spread spread, uint64_t start, int64_t packet, int destination,
                           size_t links) {
  switch (spread) {
    case Spread::kDestinations:
      return static_cast<size_t>(destination) % links;
    case Spread::kMessages:
      return start % links;
    case Spread::kPackets:
      break;
  }
  return (start + static_cast<uint64_t>(packet)) % links;
}

// Packets of one instant queue by input.
inline void InsertByInput(std::deque<ReferencePacket>& queue, const ReferencePacket& packet) {
  auto position = queue.end();
  while (position != queue.begin() && std::prev(position)->head == packet.head &&
         std::prev(position)->input > packet.input) {
    --position;
  }
  queue.insert(position, packet);
}

// One request for each block of a reduce-read's packets on one link.
inline std::vector<ReferencePacket> RequestsFor(const std::vector<ReferencePacket>& share,
                                                size_t link, int64_t packets_max, int members,
                                                int lane) {
  std::vector<ReferencePacket> requests;
  for (const ReferencePacket& packet : share) {
    if (requests.empty() || requests.back().block->results_missing == packets_max) {
      requests.push_back(packet);
      requests.back().payload = 0;
      requests.back().lane = lane;
      requests.back().block = std::make_shared<ReferenceBlock>();
      requests.back().block->index = packet.index;
      requests.back().block->reader = packet.source;
      requests.back().block->link = link;
      requests.back().block->lane = packet.lane;
    }
    ReferenceBlock& block = *requests.back().block;
    block.payload.push_back(packet.payload);
    block.missing.push_back(members);
    ++block.results_missing;
  }
  return requests;
}

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_REFERENCE_PACKETS_H_
