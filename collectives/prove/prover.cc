#include "collectives/prove/prover.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "collectives/prove/expected_result.h"
#include "collectives/prove/symbolic_memory.h"

namespace upfabric::collectives {

namespace {

// Sender, receiver, connection, sequence.
using MessageKey = std::tuple<int, int, int, int64_t>;
// Sender, receiver, connection.
using ConnectionKey = std::tuple<int, int, int>;
constexpr size_t kCycleShown = 3;  // chosen: of a long cycle, before its last stream
constexpr int kUnbounded = std::numeric_limits<int>::max();

struct StreamState {
  int rank = 0;
  int stream = 0;
  int64_t length = 0;
  int64_t next = 0;
  Clock clock = {};
};

struct Message {
  std::vector<Symbol> symbols;
  Clock clock;
};

std::string PlaceText(const StreamState& stream, int64_t index, const Instruction& instruction) {
  return absl::StrCat("rank ", stream.rank, " stream ", stream.stream, " instruction ", index, " (",
                      InstructionText(instruction), ")");
}

class Execution {
 public:
  // With `slots` a connection holds so many messages; kUnbounded also follows symbols and clocks.
  Execution(const Algorithm& algorithm, const CollectiveRequest& request, int slots)
      : request_(request), slots_(slots), follows_symbols_(slots == kUnbounded) {
    for (int rank = 0; rank < request.ranks; ++rank) {
      programs_.push_back(algorithm.MakeProgram(request, rank));
      first_stream_.push_back(streams_.size());
      for (int stream = 0; stream < programs_.back()->streams(); ++stream) {
        streams_.push_back(
            {.rank = rank, .stream = stream, .length = programs_.back()->length(stream)});
      }
    }
    if (follows_symbols_) {
      for (StreamState& stream : streams_) {
        stream.clock.assign(streams_.size(), 0);
      }
      FillMemory();
    }
    IndexInstructions();
  }

  // Runs all streams as far as they go; returns what was found.
  std::vector<Finding> Run() {
    for (size_t i = streams_.size(); i-- > 0;) {
      ready_.push_back(i);
    }
    while (!ready_.empty() && findings_.size() < kFindingsMax) {
      const size_t stream = ready_.back();
      ready_.pop_back();
      RunStream(stream);
    }
    if (findings_.size() < kFindingsMax) {
      ReportStuck();
    }
    if (findings_.empty()) {
      ReportUnclaimed();
    }
    if (findings_.empty() && follows_symbols_) {
      CheckResults();
      if (request_.collective == Collective::kBarrier) {
        CheckBarrier();
      }
    }
    return std::exchange(findings_, {});
  }

  // Instructions that could be left out. Requires: Run() found nothing, with symbols.
  std::vector<Finding> Unused() {
    if (request_.collective == Collective::kBarrier) {
      return {};  // tokens are to arrive, not to be read
    }
    for (const auto& [index, time] : memory_->UnusedWrites()) {
      Report(index, int64_t{time} - 1, "writes what nobody reads");
    }
    return std::exchange(findings_, {});
  }

  int most_in_flight() const { return most_in_flight_; }

 private:
  struct Place {
    size_t stream = 0;
    int64_t index = 0;
  };

  const RankProgram& ProgramOf(const StreamState& stream) const {
    return *programs_[static_cast<size_t>(stream.rank)];
  }
  Instruction At(size_t stream, int64_t index) const {
    return ProgramOf(streams_[stream]).At(streams_[stream].stream, index);
  }

  // Where every message is sent and received, and which instructions others depend on.
  void IndexInstructions() {
    for (size_t i = 0; i < streams_.size(); ++i) {
      for (int64_t index = 0; index < streams_[i].length; ++index) {
        const Instruction instruction = At(i, index);
        if (instruction.depends_stream >= 0 && follows_symbols_) {
          kept_.insert(
              {StreamOf(streams_[i].rank, instruction.depends_stream), instruction.depends_count});
        }
        if (MovedCount(instruction) > 0) {
          IndexMessages({i, index}, instruction);
        }
      }
    }
    for (size_t rank = 0; rank < programs_.size(); ++rank) {
      for (int64_t i = 0; i < programs_[rank]->exposures(); ++i) {
        const Exposure exposure = programs_[rank]->ExposureAt(i);
        exposures_[{static_cast<int>(rank), exposure.reader, exposure.connection,
                    exposure.sequence}] = exposure.source;
      }
    }
  }

  void IndexMessages(const Place& place, const Instruction& instruction) {
    const int rank = streams_[place.stream].rank;
    const auto name = [&](int from, int to) {
      return MessageKey{from, to, instruction.connection, instruction.sequence};
    };
    const auto add = [&](auto& places, const MessageKey& key) {
      if (!places.emplace(key, place).second) {
        Report(place.stream, place.index, "has the number of another message between these ranks");
      }
    };
    if (instruction.op == OpCode::kSend) {
      add(senders_, name(rank, instruction.peer));
    } else if (instruction.op == OpCode::kMulticast) {
      for (int to = 0; to < request_.ranks; ++to) {
        add(senders_, name(rank, to));
      }
    } else if (instruction.op == OpCode::kRecv || instruction.op == OpCode::kRecvReduce) {
      add(receivers_, name(instruction.peer, rank));
    }
  }

  size_t StreamOf(int rank, int stream) const {
    return first_stream_[static_cast<size_t>(rank)] + static_cast<size_t>(stream);
  }

  void FillMemory() {
    std::vector<int64_t> scratch;
    for (const auto& program : programs_) {
      scratch.push_back(program->partition(Buffer::kScratch).count());
    }
    memory_.emplace(request_, scratch, symbols_);
  }

  void Report(size_t stream, int64_t index, const std::string& what) {
    if (findings_.size() < kFindingsMax) {
      const StreamState& state = streams_[stream];
      findings_.push_back({state.rank, state.stream, index,
                           absl::StrCat(PlaceText(state, index, At(stream, index)), " ", what)});
    }
  }

  void RunStream(size_t index) {
    StreamState& stream = streams_[index];
    while (stream.next < stream.length) {
      const Instruction instruction = At(index, stream.next);
      if (!MayRun(index, instruction)) {
        return;
      }
      if (follows_symbols_) {
        Join(index, instruction);
        stream.clock[index] = static_cast<uint32_t>(stream.next + 1);
      }
      if (MovedCount(instruction) > 0) {
        Perform(index, instruction);
      }
      ++stream.next;
      if (follows_symbols_ && kept_.contains({index, stream.next})) {
        finished_clocks_[{index, stream.next}] = stream.clock;
      }
      // Whoever depends on this one looks again.
      for (const size_t other : waiting_for_stream_[index]) {
        ready_.push_back(other);
      }
      waiting_for_stream_[index].clear();
    }
  }

  // Whether the instruction can run now; if not, the stream will be woken when that may change.
  bool MayRun(size_t index, const Instruction& instruction) {
    const StreamState& stream = streams_[index];
    if (instruction.depends_stream >= 0) {
      const size_t other = StreamOf(stream.rank, instruction.depends_stream);
      if (streams_[other].next < instruction.depends_count) {
        waiting_for_stream_[other].push_back(index);
        return false;
      }
    }
    if (MovedCount(instruction) == 0) {
      return true;
    }
    if (instruction.op == OpCode::kSend) {
      return HasSlot(index, instruction);
    }
    if (instruction.op == OpCode::kRecv || instruction.op == OpCode::kRecvReduce) {
      const MessageKey key{instruction.peer, stream.rank, instruction.connection,
                           instruction.sequence};
      if (!messages_.contains(key)) {
        waiting_for_message_[key] = index;
        return false;
      }
      return !instruction.forwards || HasSlot(index, At(index, stream.next + 1));
    }
    return true;
  }

  bool HasSlot(size_t index, const Instruction& send) {
    const ConnectionKey key{streams_[index].rank, send.peer, send.connection};
    if (in_flight_[key] < slots_) {
      return true;
    }
    waiting_for_slot_[key].push_back(index);
    return false;
  }

  void Join(size_t index, const Instruction& instruction) {
    StreamState& stream = streams_[index];
    const auto join = [&stream](const Clock& other) {
      for (size_t i = 0; i < other.size(); ++i) {
        stream.clock[i] = std::max(stream.clock[i], other[i]);
      }
    };
    if (instruction.depends_stream >= 0 && instruction.depends_count > 0) {
      join(finished_clocks_[{StreamOf(stream.rank, instruction.depends_stream),
                             instruction.depends_count}]);
    }
    if (MovedCount(instruction) > 0 &&
        (instruction.op == OpCode::kRecv || instruction.op == OpCode::kRecvReduce)) {
      join(messages_[{instruction.peer, stream.rank, instruction.connection, instruction.sequence}]
               .clock);
    }
  }

  void Perform(size_t index, const Instruction& instruction) {
    const int rank = streams_[index].rank;
    switch (instruction.op) {
      case OpCode::kSend:
        Deliver(index, instruction, instruction.peer, Read(index, instruction.source));
        return;
      case OpCode::kMulticast: {
        const std::vector<Symbol> symbols = Read(index, instruction.source);
        for (int to = 0; to < request_.ranks; ++to) {
          Deliver(index, instruction, to, symbols);
        }
        return;
      }
      case OpCode::kRecv:
        Write(index, instruction.target, Take(index, instruction));
        return;
      case OpCode::kRecvReduce: {
        std::vector<Symbol> symbols = Take(index, instruction);
        Combine(symbols, Read(index, instruction.operand));
        Write(index, instruction.target, symbols);
        return;
      }
      case OpCode::kCopy:
        Write(index, instruction.target, Read(index, instruction.source));
        return;
      case OpCode::kReduce: {
        std::vector<Symbol> symbols = Read(index, instruction.operand);
        Range block{instruction.source.buffer, instruction.source.offset, instruction.target.count};
        for (int64_t done = 0; done < instruction.source.count; done += block.count) {
          Combine(symbols, Read(index, block));
          block.offset += block.count;
        }
        Write(index, instruction.target, symbols);
        return;
      }
      case OpCode::kReduceRead:
        Write(index, instruction.target, ReadOfAll(rank, instruction));
        return;
    }
  }

  void Combine(std::vector<Symbol>& symbols, const std::vector<Symbol>& others) {
    for (size_t i = 0; i < std::min(symbols.size(), others.size()); ++i) {
      symbols[i] = symbols_.Combine(symbols[i], others[i]);
    }
  }

  // Exposed ranges are inputs, read before anything is written to them.
  std::vector<Symbol> ReadOfAll(int reader, const Instruction& instruction) {
    std::vector<Symbol> symbols;
    for (int rank = 0; rank < request_.ranks && follows_symbols_; ++rank) {
      const auto exposed =
          exposures_.find({rank, reader, instruction.connection, instruction.sequence});
      std::vector<Symbol> own(static_cast<size_t>(instruction.target.count), symbols_.nothing());
      if (exposed != exposures_.end()) {
        for (int64_t i = 0; i < std::min(instruction.target.count, exposed->second.count); ++i) {
          own[static_cast<size_t>(i)] = memory_->Input(rank, exposed->second.offset + i);
        }
      }
      if (rank == 0) {
        symbols = std::move(own);
      } else {
        Combine(symbols, own);
      }
    }
    return symbols;
  }

  void Deliver(size_t index, const Instruction& instruction, int to,
               const std::vector<Symbol>& symbols) {
    const int from = streams_[index].rank;
    const MessageKey key{from, to, instruction.connection, instruction.sequence};
    int& in_flight = in_flight_[{from, to, instruction.connection}];
    most_in_flight_ = std::max(most_in_flight_, ++in_flight);
    messages_[key] = {symbols, streams_[index].clock};
    if (const auto waiting = waiting_for_message_.find(key);
        waiting != waiting_for_message_.end()) {
      ready_.push_back(waiting->second);
      waiting_for_message_.erase(waiting);
    }
  }

  std::vector<Symbol> Take(size_t index, const Instruction& instruction) {
    const int rank = streams_[index].rank;
    const MessageKey key{instruction.peer, rank, instruction.connection, instruction.sequence};
    std::vector<Symbol> symbols = std::move(messages_[key].symbols);
    messages_.erase(key);
    const auto count = static_cast<size_t>(instruction.target.count);
    if (follows_symbols_ && symbols.size() != count) {
      Report(index, streams_[index].next,
             absl::StrCat("takes ", count, " elements from a message of ", symbols.size()));
      symbols.resize(count, symbols_.nothing());
    }
    const ConnectionKey connection{instruction.peer, rank, instruction.connection};
    --in_flight_[connection];
    if (const auto waiting = waiting_for_slot_.find(connection);
        waiting != waiting_for_slot_.end()) {
      ready_.insert(ready_.end(), waiting->second.begin(), waiting->second.end());
      waiting_for_slot_.erase(waiting);
    }
    return symbols;
  }

  Access AccessOf(size_t index) const {
    const StreamState& stream = streams_[index];
    return {.rank = stream.rank,
            .stream = index,
            .time = static_cast<uint32_t>(stream.next + 1),
            .clock = stream.clock};
  }

  void ReportRace(size_t index, std::string_view what, const std::optional<Race>& race) {
    if (race.has_value()) {
      const int64_t other = int64_t{race->time} - 1;
      Report(index, streams_[index].next,
             absl::StrCat("races: it ", std::string(what), " element ", race->offset, ", which ",
                          PlaceText(streams_[race->stream], other, At(race->stream, other)),
                          race->wrote ? " writes" : " reads", ", and nothing orders the two"));
    }
  }

  std::vector<Symbol> Read(size_t index, const Range& range) {
    std::vector<Symbol> symbols;
    if (follows_symbols_) {
      ReportRace(index, "reads", memory_->Read(AccessOf(index), range, symbols));
    }
    return symbols;
  }

  void Write(size_t index, const Range& range, const std::vector<Symbol>& symbols) {
    if (follows_symbols_) {
      ReportRace(index, "writes", memory_->Write(AccessOf(index), range, symbols));
    }
  }

  // The stream that would have to go on first, and for what; none if nobody ever does it.
  struct Cause {
    int64_t stream = -1;
    std::string text;
  };

  Cause CauseOf(size_t index) const {
    const StreamState& stream = streams_[index];
    const Instruction instruction = At(index, stream.next);
    if (instruction.depends_stream >= 0) {
      const size_t other = StreamOf(stream.rank, instruction.depends_stream);
      if (streams_[other].next < instruction.depends_count) {
        return {static_cast<int64_t>(other),
                absl::StrCat("waits until stream ", instruction.depends_stream, " has finished ",
                             instruction.depends_count, " instructions")};
      }
    }
    if (instruction.op != OpCode::kSend) {
      const MessageKey key{instruction.peer, stream.rank, instruction.connection,
                           instruction.sequence};
      if (!messages_.contains(key)) {
        const auto sender = senders_.find(key);
        return sender == senders_.end()
                   ? Cause{-1, "waits for a message that nobody sends"}
                   : Cause{static_cast<int64_t>(sender->second.stream), "waits for its message"};
      }
    }
    // A slot of its own or of the send after it.
    const Instruction send =
        instruction.op == OpCode::kSend ? instruction : At(index, stream.next + 1);
    int64_t receiver = -1;
    int64_t oldest = std::numeric_limits<int64_t>::max();
    for (const auto& [key, message] : messages_) {
      const auto& [from, to, connection, sequence] = key;
      if (from == stream.rank && to == send.peer && connection == send.connection &&
          sequence < oldest && receivers_.contains(key)) {
        oldest = sequence;
        receiver = static_cast<int64_t>(receivers_.at(key).stream);
      }
    }
    return {receiver, absl::StrCat("waits for a slot to rank ", send.peer)};
  }

  void ReportStuck() {
    std::vector<size_t> stuck;
    for (size_t i = 0; i < streams_.size(); ++i) {
      if (streams_[i].next < streams_[i].length) {
        stuck.push_back(i);
      }
    }
    if (stuck.empty()) {
      return;
    }
    // From the first one on, each has one cause: that ends where nobody acts, or in a cycle.
    std::vector<size_t> chain = {stuck.front()};
    std::vector<std::string> texts;
    while (true) {
      const size_t index = chain.back();
      const Cause cause = CauseOf(index);
      const int64_t next = streams_[index].next;
      texts.push_back(
          absl::StrCat(PlaceText(streams_[index], next, At(index, next)), " ", cause.text));
      if (cause.stream < 0 || streams_[static_cast<size_t>(cause.stream)].next ==
                                  streams_[static_cast<size_t>(cause.stream)].length) {
        Report(index, next, absl::StrCat(cause.text, "; ", stuck.size(), " streams are stuck"));
        return;
      }
      const auto other = static_cast<size_t>(cause.stream);
      if (const auto seen = std::find(chain.begin(), chain.end(), other); seen != chain.end()) {
        const auto first = static_cast<size_t>(seen - chain.begin());
        std::string cycle;
        for (size_t i = first + 1; i < texts.size(); ++i) {
          if (i > first + kCycleShown && i + 1 < texts.size()) {
            absl::StrAppend(&cycle, ", ... (", texts.size() - first, " in the cycle)");
            i = texts.size() - 1;
          }
          absl::StrAppend(&cycle, ", ", texts[i]);
        }
        Report(other, streams_[other].next,
               absl::StrCat(CauseOf(other).text, cycle, ": a cycle, deadlock; ", stuck.size(),
                            " streams are stuck"));
        return;
      }
      chain.push_back(other);
    }
  }

  void ReportUnclaimed() {
    for (const auto& [key, message] : messages_) {
      const auto& [from, to, connection, sequence] = key;
      const Place& place = senders_.at(key);
      Report(place.stream, place.index, absl::StrCat("sends what rank ", to, " never receives"));
    }
  }

  void CheckResults() {
    for (int rank = 0; rank < request_.ranks; ++rank) {
      for (int64_t i = 0; i < RecvCount(request_, rank) && findings_.size() < kFindingsMax; ++i) {
        const SymbolicMemory::Held held = memory_->Output(rank, i);
        const Symbol expected = ExpectedResult(request_, rank, i, *memory_, symbols_);
        if (symbols_.Same(held.symbol, expected)) {
          continue;
        }
        const std::string what =
            absl::StrCat("output[", i, "] of rank ", rank, " holds ", symbols_.Text(held.symbol),
                         ", not ", symbols_.Text(expected));
        if (held.time == 0) {
          findings_.push_back({rank, -1, -1, absl::StrCat(what, "; nobody writes it")});
          continue;
        }
        const StreamState& writer = streams_[held.stream];
        const int64_t index = int64_t{held.time} - 1;
        findings_.push_back({rank, writer.stream, index,
                             absl::StrCat(what, "; last written by ",
                                          PlaceText(writer, index, At(held.stream, index)))});
      }
    }
  }

  // What a rank knows to have happened when all its streams have ended must include an instruction
  // of every other rank, so that it cannot leave before all have entered.
  void CheckBarrier() {
    for (int rank = 0; rank < request_.ranks; ++rank) {
      for (int other = 0; other < request_.ranks && findings_.size() < kFindingsMax; ++other) {
        const bool heard =
            std::any_of(streams_.begin(), streams_.end(), [&](const StreamState& stream) {
              return stream.rank == rank && HasHeardOf(stream, other);
            });
        if (rank != other && !heard) {
          findings_.push_back({rank, -1, -1,
                               absl::StrCat("rank ", rank, " may leave before rank ", other,
                                            " has entered: nothing orders the two")});
        }
      }
    }
  }

  bool HasHeardOf(const StreamState& stream, int rank) const {
    for (size_t i = 0; i < streams_.size(); ++i) {
      if (streams_[i].rank == rank && stream.clock[i] > 0) {
        return true;
      }
    }
    return false;
  }

  CollectiveRequest request_;
  int slots_;
  bool follows_symbols_;
  std::vector<std::unique_ptr<RankProgram>> programs_;
  std::vector<size_t> first_stream_;  // by rank
  std::vector<StreamState> streams_;
  SymbolTable symbols_;
  std::optional<SymbolicMemory> memory_;  // where symbols are followed
  absl::flat_hash_map<MessageKey, Place> senders_;
  absl::flat_hash_map<MessageKey, Place> receivers_;
  absl::flat_hash_map<MessageKey, Range> exposures_;
  absl::flat_hash_map<MessageKey, Message> messages_;
  absl::flat_hash_map<ConnectionKey, int> in_flight_;
  int most_in_flight_ = 0;
  absl::flat_hash_set<std::pair<size_t, int64_t>> kept_;
  absl::flat_hash_map<std::pair<size_t, int64_t>, Clock> finished_clocks_;
  std::vector<size_t> ready_;
  absl::flat_hash_map<size_t, std::vector<size_t>> waiting_for_stream_;
  absl::flat_hash_map<MessageKey, size_t> waiting_for_message_;
  absl::flat_hash_map<ConnectionKey, std::vector<size_t>> waiting_for_slot_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> FindStuck(const Algorithm& algorithm, const CollectiveRequest& request,
                               int slots) {
  return Execution(algorithm, request, slots == 0 ? kUnbounded - 1 : slots).Run();
}

Proof Prove(const Algorithm& algorithm, const CollectiveRequest& request) {
  Proof proof;
  Execution unbounded(algorithm, request, kUnbounded);
  proof.findings = unbounded.Run();
  if (!proof.findings.empty()) {
    proof.slots = 0;
    return proof;
  }
  proof.unused = unbounded.Unused();
  // With as many as that execution held at once nothing waits; fewer may do.
  int enough = std::max(unbounded.most_in_flight(), 1);
  for (int too_few = 0; enough - too_few > 1;) {
    const int slots = too_few == 0 ? 1 : (enough + too_few) / 2;
    const std::vector<Finding> stuck = Execution(algorithm, request, slots).Run();
    if (stuck.empty()) {
      enough = slots;
    } else {
      too_few = slots;
      proof.stuck_below = stuck.front().message;
    }
  }
  proof.slots = enough;
  return proof;
}

}  // namespace upfabric::collectives
