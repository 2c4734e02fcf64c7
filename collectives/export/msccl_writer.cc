#include "collectives/export/msccl_writer.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <tinyxml2.h>

#include "absl/strings/str_cat.h"
#include "fabric/base/status.h"

namespace upfabric::collectives {

namespace {

constexpr int kChannelsMaxInFile = 256;  // connections of a program

struct StepName {
  int block = -1;
  int step = -1;
};

struct Step {
  const char* type = "nop";
  std::optional<Range> source;
  std::optional<Range> target;
  StepName depends;
  bool is_waited_for = false;
};

struct Block {
  int send = -1;
  int recv = -1;
  int channel = 0;
  std::vector<Step> steps;
};

using Connection = std::tuple<int, int, int>;  // sender, receiver, connection

absl::StatusOr<const char*> CollWord(const CollectiveRequest& request) {
  if (HasRoot(request.collective) && request.root != 0) {
    return absl::UnimplementedError(absl::StrCat(
        "MSCCL XML has ", std::string(CollectiveName(request.collective)), " of root 0 only"));
  }
  switch (request.collective) {
    case Collective::kAllReduce:
      return "allreduce";
    case Collective::kAllGather:
      return "allgather";
    case Collective::kReduceScatter:
      return "reduce_scatter";
    case Collective::kAllToAll:
      return "alltoall";
    case Collective::kBroadcast:
      return "broadcast";
    case Collective::kReduce:
      return "reduce";
    case Collective::kGather:
      return "gather";
    case Collective::kScatter:
      return "scatter";
    case Collective::kSendRecv:
    case Collective::kBarrier:
      break;
  }
  return absl::UnimplementedError(absl::StrCat("MSCCL XML has no collective ",
                                               std::string(CollectiveName(request.collective))));
}

// Which channel a message takes: its connection, unless several streams share that at either end;
// then each pair of streams after the first has a channel of its own.
class ChannelTable {
 public:
  explicit ChannelTable(const std::vector<std::unique_ptr<RankProgram>>& programs) {
    for (size_t rank = 0; rank < programs.size(); ++rank) {
      const RankProgram& program = *programs[rank];
      for (int stream = 0; stream < program.streams(); ++stream) {
        for (int64_t i = 0; i < program.length(stream); ++i) {
          const Instruction instruction = program.At(stream, i);
          if (IsMessage(instruction)) {
            Streams& streams = streams_[KeyOf(static_cast<int>(rank), instruction)];
            (instruction.op == OpCode::kSend ? streams.sender : streams.receiver) = stream;
            connections_ = std::max(connections_, instruction.connection + 1);
          }
        }
      }
    }
    for (const auto& [key, streams] : streams_) {
      const auto& [from, to, connection, sequence] = key;
      auto& pairs = pairs_[{from, to, connection}];
      pairs.try_emplace({streams.sender, streams.receiver}, static_cast<int>(pairs.size()));
      most_pairs_ = std::max(most_pairs_, static_cast<int>(pairs.size()));
    }
  }

  int channels() const { return connections_ * most_pairs_; }

  static bool IsMessage(const Instruction& instruction) {
    const bool talks = instruction.op == OpCode::kSend || instruction.op == OpCode::kRecv ||
                       instruction.op == OpCode::kRecvReduce;
    return talks && MovedCount(instruction) > 0;
  }

  void Rename(int rank, Instruction& instruction) const {
    if (!IsMessage(instruction)) {
      return;
    }
    const auto key = KeyOf(rank, instruction);
    const auto& [from, to, connection, sequence] = key;
    const Streams& streams = streams_.at(key);
    const int pair = pairs_.at({from, to, connection}).at({streams.sender, streams.receiver});
    instruction.connection = static_cast<uint8_t>(connection + connections_ * pair);
  }

 private:
  using Key = std::tuple<int, int, int, uint32_t>;
  struct Streams {
    int sender = -1;
    int receiver = -1;
  };

  static Key KeyOf(int rank, const Instruction& instruction) {
    const bool sends = instruction.op == OpCode::kSend;
    return {sends ? rank : instruction.peer, sends ? instruction.peer : rank,
            instruction.connection, instruction.sequence};
  }

  int connections_ = 1;
  int most_pairs_ = 1;
  std::map<Key, Streams> streams_;
  std::map<Connection, std::map<std::pair<int, int>, int>> pairs_;
};

// The thread blocks of one rank.
class RankBlocks {
 public:
  RankBlocks(const RankProgram& program, int rank, const ChannelTable& channels)
      : program_(program), rank_(rank), channels_(channels) {}

  // Also appends the numbers of messages to their connections, in the order of the file.
  absl::Status Make(std::map<Connection, std::vector<uint32_t>>& sent,
                    std::map<Connection, std::vector<uint32_t>>& received) {
    // Streams may depend on later ones: where each instruction stands is decided first.
    for (int stream = 0; stream < program_.streams(); ++stream) {
      Assign(stream);
    }
    for (int stream = 0; stream < program_.streams(); ++stream) {
      for (int64_t i = 0; i < program_.length(stream); ++i) {
        UPF_RETURN_IF_ERROR(Link(stream, i));
        const Instruction instruction = At(stream, i);
        if (MovedCount(instruction) == 0) {
          continue;
        }
        if (instruction.op == OpCode::kSend) {
          sent[{rank_, instruction.peer, instruction.connection}].push_back(instruction.sequence);
        } else if (instruction.op == OpCode::kRecv || instruction.op == OpCode::kRecvReduce) {
          received[{instruction.peer, rank_, instruction.connection}].push_back(
              instruction.sequence);
        }
      }
    }
    return absl::OkStatus();
  }

  std::vector<Block> blocks;

 private:
  // With the channel for its connection.
  Instruction At(int stream, int64_t index) const {
    Instruction instruction = program_.At(stream, index);
    channels_.Rename(rank_, instruction);
    return instruction;
  }

  // First and last step of an instruction.
  struct Place {
    StepName first;
    StepName last;
  };

  static bool Receives(const Instruction& instruction) {
    return instruction.op == OpCode::kRecv || instruction.op == OpCode::kRecvReduce;
  }

  // Whether one thread block can be the stream: one peer each way, on one channel.
  bool FitsOneBlock(int stream) const {
    std::set<int> channels;
    std::set<int> to;
    std::set<int> from;
    for (int64_t i = 0; i < program_.length(stream); ++i) {
      const Instruction instruction = At(stream, i);
      if (MovedCount(instruction) > 0 && instruction.peer >= 0) {
        channels.insert(instruction.connection);
        (instruction.op == OpCode::kSend ? to : from).insert(instruction.peer);
      }
    }
    return channels.size() <= 1 && to.size() <= 1 && from.size() <= 1;
  }

  int NewBlock() {
    blocks.emplace_back();
    return static_cast<int>(blocks.size()) - 1;
  }

  void Assign(int stream) {
    const bool fits = FitsOneBlock(stream);
    std::map<std::tuple<bool, int, int>, int> block_of;
    std::vector<Place>& places = places_.emplace_back();
    int current = -1;
    for (int64_t i = 0; i < program_.length(stream); ++i) {
      const Instruction instruction = At(stream, i);
      const bool sends = instruction.op == OpCode::kSend;
      const bool talks = MovedCount(instruction) > 0 && (sends || Receives(instruction));
      if (talks && !fits) {
        const auto [found, is_new] =
            block_of.try_emplace({sends, instruction.peer, instruction.connection}, -1);
        if (is_new) {
          found->second = NewBlock();
        }
        current = found->second;
      } else if (current < 0) {
        current = NewBlock();
      }
      Block& block = blocks[static_cast<size_t>(current)];
      if (talks) {
        (sends ? block.send : block.recv) = instruction.peer;
        block.channel = instruction.connection;
      }
      places.push_back(Append(current, stream, i, instruction));
    }
  }

  // Whether the instruction follows one in another thread block.
  bool Moves(int stream, int64_t index, int block) const {
    return index > 0 &&
           places_[static_cast<size_t>(stream)][static_cast<size_t>(index - 1)].last.block != block;
  }

  Place Append(int to, int stream, int64_t index, const Instruction& instruction) {
    std::vector<Step>& steps = blocks[static_cast<size_t>(to)].steps;
    const auto at = [&] { return StepName{to, static_cast<int>(steps.size())}; };
    const StepName first = at();
    const bool depends = instruction.depends_stream >= 0 && instruction.depends_count > 0;
    if (index > 0 && At(stream, index - 1).forwards) {
      // Its step is that of the instruction before.
      return places_[static_cast<size_t>(stream)][static_cast<size_t>(index - 1)];
    }
    if (depends && Moves(stream, index, to)) {
      steps.emplace_back();  // a step waits for one other only
    }
    if (MovedCount(instruction) == 0) {
      steps.emplace_back();
      return {first, {to, static_cast<int>(steps.size()) - 1}};
    }
    switch (instruction.op) {
      case OpCode::kSend:
        steps.push_back({.type = "s", .source = instruction.source, .target = {}, .depends = {}});
        break;
      case OpCode::kRecv:
        steps.push_back({.type = instruction.forwards ? "rcs" : "r",
                         .source = {},
                         .target = instruction.target,
                         .depends = {}});
        break;
      case OpCode::kRecvReduce:
        steps.push_back({.type = instruction.forwards ? "rrcs" : "rrc",
                         .source = instruction.operand,
                         .target = instruction.target,
                         .depends = {}});
        break;
      case OpCode::kCopy:
        steps.push_back({"cpy", instruction.source, instruction.target, {}});
        break;
      case OpCode::kReduce:
        AppendReduce(instruction, steps);
        break;
      case OpCode::kMulticast:
      case OpCode::kReduceRead:
        in_switch_ = true;
        break;
    }
    return {first, {to, static_cast<int>(steps.size()) - 1}};
  }

  static void AppendReduce(const Instruction& instruction, std::vector<Step>& steps) {
    if (instruction.operand != instruction.target) {
      steps.push_back({"cpy", instruction.operand, instruction.target, {}});
    }
    Range block{instruction.source.buffer, instruction.source.offset, instruction.target.count};
    for (int64_t done = 0; done < instruction.source.count; done += block.count) {
      steps.push_back({"re", block, instruction.target, {}});
      block.offset += block.count;
    }
  }

  // Makes the steps of an instruction wait for what it has to.
  absl::Status Link(int stream, int64_t index) {
    if (in_switch_) {
      return absl::UnimplementedError("MSCCL XML has no reduction in switches");
    }
    const std::vector<Place>& places = places_[static_cast<size_t>(stream)];
    const Place& place = places[static_cast<size_t>(index)];
    const Instruction instruction = At(stream, index);
    StepName next = place.first;
    if (Moves(stream, index, place.first.block)) {
      Wait(next, places[static_cast<size_t>(index - 1)].last);
      ++next.step;
    }
    if (instruction.depends_stream >= 0 && instruction.depends_count > 0) {
      Wait(next, places_[static_cast<size_t>(instruction.depends_stream)]
                        [static_cast<size_t>(instruction.depends_count - 1)]
                            .last);
    }
    return absl::OkStatus();
  }

  void Wait(const StepName& step, const StepName& other) {
    StepAt(step).depends = other;
    StepAt(other).is_waited_for = true;
  }
  Step& StepAt(const StepName& name) {
    return blocks[static_cast<size_t>(name.block)].steps[static_cast<size_t>(name.step)];
  }

  const RankProgram& program_;
  int rank_;
  const ChannelTable& channels_;
  bool in_switch_ = false;
  std::vector<std::vector<Place>> places_;  // by stream and instruction
};

class Writer {
 public:
  Writer(const Algorithm& algorithm, const CollectiveRequest& request) : request_(request) {
    name_ = absl::StrCat(std::string(algorithm.info().name));
    for (int rank = 0; rank < request.ranks; ++rank) {
      programs_.push_back(algorithm.MakeProgram(request, rank));
      TakeChunk(*programs_.back());
    }
  }

  absl::StatusOr<std::string> Write() {
    UPF_ASSIGN_OR_RETURN(const char* const coll, CollWord(request_));
    const ChannelTable table(programs_);
    if (table.channels() > kChannelsMaxInFile) {
      return absl::UnimplementedError(absl::StrCat(
          "the program needs ", table.channels(), " channels; MSCCL XML has ", kChannelsMaxInFile));
    }
    std::map<Connection, std::vector<uint32_t>> sent;
    std::map<Connection, std::vector<uint32_t>> received;
    int channels = 1;
    for (int rank = 0; rank < request_.ranks; ++rank) {
      RankBlocks& blocks = ranks_.emplace_back(*programs_[static_cast<size_t>(rank)], rank, table);
      UPF_RETURN_IF_ERROR(blocks.Make(sent, received));
      for (const Block& block : blocks.blocks) {
        channels = std::max(channels, block.channel + 1);
      }
    }
    if (sent != received) {
      return absl::UnimplementedError(
          "messages overtake each other on a connection, which MSCCL XML cannot say");
    }
    printer_.OpenElement("algo");
    printer_.PushAttribute("name", name_.c_str());
    printer_.PushAttribute("proto", "Simple");
    printer_.PushAttribute("nchannels", channels);
    printer_.PushAttribute("nchunksperloop",
                           Chunks(std::max(SendCount(request_), RecvCount(request_))));
    printer_.PushAttribute("ngpus", request_.ranks);
    printer_.PushAttribute("coll", coll);
    printer_.PushAttribute("inplace", request_.in_place ? 1 : 0);
    printer_.PushAttribute("outofplace", request_.in_place ? 0 : 1);
    for (int rank = 0; rank < request_.ranks; ++rank) {
      WriteRank(rank);
    }
    printer_.CloseElement();
    return std::string(printer_.CStr());
  }

 private:
  int Chunks(int64_t elements) const { return static_cast<int>(elements / chunk_); }

  // The largest chunk of which all buffers and ranges are whole numbers.
  void TakeChunk(const RankProgram& program) {
    const auto take = [this](int64_t elements) { chunk_ = std::gcd(chunk_, elements); };
    take(request_.count);
    take(program.partition(Buffer::kScratch).count());
    for (int stream = 0; stream < program.streams(); ++stream) {
      for (int64_t i = 0; i < program.length(stream); ++i) {
        const Instruction instruction = program.At(stream, i);
        for (const Range& range : {instruction.source, instruction.operand, instruction.target}) {
          if (range.count > 0) {
            take(range.offset);
            take(range.count);
          }
        }
      }
    }
  }

  void WriteRank(int rank) {
    const std::vector<Block>& blocks = ranks_[static_cast<size_t>(rank)].blocks;
    const RankProgram& program = *programs_[static_cast<size_t>(rank)];
    printer_.OpenElement("gpu");
    printer_.PushAttribute("id", rank);
    printer_.PushAttribute("i_chunks", Chunks(SendCount(request_, rank)));
    printer_.PushAttribute("o_chunks", Chunks(RecvCount(request_, rank)));
    printer_.PushAttribute("s_chunks", Chunks(program.partition(Buffer::kScratch).count()));
    for (size_t b = 0; b < blocks.size(); ++b) {
      printer_.OpenElement("tb");
      printer_.PushAttribute("id", static_cast<int>(b));
      printer_.PushAttribute("send", blocks[b].send);
      printer_.PushAttribute("recv", blocks[b].recv);
      printer_.PushAttribute("chan", blocks[b].channel);
      for (size_t s = 0; s < blocks[b].steps.size(); ++s) {
        WriteStep(static_cast<int>(s), blocks[b].steps[s]);
      }
      printer_.CloseElement();
    }
    printer_.CloseElement();
  }

  void WriteStep(int number, const Step& step) {
    // A step that only reads or only writes names the same range twice.
    const std::optional<Range> source = step.source.has_value() ? step.source : step.target;
    const std::optional<Range> target = step.target.has_value() ? step.target : step.source;
    printer_.OpenElement("step");
    printer_.PushAttribute("s", number);
    printer_.PushAttribute("type", step.type);
    WriteRange("srcbuf", "srcoff", source);
    WriteRange("dstbuf", "dstoff", target);
    printer_.PushAttribute("cnt", target.has_value() ? Chunks(target->count) : 0);
    printer_.PushAttribute("depid", step.depends.block);
    printer_.PushAttribute("deps", step.depends.step);
    printer_.PushAttribute("hasdep", step.is_waited_for ? 1 : 0);
    printer_.CloseElement();
  }

  void WriteRange(const char* buffer, const char* offset, const std::optional<Range>& range) {
    constexpr std::array<const char*, 3> kBuffers = {"i", "o", "s"};
    printer_.PushAttribute(buffer,
                           kBuffers[range.has_value() ? static_cast<size_t>(range->buffer) : 0]);
    printer_.PushAttribute(offset, range.has_value() ? Chunks(range->offset) : -1);
  }

  CollectiveRequest request_;
  std::string name_;
  int64_t chunk_ = 0;
  std::vector<std::unique_ptr<RankProgram>> programs_;  // by rank
  std::vector<RankBlocks> ranks_;
  tinyxml2::XMLPrinter printer_;
};

}  // namespace

absl::StatusOr<std::string> WriteMscclXml(const Algorithm& algorithm,
                                          const CollectiveRequest& request) {
  return Writer(algorithm, request).Write();
}

}  // namespace upfabric::collectives
