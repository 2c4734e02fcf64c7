#include "collectives/import/msccl_xml.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <tinyxml2.h>

#include "absl/strings/str_cat.h"
#include "collectives/import/chunk_program.h"
#include "collectives/import/xml_element.h"
#include "fabric/base/status.h"

namespace upfabric::collectives {

namespace {

constexpr int kChunksMax = 1 << 20;          // chosen: far beyond any file
constexpr int kRanksInFileMax = 1024;        // chosen: the same
constexpr int kStreamsMax = 256;             // RankProgram
constexpr int kChannelsInFileMax = 256;      // connections of a program
constexpr int64_t kBlocksMax = 8192;         // chosen: the prover's clocks take 4 B x its square
constexpr int64_t kChunksHeldMax = 1 << 24;  // chosen: the prover's memory takes 50 B for each
constexpr size_t kWarningsMax = 50;          // chosen: who mends these sees the others next

// What the GPU runtimes of MSCCL and RCCL take at most; beyond it a file does not run there.
constexpr int kRuntimeSteps = 256;
constexpr int kRuntimeCount = 72;
constexpr int kRuntimeBlocks = 216;
constexpr int kRuntimeBlocksPerChannel = 32;

enum class StepType {
  kSend,
  kRecv,
  kRecvCopySend,
  kRecvReduceCopy,
  kRecvReduceSend,
  kRecvReduceCopySend,
  kCopy,
  kReduce,
  kNop
};

bool Receives(StepType type) {
  return type != StepType::kSend && type != StepType::kCopy && type != StepType::kReduce &&
         type != StepType::kNop;
}

bool Sends(StepType type) {
  return type == StepType::kSend || type == StepType::kRecvCopySend ||
         type == StepType::kRecvReduceSend || type == StepType::kRecvReduceCopySend;
}

struct Step {
  StepType type = StepType::kNop;
  Range source;  // in chunks
  Range target;
  int depends_block = -1;
  int depends_step = -1;
  bool is_waited_for = false;  // hasdep
  int line = 0;
};

struct Block {
  int id = 0;
  int send = -1;
  int recv = -1;
  int channel = 0;
  int line = 0;
  std::vector<Step> steps;
  std::map<int, int> step_of_id;
};

struct Rank {
  int line = 0;
  std::array<int64_t, 3> chunks{};  // by Buffer
  std::vector<Block> blocks;
  std::map<int, int> block_of_id;
};

struct FileContents {
  std::string name;
  std::string protocol;
  Collective collective = Collective::kAllReduce;
  int ranks = 0;
  int channels = 0;
  int chunks = 0;
  int64_t steps = 0;
  bool in_place = false;
  bool out_of_place = false;
  std::vector<ChunkProgram> programs;
  std::vector<ImportWarning> warnings;
};

int64_t ChunksOfRank(const FileContents& file) {
  return CutsByRank(file.collective) ? file.chunks / file.ranks : file.chunks;
}

CollectiveRequest RequestInChunks(const FileContents& file, bool in_place) {
  return {.collective = file.collective,
          .ranks = file.ranks,
          .count = ChunksOfRank(file),
          .root = HasRoot(file.collective) ? 0 : -1,
          .in_place = in_place};
}

class MscclAlgorithm final : public ImportedAlgorithm {
 public:
  explicit MscclAlgorithm(FileContents file)
      : file_(std::move(file)),
        info_{
            .name = file_.name,
            .collective = file_.collective,
            .description = "read from a file",
            .limits = {
                .ranks_min = file_.ranks, .ranks_max = file_.ranks, .in_place = file_.in_place}} {}

  const AlgorithmInfo& info() const override { return info_; }
  std::unique_ptr<RankProgram> MakeProgram(const CollectiveRequest& request,
                                           int rank) const override {
    return std::make_unique<ScaledProgram>(file_.programs[static_cast<size_t>(rank)],
                                           request.count / ChunksOfRank(file_));
  }
  // No closed form; nobody chooses a file by its cost.
  Picoseconds Cost(const CollectiveRequest&, const fabric::FabricView&) const override {
    return Picoseconds(0);
  }

  std::string_view protocol() const override { return file_.protocol; }
  int channels() const override { return file_.channels; }
  int chunks() const override { return file_.chunks; }
  int64_t steps() const override { return file_.steps; }
  bool serves_in_place() const override { return file_.in_place; }
  bool serves_out_of_place() const override { return file_.out_of_place; }
  const std::vector<ImportWarning>& warnings() const override { return file_.warnings; }
  ImportedPlace PlaceOf(int rank, int stream, int64_t index) const override {
    return file_.programs[static_cast<size_t>(rank)]
        .streams[static_cast<size_t>(stream)]
        .places[static_cast<size_t>(index)];
  }
  CollectiveRequest SmallestRequest(bool in_place) const override {
    return RequestInChunks(file_, in_place);
  }

 private:
  FileContents file_;
  AlgorithmInfo info_;
};

class Reader {
 public:
  absl::StatusOr<FileContents> Read(const std::string& text) {
    tinyxml2::XMLDocument document;
    if (document.Parse(text.c_str(), text.size()) != tinyxml2::XML_SUCCESS) {
      return LineError(std::max(document.ErrorLineNum(), 1), "is not well-formed XML");
    }
    const tinyxml2::XMLElement* root = document.RootElement();
    if (root == nullptr || std::string_view(root->Name()) != "algo") {
      return LineError(root == nullptr ? 1 : root->GetLineNum(),
                       "no algo element; allowed: one, with gpu elements inside");
    }
    UPF_RETURN_IF_ERROR(ReadAlgo(XmlElement(*root)));
    ranks_.resize(static_cast<size_t>(file_.ranks));
    for (const tinyxml2::XMLElement* gpu = root->FirstChildElement(); gpu != nullptr;
         gpu = gpu->NextSiblingElement()) {
      if (std::string_view(gpu->Name()) != "gpu") {
        Warn(gpu->GetLineNum(), absl::StrCat("unknown element ", gpu->Name(), " is ignored"));
        continue;
      }
      UPF_RETURN_IF_ERROR(ReadGpu(*gpu));
    }
    for (int rank = 0; rank < file_.ranks; ++rank) {
      if (ranks_[static_cast<size_t>(rank)].line == 0) {
        return LineError(root->GetLineNum(),
                         absl::StrCat("no gpu element of id ", rank,
                                      "; allowed: one for each of ngpus=", file_.ranks));
      }
      UPF_RETURN_IF_ERROR(Convert(rank));
    }
    for (ChunkProgram& program : file_.programs) {
      program.sequences = sequences_;
    }
    return std::move(file_);
  }

 private:
  // The first time only: what holds for one gpu mostly holds for all.
  void Warn(int line, std::string message) {
    if (file_.warnings.size() < kWarningsMax && warned_.insert(message).second) {
      file_.warnings.push_back({line, std::move(message)});
    }
  }
  void WarnOfUnknown(const XmlElement& element, std::initializer_list<std::string_view> known) {
    if (const std::string unknown = element.UnknownAttribute(known); !unknown.empty()) {
      Warn(element.line(), absl::StrCat("unknown attribute ", unknown, " of ",
                                        std::string(element.name()), " is ignored"));
    }
  }

  absl::Status ReadAlgo(const XmlElement& algo) {
    WarnOfUnknown(algo, {"name", "proto", "nchannels", "nchunksperloop", "ngpus", "coll", "inplace",
                         "outofplace", "minBytes", "maxBytes", "nthreads", "redop", "maxcount",
                         "nthreadblocks"});
    UPF_ASSIGN_OR_RETURN(file_.name, algo.Text("name"));
    UPF_RETURN_IF_ERROR(algo.Word("proto", {"Simple", "LL", "LL128"}).status());
    UPF_ASSIGN_OR_RETURN(file_.protocol, algo.Text("proto"));
    UPF_ASSIGN_OR_RETURN(file_.channels, algo.Number("nchannels", {1, kChannelsInFileMax}));
    UPF_ASSIGN_OR_RETURN(file_.chunks, algo.Number("nchunksperloop", {1, kChunksMax}));
    UPF_ASSIGN_OR_RETURN(file_.ranks, algo.Number("ngpus", {1, kRanksInFileMax}));
    UPF_ASSIGN_OR_RETURN(
        const int word,
        algo.Word("coll", {"allreduce", "allgather", "reducescatter", "reduce_scatter", "alltoall",
                           "broadcast", "reduce", "gather", "scatter"}));
    constexpr Collective kByWord[] = {
        Collective::kAllReduce,     Collective::kAllGather, Collective::kReduceScatter,
        Collective::kReduceScatter, Collective::kAllToAll,  Collective::kBroadcast,
        Collective::kReduce,        Collective::kGather,    Collective::kScatter};
    file_.collective = kByWord[word];
    if (ChunksOfRank(file_) * file_.ranks != file_.chunks && ChunksOfRank(file_) != file_.chunks) {
      return LineError(algo.line(), absl::StrCat("nchunksperloop is ", file_.chunks,
                                                 "; allowed: a multiple of ngpus=", file_.ranks));
    }
    return ReadPlaces(algo);
  }

  absl::Status ReadPlaces(const XmlElement& algo) {
    UPF_ASSIGN_OR_RETURN(const int in_place, algo.Number("inplace", {0, 1}));
    file_.in_place = in_place == 1;
    file_.out_of_place = !file_.in_place;  // as MSCCL's first version has it
    if (algo.Has("outofplace")) {
      UPF_ASSIGN_OR_RETURN(const int out_of_place, algo.Number("outofplace", {0, 1}));
      file_.out_of_place = out_of_place == 1;
    }
    return file_.in_place || file_.out_of_place
               ? absl::OkStatus()
               : LineError(algo.line(), "inplace and outofplace are 0; allowed: at least one is 1");
  }

  // What a buffer has room for by the collective; the file may say less, not more.
  absl::Status ReadChunks(const XmlElement& gpu, int id, Rank& rank) {
    const CollectiveRequest request = RequestInChunks(file_, false);
    const std::array<int64_t, 3> room = {SendCount(request, id), RecvCount(request, id),
                                         kChunksMax};
    constexpr std::array<const char*, 3> kNames = {"i_chunks", "o_chunks", "s_chunks"};
    for (size_t i = 0; i < room.size(); ++i) {
      UPF_ASSIGN_OR_RETURN(rank.chunks[i], gpu.Number(kNames[i], {0, kChunksMax}));
      // In place, input and output are one memory, which has the size of the larger.
      const int64_t most = file_.in_place && i < 2 ? std::max(room[0], room[1]) : room[i];
      if (rank.chunks[i] > most) {
        return LineError(gpu.line(),
                         absl::StrCat(kNames[i], " is ", rank.chunks[i],
                                      "; allowed by coll and nchunksperloop: 0 to ", most));
      }
      if (i < 2) {
        rank.chunks[i] = room[i];
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadGpu(const tinyxml2::XMLElement& element) {
    const XmlElement gpu(element);
    WarnOfUnknown(gpu, {"id", "i_chunks", "o_chunks", "s_chunks"});
    UPF_ASSIGN_OR_RETURN(const int id, gpu.Number("id", {0, file_.ranks - 1}));
    Rank& rank = ranks_[static_cast<size_t>(id)];
    if (rank.line != 0) {
      return LineError(gpu.line(),
                       absl::StrCat("gpu ", id, " is there twice, first in line ", rank.line));
    }
    rank.line = gpu.line();
    UPF_RETURN_IF_ERROR(ReadChunks(gpu, id, rank));
    chunks_held_ += rank.chunks[0] + rank.chunks[1] + rank.chunks[2];
    if (chunks_held_ > kChunksHeldMax) {
      return LineError(gpu.line(), absl::StrCat("with this gpu the buffers hold ", chunks_held_,
                                                " chunks; allowed: ", kChunksHeldMax));
    }
    for (const tinyxml2::XMLElement* child = element.FirstChildElement(); child != nullptr;
         child = child->NextSiblingElement()) {
      const std::string_view name = child->Name();
      if (name == "tb") {
        UPF_RETURN_IF_ERROR(ReadBlock(*child, id, rank));
      } else if (name != "copy") {  // a hint of one synthesizer
        Warn(child->GetLineNum(), absl::StrCat("unknown element ", child->Name(), " is ignored"));
      }
    }
    return CheckBlocks(rank);
  }

  absl::Status CheckBlocks(const Rank& rank) {
    std::set<std::tuple<bool, int, int>> owned;  // sends, peer, channel
    std::map<int, int> blocks_of_channel;
    int expected = 0;
    for (const Block& block : rank.blocks) {
      if (block.id != expected++) {
        Warn(block.line, absl::StrCat("tb id is ", block.id, ", not ", expected - 1,
                                      ": runtimes want ids from 0 without gaps, in order"));
        expected = block.id + 1;
      }
      for (const bool sends : {true, false}) {
        const int peer = sends ? block.send : block.recv;
        if (peer >= 0 && !owned.insert({sends, peer, block.channel}).second) {
          return LineError(
              block.line,
              absl::StrCat("another tb of this gpu also ", sends ? "sends to" : "receives from",
                           " gpu ", peer, " on channel ", block.channel, "; allowed: one"));
        }
      }
      if (++blocks_of_channel[block.channel] == kRuntimeBlocksPerChannel + 1) {
        Warn(block.line, absl::StrCat("channel ", block.channel, " has more than ",
                                      kRuntimeBlocksPerChannel, " tbs, which runtimes refuse"));
      }
    }
    if (rank.blocks.size() > kRuntimeBlocks) {
      Warn(rank.line, absl::StrCat(rank.blocks.size(), " tbs; runtimes take ", kRuntimeBlocks));
    }
    if (rank.blocks.size() > kStreamsMax) {
      return LineError(rank.line,
                       absl::StrCat(rank.blocks.size(), " tbs; allowed: up to ", kStreamsMax));
    }
    return absl::OkStatus();
  }

  absl::Status ReadBlock(const tinyxml2::XMLElement& element, int gpu, Rank& rank) {
    const XmlElement tb(element);
    WarnOfUnknown(tb, {"id", "send", "recv", "chan"});
    Block block;
    block.line = tb.line();
    UPF_ASSIGN_OR_RETURN(block.id, tb.Number("id", {0, kChunksMax}));
    UPF_ASSIGN_OR_RETURN(block.send, tb.Number("send", {-1, file_.ranks - 1}));
    UPF_ASSIGN_OR_RETURN(block.recv, tb.Number("recv", {-1, file_.ranks - 1}));
    UPF_ASSIGN_OR_RETURN(block.channel, tb.Number("chan", {0, file_.channels - 1}));
    if (block.send == gpu || block.recv == gpu) {
      return LineError(tb.line(), absl::StrCat("tb of gpu ", gpu, " has its own gpu as peer"));
    }
    if (!rank.block_of_id.emplace(block.id, static_cast<int>(rank.blocks.size())).second) {
      return LineError(tb.line(), absl::StrCat("tb ", block.id, " is there twice"));
    }
    bool sends = false;
    bool receives = false;
    for (const tinyxml2::XMLElement* child = element.FirstChildElement(); child != nullptr;
         child = child->NextSiblingElement()) {
      if (std::string_view(child->Name()) != "step") {
        Warn(child->GetLineNum(), absl::StrCat("unknown element ", child->Name(), " is ignored"));
        continue;
      }
      UPF_RETURN_IF_ERROR(ReadStep(XmlElement(*child), rank, block));
      sends |= Sends(block.steps.back().type);
      receives |= Receives(block.steps.back().type);
    }
    if (block.steps.size() > kRuntimeSteps) {
      Warn(block.line, absl::StrCat(block.steps.size(), " steps; runtimes take ", kRuntimeSteps));
    }
    if (block.steps.empty() || (block.send >= 0 && !sends) || (block.recv >= 0 && !receives)) {
      Warn(block.line, block.steps.empty() ? "tb has no step"
                       : sends             ? "tb names a gpu to receive from and never does"
                                           : "tb names a gpu to send to and never does");
    }
    rank.blocks.push_back(std::move(block));
    return ++blocks_ <= kBlocksMax
               ? absl::OkStatus()
               : LineError(tb.line(), absl::StrCat("more than ", kBlocksMax, " tbs in the file"));
  }

  absl::Status ReadStep(const XmlElement& element, const Rank& rank, Block& block) {
    WarnOfUnknown(element, {"s", "type", "srcbuf", "srcoff", "dstbuf", "dstoff", "cnt", "depid",
                            "deps", "hasdep"});
    Step step;
    step.line = element.line();
    UPF_ASSIGN_OR_RETURN(const int id, element.Number("s", {0, kChunksMax}));
    const auto position = static_cast<int>(block.steps.size());
    if (!block.step_of_id.emplace(id, position).second) {
      return LineError(step.line, absl::StrCat("step ", id, " is there twice in its tb"));
    }
    if (id != position) {
      Warn(step.line, absl::StrCat("step s is ", id, ", but it is number ", position,
                                   " of its tb: steps run in the order of the file"));
    }
    UPF_ASSIGN_OR_RETURN(const int type, element.Word("type", {"s", "r", "rcs", "rrc", "rrs",
                                                               "rrcs", "cpy", "re", "nop"}));
    step.type = static_cast<StepType>(type);
    UPF_ASSIGN_OR_RETURN(step.depends_block, element.Number("depid", {-1, kChunksMax}));
    UPF_ASSIGN_OR_RETURN(step.depends_step, element.Number("deps", {-1, kChunksMax}));
    UPF_ASSIGN_OR_RETURN(const int has_dependent, element.Number("hasdep", {0, 1}));
    step.is_waited_for = has_dependent == 1;
    if (step.type == StepType::kNop) {
      if (step.depends_block < 0) {
        Warn(step.line, "nop waits for nothing");
      }
    } else {
      UPF_RETURN_IF_ERROR(ReadRanges(element, rank, step));
    }
    if ((Sends(step.type) && block.send < 0) || (Receives(step.type) && block.recv < 0)) {
      return LineError(step.line, absl::StrCat("step ", Sends(step.type) && block.send < 0
                                                            ? "sends, but its tb has send=\"-1\""
                                                            : "receives, but its tb has "
                                                              "recv=\"-1\""));
    }
    block.steps.push_back(step);
    return absl::OkStatus();
  }

  absl::Status ReadRanges(const XmlElement& element, const Rank& rank, Step& step) {
    UPF_ASSIGN_OR_RETURN(const int count, element.Number("cnt", {0, kChunksMax}));
    if (count == 0) {
      Warn(step.line, "step moves nothing: cnt is 0");
    } else if (count >= kRuntimeCount) {
      Warn(step.line, absl::StrCat("cnt is ", count, "; runtimes take below ", kRuntimeCount));
    }
    const bool reads = step.type != StepType::kRecv && step.type != StepType::kRecvCopySend;
    const bool writes = step.type != StepType::kSend && step.type != StepType::kRecvReduceSend;
    if (reads) {
      UPF_ASSIGN_OR_RETURN(step.source, ReadRange(element, rank, {"srcbuf", "srcoff"}, count));
    }
    if (writes) {
      UPF_ASSIGN_OR_RETURN(step.target, ReadRange(element, rank, {"dstbuf", "dstoff"}, count));
    }
    return absl::OkStatus();
  }

  struct RangeNames {
    const char* buffer;
    const char* offset;
  };
  absl::StatusOr<Range> ReadRange(const XmlElement& element, const Rank& rank,
                                  const RangeNames& names, int64_t count) const {
    UPF_ASSIGN_OR_RETURN(const int buffer, element.Word(names.buffer, {"i", "o", "s"}));
    UPF_ASSIGN_OR_RETURN(const int offset, element.Number(names.offset, {0, kChunksMax}));
    const int64_t chunks = rank.chunks[static_cast<size_t>(buffer)];
    if (offset + count > chunks) {
      return LineError(element.line(),
                       absl::StrCat(names.offset, " ", offset, " and cnt ", count,
                                    " reach beyond the ", chunks, " chunks of buffer ",
                                    std::string("ios").substr(static_cast<size_t>(buffer), 1)));
    }
    return Range{static_cast<Buffer>(buffer), offset, count};
  }

  // From steps to instructions, once all blocks of the rank are known.
  absl::Status Convert(int id) {
    Rank& rank = ranks_[static_cast<size_t>(id)];
    ChunkProgram program;
    program.chunks = rank.chunks;
    // How many instructions have been made when a step has finished.
    std::vector<std::vector<int64_t>> finished;
    for (const Block& block : rank.blocks) {
      std::vector<int64_t>& counts = finished.emplace_back();
      int64_t count = 0;
      for (const Step& step : block.steps) {
        count += Receives(step.type) && Sends(step.type) ? 2 : 1;
        counts.push_back(count);
      }
    }
    std::set<std::pair<int, int>> waited_for;
    for (const Block& block : rank.blocks) {
      UPF_ASSIGN_OR_RETURN(ChunkStream stream,
                           ConvertBlock(rank, block, finished, waited_for, program.chunks[2]));
      file_.steps += static_cast<int64_t>(block.steps.size());
      program.streams.push_back(std::move(stream));
    }
    for (int b = 0; b < static_cast<int>(rank.blocks.size()); ++b) {
      const std::vector<Step>& steps = rank.blocks[static_cast<size_t>(b)].steps;
      for (int s = 0; s < static_cast<int>(steps.size()); ++s) {
        const Step& step = steps[static_cast<size_t>(s)];
        const bool waited = waited_for.contains({b, s});
        if (waited && !step.is_waited_for) {
          Warn(step.line, "another step waits for this one, but hasdep is 0: runtimes then hang");
        }
      }
    }
    file_.programs.push_back(std::move(program));
    return absl::OkStatus();
  }

  absl::StatusOr<ChunkStream> ConvertBlock(const Rank& rank, const Block& block,
                                           const std::vector<std::vector<int64_t>>& finished,
                                           std::set<std::pair<int, int>>& waited_for,
                                           int64_t& scratch) {
    ChunkStream stream;
    uint32_t sent = 0;
    uint32_t received = 0;
    const int64_t kept = scratch;  // of what is reduced and sent without being written
    for (size_t s = 0; s < block.steps.size(); ++s) {
      const Step& step = block.steps[s];
      Instruction first;
      first.connection = static_cast<uint8_t>(block.channel);
      UPF_RETURN_IF_ERROR(ConvertDependency(rank, step, finished, waited_for, first));
      Range target = step.target;
      if (step.type == StepType::kRecvReduceSend) {
        target = {Buffer::kScratch, kept, step.source.count};
        scratch = std::max(scratch, kept + target.count);
      }
      if (Receives(step.type)) {
        const bool reduces = step.type != StepType::kRecv && step.type != StepType::kRecvCopySend;
        first.op = reduces ? OpCode::kRecvReduce : OpCode::kRecv;
        first.peer = block.recv;
        first.sequence = received++;
        first.operand = reduces ? step.source : Range{};
        first.target = target;
        first.forwards = Sends(step.type);
      } else if (step.type == StepType::kSend) {
        first.op = OpCode::kSend;
        first.peer = block.send;
        first.sequence = sent++;
        first.source = step.source;
      } else {
        first.op = step.type == StepType::kReduce ? OpCode::kReduce : OpCode::kCopy;
        first.source = step.source;
        first.operand = step.target;
        first.target = step.target;
      }
      const ImportedPlace place{step.line, static_cast<int>(s)};
      stream.instructions.push_back(first);
      stream.places.push_back(place);
      if (first.forwards) {
        stream.instructions.push_back({.op = OpCode::kSend,
                                       .connection = first.connection,
                                       .sequence = sent++,
                                       .peer = block.send,
                                       .source = target});
        stream.places.push_back(place);
      }
    }
    sequences_ = std::max({sequences_, sent, received});
    return stream;
  }

  static absl::Status ConvertDependency(const Rank& rank, const Step& step,
                                        const std::vector<std::vector<int64_t>>& finished,
                                        std::set<std::pair<int, int>>& waited_for,
                                        Instruction& instruction) {
    if (step.depends_block < 0 || step.depends_step < 0) {
      return absl::OkStatus();
    }
    const auto block = rank.block_of_id.find(step.depends_block);
    if (block == rank.block_of_id.end()) {
      return LineError(step.line, absl::StrCat("depid is ", step.depends_block,
                                               ", but this gpu has no such tb"));
    }
    const auto& ids = rank.blocks[static_cast<size_t>(block->second)].step_of_id;
    const auto other = ids.find(step.depends_step);
    if (other == ids.end()) {
      return LineError(step.line, absl::StrCat("deps is ", step.depends_step, ", but tb ",
                                               step.depends_block, " has no such step"));
    }
    waited_for.insert({block->second, other->second});
    instruction.depends_stream = block->second;
    instruction.depends_count =
        finished[static_cast<size_t>(block->second)][static_cast<size_t>(other->second)];
    return absl::OkStatus();
  }

  FileContents file_;
  uint32_t sequences_ = 1;  // of any connection, at most
  std::set<std::string> warned_;
  int64_t blocks_ = 0;       // of all ranks
  int64_t chunks_held_ = 0;  // in all buffers of all ranks
  std::vector<Rank> ranks_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ImportedAlgorithm>> ReadMscclXml(const std::string& text) {
  UPF_ASSIGN_OR_RETURN(FileContents file, Reader().Read(text));
  return std::unique_ptr<ImportedAlgorithm>(std::make_unique<MscclAlgorithm>(std::move(file)));
}

}  // namespace upfabric::collectives
