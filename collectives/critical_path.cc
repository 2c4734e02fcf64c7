#include "collectives/critical_path.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "collectives/executor_spec.h"
#include "fabric/base/check.h"

namespace upfabric::collectives {
namespace {

struct Place {
  int rank = 0;
  int stream = 0;
  int64_t index = 0;
};

bool Contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

Cause CauseOf(fabric::PathCause cause) {
  switch (cause) {
    case fabric::PathCause::kInjection:
      return Cause::kInjection;
    case fabric::PathCause::kSerialization:
      return Cause::kSerialization;
    case fabric::PathCause::kPhy:
      return Cause::kPhy;
    case fabric::PathCause::kFec:
      return Cause::kFec;
    case fabric::PathCause::kRetimer:
      return Cause::kRetimer;
    case fabric::PathCause::kWire:
      return Cause::kPropagation;
    case fabric::PathCause::kSwitch:
      return Cause::kSwitch;
    case fabric::PathCause::kQueueing:
      return Cause::kQueueing;
    case fabric::PathCause::kCreditStall:
      return Cause::kCreditStall;
    case fabric::PathCause::kReplay:
      return Cause::kReplay;
    case fabric::PathCause::kDelivery:
      return Cause::kDelivery;
  }
  return Cause::kWaiting;
}

class Walk {
 public:
  Walk(const LoggedRun& run, const fabric::FabricView& view,
       const std::vector<fabric::MessagePath>& ways)
      : run_(run), view_(view) {
    programs_.resize(run.ranks.size());
    for (const fabric::MessagePath& way : ways) {
      ways_[way.message] = &way;
    }
  }

  CriticalPath Take() {
    Place at = LastPlace();
    path_.end = EndOf(at.rank);
    if (run_.ranks[static_cast<size_t>(at.rank)].streams.empty() || Length(at) == 0) {
      Add(Cause::kLaunch, path_.end - path_.begin);
      return std::move(path_);
    }
    while (Back(at)) {
    }
    std::reverse(path_.steps.begin(), path_.steps.end());
    return std::move(path_);
  }

 private:
  const RankProgram& Program(int rank) {
    auto& program = programs_[static_cast<size_t>(rank)];
    if (program == nullptr) {
      program = run_.algorithm->MakeProgram(run_.request, rank);
    }
    return *program;
  }
  Instruction At(const Place& at) { return Program(at.rank).At(at.stream, at.index); }
  const InstructionTimes& Times(const Place& at) const {
    return run_.ranks[static_cast<size_t>(at.rank)]
        .streams[static_cast<size_t>(at.stream)][static_cast<size_t>(at.index)];
  }
  int64_t Length(const Place& at) const {
    return static_cast<int64_t>(
        run_.ranks[static_cast<size_t>(at.rank)].streams[static_cast<size_t>(at.stream)].size());
  }

  SimTime EndOf(int rank) const {
    const RankLog& log = run_.ranks[static_cast<size_t>(rank)];
    SimTime end = log.begin;
    for (const auto& stream : log.streams) {
      end = stream.empty() ? end : std::max(end, stream.back().finish);
    }
    return end;
  }

  // The last instruction of the stream that ends last; ties go to the lowest rank and stream.
  Place LastPlace() const {
    Place last;
    for (int rank = 0; rank < static_cast<int>(run_.ranks.size()); ++rank) {
      if (EndOf(rank) > EndOf(last.rank)) {
        last.rank = rank;
      }
    }
    const auto& streams = run_.ranks[static_cast<size_t>(last.rank)].streams;
    for (size_t s = 0; s < streams.size(); ++s) {
      if (!streams[s].empty() && streams[s].back().finish == EndOf(last.rank)) {
        last.stream = static_cast<int>(s);
        last.index = static_cast<int64_t>(streams[s].size()) - 1;
        break;
      }
    }
    return last;
  }

  void Add(Cause cause, Picoseconds time) { path_.parts[static_cast<size_t>(cause)] += time; }

  void Step(const Place& at, const Instruction& instruction, SimTime begin, SimTime end, int from) {
    if (end > begin) {
      path_.steps.push_back({.begin = begin,
                             .end = end,
                             .rank = at.rank,
                             .from = from,
                             .stream = at.stream,
                             .index = at.index,
                             .op = instruction.op,
                             .bytes = ElementSize(run_.request.type) * MovedCount(instruction)});
    }
  }

  // Moves to what this instruction waited for last; false at the start.
  bool Back(Place& at) {
    const Instruction instruction = At(at);
    const InstructionTimes times = Times(at);
    const bool reads = instruction.op == OpCode::kReduceRead;
    if (times.finish > times.arrival && !reads) {
      Local(at, instruction, times);
    }
    if (times.arrival > times.start) {
      if (reads) {
        Reduction(at, instruction, times);
      } else {
        const Place sender = SenderOf(at, instruction);
        const SimTime posted = Times(sender).start;
        Message(at, instruction, posted, times.arrival, sender);
        at = sender;
        return Before(at, At(at), posted);
      }
    }
    return Before(at, instruction, times.start);
  }

  // From the start of an instruction to the one that it waited for.
  bool Before(Place& at, const Instruction& instruction, SimTime start) {
    Place previous = at;
    SimTime ready = run_.ranks[static_cast<size_t>(at.rank)].begin;
    bool first = true;
    if (at.index > 0) {
      previous.index = at.index - 1;
      ready = Times(previous).finish;
      first = false;
    }
    if (instruction.depends_stream >= 0 && instruction.depends_count > 0) {
      const Place other = {at.rank, instruction.depends_stream, instruction.depends_count - 1};
      if (first || Times(other).finish > ready) {
        ready = Times(other).finish;
        previous = other;
        first = false;
      }
    }
    UPF_CHECK(ready <= start);
    // Nothing but earlier sends that have not left holds a ready instruction up.
    Step(at, instruction, ready, start, -1);
    Add(Cause::kOwnSends, start - ready);
    if (first) {
      Add(Cause::kLaunch, ready - path_.begin);
      return false;
    }
    at = previous;
    return true;
  }

  void Local(const Place& at, const Instruction& instruction, const InstructionTimes& times) {
    const Picoseconds took = times.finish - times.arrival;
    const Picoseconds alone =
        std::min(took, view_.LocalTime(LocalTraffic(instruction, ElementSize(run_.request.type))));
    Step(at, instruction, times.arrival, times.finish, -1);
    Add(instruction.op == OpCode::kCopy ? Cause::kCopy : Cause::kReduction, alone);
    Add(Cause::kMemory, took - alone);
  }

  Bytes OnWire(const Instruction& instruction) const {
    const Bytes payload = ElementSize(run_.request.type) * MovedCount(instruction);
    return Bytes((Ratio(payload.count()) * run_.stretch).Ceil());
  }

  // Elements of a path in order, as far as the time reaches; returns what is left of it.
  Picoseconds Elements(const std::vector<fabric::PathElement>& path, Picoseconds time) {
    for (const fabric::PathElement& element : path) {
      const Picoseconds taken = std::min(time, element.latency);
      Add(CauseOfElement(element.name), taken);
      time = time - taken;
    }
    return time;
  }

  void Message(const Place& at, const Instruction& instruction, SimTime posted, SimTime arrival,
               const Place& sender) {
    Step(at, instruction, posted, arrival, sender.rank);
    const auto endpoint = [this](int rank) { return run_.endpoints[static_cast<size_t>(rank)]; };
    const size_t number = path_.messages.size();
    path_.messages.push_back(
        {.source = endpoint(sender.rank),
         .destination = endpoint(at.rank),
         .tag = uint32_t{instruction.connection} << kSequenceBits | instruction.sequence,
         .wanted = posted,
         .posted = posted});
    if (const auto way = ways_.find(number); way != ways_.end()) {
      return AlongTheWay(instruction, *way->second, arrival - posted);
    }
    const Picoseconds left =
        Elements(view_.PathBetween(endpoint(sender.rank), endpoint(at.rank)), arrival - posted);
    const Picoseconds serialized = std::min(SerializationOf(instruction), left);
    const Picoseconds behind = std::min(OwnSendsBefore(sender), left - serialized);
    Add(Cause::kSerialization, serialized);
    Add(Cause::kOwnSends, behind);
    Add(Cause::kWaiting, left - serialized - behind);
  }

  // What bytes take does not depend on the way; the view has it for the longest.
  Picoseconds SerializationOf(const Instruction& instruction) const {
    Picoseconds longest;
    for (const fabric::PathElement& element : view_.UnloadedPath()) {
      longest += element.latency;
    }
    return std::max(view_.UnloadedTime(OnWire(instruction)) - longest, Picoseconds(0));
  }

  void AlongTheWay(const Instruction& instruction, const fabric::MessagePath& way,
                   Picoseconds time) {
    Picoseconds on_lines;
    for (const fabric::PathPart& part : way.parts) {
      time = time - part.length;
      if (part.cause == fabric::PathCause::kSerialization) {
        on_lines += part.length;
      } else {
        Add(CauseOf(part.cause), part.length);
      }
    }
    const Picoseconds own = std::min(SerializationOf(instruction), on_lines);
    Add(Cause::kSerialization, own);
    Add(Cause::kOwnSends, on_lines - own);
    UPF_CHECK_OP(time.count(), ==, 0);
    if (!path_.steps.empty()) {
      path_.steps.back().channels = way.channels;
    }
  }

  // How long the links of a sender are busy with what it posted before a send, from the send on.
  Picoseconds OwnSendsBefore(const Place& sender) {
    auto& waits = own_sends_[sender.rank];
    if (waits.empty()) {
      waits = OwnSends(sender.rank);
    }
    return waits[static_cast<size_t>(sender.stream)][static_cast<size_t>(sender.index)];
  }

  std::vector<std::vector<Picoseconds>> OwnSends(int rank) {
    std::vector<std::vector<Picoseconds>> waits;
    std::vector<std::tuple<SimTime, int, int64_t>> posted;
    const RankProgram& program = Program(rank);
    for (int stream = 0; stream < program.streams(); ++stream) {
      waits.emplace_back(static_cast<size_t>(program.length(stream)));
      for (int64_t index = 0; index < program.length(stream); ++index) {
        const OpCode op = program.At(stream, index).op;
        if (op == OpCode::kSend || op == OpCode::kMulticast) {
          posted.emplace_back(Times({rank, stream, index}).start, stream, index);
        }
      }
    }
    std::sort(posted.begin(), posted.end());
    // Where pairs have links of their own, what goes to one peer waits for what goes to it alone.
    const bool apart = view_.sends_apart() > 1;
    std::map<int, SimTime> free;
    for (const auto& [time, stream, index] : posted) {
      const Instruction instruction = program.At(stream, index);
      SimTime& until = free[apart ? instruction.peer : -1];
      until = std::max(until, time);
      waits[static_cast<size_t>(stream)][static_cast<size_t>(index)] = until - time;
      until = until + (apart ? view_.InjectionTimeToOne(OnWire(instruction), 1)
                             : view_.InjectionTime(OnWire(instruction), 1));
    }
    return waits;
  }

  // There with requests and back with the result; the rest is the units' and waiting.
  void Reduction(const Place& at, const Instruction& instruction, const InstructionTimes& times) {
    Step(at, instruction, times.start, times.arrival, -1);
    const Picoseconds took = times.arrival - times.start;
    const Picoseconds alone =
        std::min(took, view_.UnloadedReduceTime(OnWire(instruction), run_.request.ranks));
    const Picoseconds left = Elements(view_.UnloadedPath(), alone);
    Add(Cause::kReduction, left);
    Add(Cause::kWaiting, took - alone);
  }

  // The send or multicast that a receive takes its message from.
  Place SenderOf(const Place& at, const Instruction& receive) {
    const RankProgram& program = Program(receive.peer);
    for (int stream = 0; stream < program.streams(); ++stream) {
      for (int64_t index = 0; index < program.length(stream); ++index) {
        const Instruction sent = program.At(stream, index);
        const bool to_us =
            sent.op == OpCode::kMulticast || (sent.op == OpCode::kSend && sent.peer == at.rank);
        if (to_us && sent.connection == receive.connection && sent.sequence == receive.sequence) {
          return {receive.peer, stream, index};
        }
      }
    }
    UPF_CHECK(false);  // programs match, as the run that was logged shows
    return at;
  }

  const LoggedRun& run_;
  const fabric::FabricView& view_;
  std::vector<std::unique_ptr<RankProgram>> programs_;
  std::map<int, std::vector<std::vector<Picoseconds>>> own_sends_;  // by rank, stream, index
  std::map<size_t, const fabric::MessagePath*> ways_;               // by number of the message
  CriticalPath path_;
};

}  // namespace

std::string_view CauseName(Cause cause) {
  constexpr std::array<std::string_view, kCauses> kNames = {
      "launch",  "injection",   "serialization", "own sends", "phy",      "fec",
      "retimer", "propagation", "switch",        "delivery",  "queueing", "credit stall",
      "replay",  "waiting",     "reduction",     "copy",      "memory"};
  return kNames[static_cast<size_t>(cause)];
}

Cause CauseOfElement(std::string_view element) {
  constexpr std::array<std::pair<std::string_view, Cause>, 6> kWords = {{
      {"injection", Cause::kInjection},
      {"delivery", Cause::kDelivery},
      {"retimer", Cause::kRetimer},
      {"fec", Cause::kFec},
      {"phy", Cause::kPhy},
      {"switch", Cause::kSwitch},
  }};
  for (const auto& [word, cause] : kWords) {
    if (Contains(element, word)) {
      return cause;
    }
  }
  return Cause::kPropagation;
}

CriticalPath FindCriticalPath(const LoggedRun& run, const fabric::FabricView& view,
                              const std::vector<fabric::MessagePath>& ways) {
  return Walk(run, view, ways).Take();
}

}  // namespace upfabric::collectives
