#include "collectives/lower_bound.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "fabric/base/check.h"

namespace upfabric::collectives {

namespace {

__extension__ using Int128 = __int128;

// Sender, receiver, connection, number of the message.
using MessageKey = std::tuple<int, int, int, int64_t>;

// Follows all programs as if every message and local operation had the fabric to itself.
class LongestPath {
 public:
  LongestPath(const BoundFigures& figures, const Algorithm& algorithm,
              const CollectiveRequest& request, int iterations)
      : figures_(figures),
        element_bytes_(ElementSize(request.type).count()),
        iterations_(iterations) {
    ranks_.resize(static_cast<size_t>(request.ranks));
    for (int rank = 0; rank < request.ranks; ++rank) {
      Rank& state = ranks_[static_cast<size_t>(rank)];
      state.program = algorithm.MakeProgram(request, rank);
      state.streams.resize(static_cast<size_t>(state.program->streams()));
    }
  }

  LowerBound Compute() {
    std::vector<int> ready(ranks_.size());
    for (size_t i = 0; i < ready.size(); ++i) {
      ready[i] = static_cast<int>(ready.size() - 1 - i);
    }
    while (!ready.empty()) {
      const int rank = ready.back();
      ready.pop_back();
      Follow(rank, ready);
    }
    LowerBound bound;
    for (const Rank& rank : ranks_) {
      UPF_CHECK_OP(rank.iteration, ==, iterations_);
      // Each byte that arrives has crossed the path, and shared the links with all others.
      const int64_t received = rank.bytes_received == 0 ? 0 : MessageTime(rank.bytes_received);
      const int64_t sent = rank.bytes_sent == 0 ? 0 : MessageTime(rank.bytes_sent);
      const int64_t end = std::max(rank.start, received);
      bound.rank_end.push_back(Picoseconds(end));
      // What it sends has arrived somewhere before all ranks have finished.
      bound.last_end = std::max(bound.last_end, Picoseconds(std::max(end, sent)));
    }
    return bound;
  }

 private:
  struct Stream {
    int64_t next = 0;
    int64_t time = 0;  // when the instruction before `next` has finished
  };
  struct Rank {
    std::unique_ptr<RankProgram> program;
    std::vector<Stream> streams;
    int iteration = 0;
    int64_t start = 0;  // of the iteration
    int64_t bytes_sent = 0;
    int64_t bytes_received = 0;
  };

  // Rounded down, so that a bound is never above the truth.
  int64_t MessageTime(int64_t bytes) const {
    const Ratio rate = figures_.link_bits_per_second;
    const auto numerator = static_cast<Int128>(bytes) * 8 * rate.denominator();
    const auto denominator = static_cast<Int128>(rate.numerator()) * figures_.links;
    // Seconds to picoseconds in two steps: the product could exceed 128 bits.
    constexpr int64_t kPicoseconds = 1'000'000'000'000;
    const Int128 seconds = numerator / denominator;
    const Int128 rest = (numerator % denominator) * kPicoseconds / denominator;
    return figures_.path_latency.count() + static_cast<int64_t>(seconds * kPicoseconds + rest);
  }

  void Follow(int rank, std::vector<int>& ready) {
    Rank& state = ranks_[static_cast<size_t>(rank)];
    while (state.iteration < iterations_) {
      bool progress = true;
      while (progress) {
        progress = false;
        for (size_t i = 0; i < state.streams.size(); ++i) {
          progress |= FollowStream(rank, i, ready);
        }
      }
      for (size_t i = 0; i < state.streams.size(); ++i) {
        if (state.streams[i].next < state.program->length(static_cast<int>(i))) {
          return;
        }
      }
      for (Stream& stream : state.streams) {
        state.start = std::max(state.start, stream.time);
      }
      for (Stream& stream : state.streams) {
        stream = {.next = 0, .time = state.start};
      }
      ++state.iteration;
    }
  }

  // Returns whether anything finished.
  bool FollowStream(int rank, size_t index, std::vector<int>& ready) {
    Rank& state = ranks_[static_cast<size_t>(rank)];
    Stream& stream = state.streams[index];
    const int64_t first = stream.next;
    const int64_t length = state.program->length(static_cast<int>(index));
    for (; stream.next < length; ++stream.next) {
      const Instruction instruction = state.program->At(static_cast<int>(index), stream.next);
      if (instruction.depends_stream >= 0) {
        const Stream& other = state.streams[static_cast<size_t>(instruction.depends_stream)];
        if (other.next < instruction.depends_count) {
          break;
        }
        // A stream that is further on has finished the ones in question earlier: no bound then.
        if (other.next == instruction.depends_count) {
          stream.time = std::max(stream.time, other.time);
        }
      }
      if (!FollowInstruction(rank, instruction, stream, ready)) {
        break;
      }
    }
    return stream.next > first;
  }

  // Returns false if the instruction's message has not been sent yet.
  bool FollowInstruction(int rank, const Instruction& instruction, Stream& stream,
                         std::vector<int>& ready) {
    Rank& state = ranks_[static_cast<size_t>(rank)];
    const bool sends = instruction.op == OpCode::kSend;
    const bool from_source = sends || instruction.op == OpCode::kMulticast;
    const int64_t bytes =
        (from_source ? instruction.source.count : instruction.target.count) * element_bytes_;
    if (instruction.op == OpCode::kMulticast || instruction.op == OpCode::kReduceRead) {
      FollowInSwitch(rank, instruction, bytes, stream, ready);
      return true;
    }
    if (bytes == 0) {
      return true;
    }
    const int64_t number =
        int64_t{state.iteration} * state.program->sequences() + instruction.sequence;
    if (sends) {
      const MessageKey key{rank, instruction.peer, instruction.connection, number};
      state.bytes_sent += bytes;
      arrivals_[key] = stream.time + MessageTime(bytes);
      if (waiting_.erase(key) > 0) {
        ready.push_back(instruction.peer);
      }
      return true;
    }
    if (instruction.op == OpCode::kRecv || instruction.op == OpCode::kRecvReduce) {
      const MessageKey key{instruction.peer, rank, instruction.connection, number};
      const auto arrival = arrivals_.find(key);
      if (arrival == arrivals_.end()) {
        waiting_.insert(key);
        return false;
      }
      stream.time = std::max(stream.time, arrival->second);
      state.bytes_received += bytes;
      arrivals_.erase(arrival);
    }
    if (instruction.op != OpCode::kRecv) {
      stream.time += figures_.local_latency.count();
    }
    return true;
  }

  // A multicast is a message to every rank that its sender sends once. A reduce-read is a path
  // there and one back; each rank sends what is read, which cannot have crossed before all have
  // finished.
  void FollowInSwitch(int rank, const Instruction& instruction, int64_t bytes, Stream& stream,
                      std::vector<int>& ready) {
    Rank& state = ranks_[static_cast<size_t>(rank)];
    if (bytes == 0) {
      return;
    }
    if (instruction.op == OpCode::kReduceRead) {
      stream.time += MessageTime(bytes);
      state.bytes_received += bytes;
      for (Rank& member : ranks_) {
        member.bytes_sent += bytes;
      }
      return;
    }
    state.bytes_sent += bytes;
    const int64_t number =
        int64_t{state.iteration} * state.program->sequences() + instruction.sequence;
    for (int receiver = 0; receiver < static_cast<int>(ranks_.size()); ++receiver) {
      const MessageKey key{rank, receiver, instruction.connection, number};
      arrivals_[key] = stream.time + MessageTime(bytes);
      if (waiting_.erase(key) > 0 && receiver != rank) {
        ready.push_back(receiver);
      }
    }
  }

  BoundFigures figures_;
  int64_t element_bytes_;
  int iterations_;
  std::vector<Rank> ranks_;
  absl::flat_hash_map<MessageKey, int64_t> arrivals_;
  absl::flat_hash_set<MessageKey> waiting_;
};

}  // namespace

LowerBound ComputeLowerBound(const BoundFigures& figures, const Algorithm& algorithm,
                             const CollectiveRequest& request, int iterations) {
  return LongestPath(figures, algorithm, request, iterations).Compute();
}

}  // namespace upfabric::collectives
