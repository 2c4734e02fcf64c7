#include "collectives/executor.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "fabric/base/check.h"

namespace upfabric::collectives {
namespace {

// Cookies from here on are connections, those below streams.
constexpr uint32_t kFirstSlotCookie = 256;
// Marks the message that frees the slot of the message with the rest of the tag.
constexpr uint32_t kSlotTag = uint32_t{kSlotConnectionsMax} << kSequenceBits;

}  // namespace

RankExecutor::RankExecutor(ExecutorSpec spec) : spec_(std::move(spec)) {
  streams_.resize(static_cast<size_t>(spec_.program->streams()));
  for (size_t i = 0; i < streams_.size(); ++i) {
    streams_[i].length = spec_.program->length(static_cast<int>(i));
  }
}

void RankExecutor::OnStart(fabric::MessagePort& port) {
  Attach(port);
  Launch(SimTime());
}

void RankExecutor::Attach(fabric::MessagePort& port) {
  port_ = &port;
  if (spec_.payload != nullptr) {
    Expose();
  }
}

void RankExecutor::Launch(SimTime now) {
  if (spec_.start > Picoseconds(0)) {
    port_->PostTimer(spec_.start, 0);
  } else {
    Begin(now);
  }
}

void RankExecutor::Begin(SimTime now) {
  begun_ = true;
  timed_start_ = now;
  now_ = now;
  NextIteration();
  Run(now);
}

void RankExecutor::OnReceived(SimTime now, uint32_t cookie) {
  now_ = now;
  if (cookie >= kFirstSlotCookie) {
    OnSlotFree(cookie - kFirstSlotCookie);
    return Run(now);
  }
  Stream& stream = Resumed(cookie, Wait::kMessage);
  if (InstructionTimes* times = LogOf(stream); times != nullptr) {
    times->delivered = now;
    times->arrival = now;
  }
  if (stream.instruction.op == OpCode::kRecvReduce) {
    StartLocal(cookie);
  } else {
    Finish(stream);
  }
  Run(now);
}

void RankExecutor::OnLocalDone(SimTime now, uint32_t cookie) {
  now_ = now;
  Finish(Resumed(cookie, Wait::kLocal));
  Run(now);
}

void RankExecutor::OnSent(SimTime now, uint32_t cookie) {
  UPF_CHECK_OP(cookie, <, streams_.size());
  Stream& stream = streams_[cookie];
  --stream.marks;
  if (stream.wait == Wait::kWindow) {
    stream.wait = Wait::kNothing;
    Run(now);
  }
}

// No instruction asks for a timer, only a late start and an iteration's overhead do.
void RankExecutor::OnTimer(SimTime now, uint32_t) {
  if (!in_overhead_) {
    return Begin(now);
  }
  in_overhead_ = false;
  now_ = now;
  StartIteration();
  Run(now);
}

RankExecutor::Stream& RankExecutor::Resumed(uint32_t cookie, Wait wait) {
  UPF_CHECK_OP(cookie, <, streams_.size());
  Stream& stream = streams_[cookie];
  UPF_CHECK(stream.wait == wait);
  return stream;
}

void RankExecutor::NextIteration() {
  if (spec_.overhead > Picoseconds(0)) {
    in_overhead_ = true;
    port_->PostTimer(spec_.overhead, 0);
  } else {
    StartIteration();
  }
}

void RankExecutor::StartIteration() {
  if (spec_.log && iteration_ + 1 == iterations()) {
    log_.begin = now_;
    log_.streams.resize(streams_.size());
    for (size_t i = 0; i < streams_.size(); ++i) {
      log_.streams[i].resize(static_cast<size_t>(streams_[i].length));
    }
  }
  for (size_t i = 0; i < streams_.size(); ++i) {
    Stream& stream = streams_[i];
    stream.finished = 0;
    stream.wait = Wait::kEnd;
    if (stream.length > 0) {
      stream.instruction = spec_.program->At(static_cast<int>(i), 0);
      stream.wait = Wait::kNothing;
    }
  }
}

InstructionTimes* RankExecutor::LogOf(const Stream& stream) {
  if (log_.streams.empty()) {
    return nullptr;
  }
  const auto index = static_cast<size_t>(&stream - streams_.data());
  return &log_.streams[index][static_cast<size_t>(stream.finished)];
}

void RankExecutor::Run(SimTime now) {
  now_ = now;
  while (!finished_ && !in_overhead_) {
    // A stream may wait for a later one, so look again while anything finishes.
    bool progress = true;
    bool all_ended = true;
    while (progress) {
      progress = false;
      all_ended = true;
      for (size_t i = 0; i < streams_.size(); ++i) {
        progress |= Advance(i);
        all_ended &= streams_[i].wait == Wait::kEnd;
      }
    }
    if (!all_ended) {
      return;
    }
    ++iteration_;
    if (iteration_ == spec_.warmup) {
      timed_start_ = now;
    }
    if (iteration_ == iterations()) {
      end_ = now;
      finished_ = true;
      if (spec_.payload != nullptr) {
        spec_.payload->Finish();
      }
    } else {
      NextIteration();
    }
  }
}

bool RankExecutor::Advance(size_t index) {
  Stream& stream = streams_[index];
  bool progress = false;
  while (stream.wait == Wait::kNothing || stream.wait == Wait::kStream) {
    if (!MayStart(stream.instruction)) {
      stream.wait = Wait::kStream;
      break;
    }
    if (!Start(index)) {
      break;
    }
    Finish(stream);
    progress = true;
  }
  return progress;
}

bool RankExecutor::MayStart(const Instruction& instruction) const {
  return instruction.depends_stream < 0 ||
         streams_[static_cast<size_t>(instruction.depends_stream)].finished >=
             instruction.depends_count;
}

bool RankExecutor::Start(size_t index) {
  Stream& stream = streams_[index];
  const Instruction& instruction = stream.instruction;
  if (InstructionTimes* times = LogOf(stream); times != nullptr) {
    times->start = now_;
    times->delivered = now_;
    times->arrival = now_;
  }
  if (MovedCount(instruction) == 0) {
    return true;
  }
  switch (instruction.op) {
    case OpCode::kSend:
      if (!HasSlot(instruction)) {
        stream.wait = Wait::kSlot;
        return false;
      }
      if (stream.marks == kMarksMax * spec_.sends_apart) {
        stream.wait = Wait::kWindow;
        return false;
      }
      Send(index);
      return true;
    case OpCode::kRecv:
    case OpCode::kRecvReduce:
      return Receive(index);
    case OpCode::kCopy:
    case OpCode::kReduce:
      StartLocal(index);
      return false;
    case OpCode::kMulticast:
      port_->PostMulticast({.group = spec_.group,
                            .tag = TagOf(instruction),
                            .size = OnWire(instruction.source.count)});
      return true;
    case OpCode::kReduceRead:
      port_->PostReduceRead({.group = spec_.group,
                             .tag = TagOf(instruction),
                             .size = OnWire(instruction.target.count)},
                            static_cast<uint32_t>(index));
      stream.wait = Wait::kMessage;
      return false;
  }
  return true;
}

bool RankExecutor::Receive(size_t index) {
  Stream& stream = streams_[index];
  if (stream.instruction.forwards &&
      !HasSlot(spec_.program->At(static_cast<int>(index), stream.finished + 1))) {
    stream.wait = Wait::kSlot;
    return false;
  }
  const std::optional<SimTime> delivered = port_->PostRecv(
      EndpointOf(stream.instruction.peer), TagOf(stream.instruction), static_cast<uint32_t>(index));
  if (!delivered.has_value()) {
    stream.wait = Wait::kMessage;
    return false;
  }
  if (InstructionTimes* times = LogOf(stream); times != nullptr) {
    times->delivered = *delivered;
  }
  if (stream.instruction.op == OpCode::kRecv) {
    return true;
  }
  StartLocal(index);
  return false;
}

void RankExecutor::Send(size_t index) {
  Stream& stream = streams_[index];
  const Bytes size = OnWire(stream.instruction.source.count);
  stream.unmarked += std::max(size, kSendBytesMin);
  if (spec_.slots > 0) {
    connections_[connection_.at({stream.instruction.peer, stream.instruction.connection})]
        .held.push_back(TagOf(stream.instruction));
  }
  const bool mark = stream.unmarked >= kMarkBytes;
  if (mark) {
    ++stream.marks;
    stream.unmarked = Bytes(0);
  }
  port_->PostSend({.destination = EndpointOf(stream.instruction.peer),
                   .tag = TagOf(stream.instruction),
                   .size = size,
                   .tell_when_sent = mark,
                   .cookie = static_cast<uint32_t>(index)});
}

bool RankExecutor::HasSlot(const Instruction& send) {
  if (spec_.slots == 0 || MovedCount(send) == 0) {
    return true;
  }
  const auto [found, inserted] =
      connection_.try_emplace({send.peer, send.connection}, connections_.size());
  if (inserted) {
    connections_.emplace_back();
  }
  Connection& connection = connections_[found->second];
  while (connection.held.size() >= static_cast<size_t>(spec_.slots)) {
    const auto cookie = static_cast<uint32_t>(kFirstSlotCookie + found->second);
    if (connection.asked ||
        !port_->PostRecv(EndpointOf(send.peer), connection.held.front() | kSlotTag, cookie)) {
      connection.asked = true;
      return false;
    }
    connection.held.pop_front();
  }
  return true;
}

void RankExecutor::OnSlotFree(size_t index) {
  Connection& connection = connections_[index];
  connection.asked = false;
  connection.held.pop_front();
  for (Stream& stream : streams_) {
    if (stream.wait == Wait::kSlot) {
      stream.wait = Wait::kNothing;
    }
  }
}

void RankExecutor::FreeSlot(const Instruction& receive) {
  port_->PostSend({.destination = EndpointOf(receive.peer),
                   .tag = TagOf(receive) | kSlotTag,
                   .size = kSlotBytes});
}

Bytes RankExecutor::OnWire(int64_t count) const {
  const Bytes payload = spec_.element * count;
  return spec_.stretch == Ratio(1) ? payload
                                   : Bytes((Ratio(payload.count()) * spec_.stretch).Ceil());
}

void RankExecutor::StartLocal(size_t index) {
  Stream& stream = streams_[index];
  port_->PostLocal(LocalTraffic(stream.instruction, spec_.element), static_cast<uint32_t>(index));
  stream.wait = Wait::kLocal;
}

void RankExecutor::Finish(Stream& stream) {
  const bool last_iteration = iteration_ + 1 == iterations();
  if (spec_.payload != nullptr && last_iteration && MovedCount(stream.instruction) > 0) {
    ApplyPayload(stream.instruction);
  }
  if (InstructionTimes* times = LogOf(stream); times != nullptr) {
    times->finish = now_;
  }
  const OpCode op = stream.instruction.op;
  if (spec_.slots > 0 && (op == OpCode::kRecv || op == OpCode::kRecvReduce) &&
      MovedCount(stream.instruction) > 0) {
    FreeSlot(stream.instruction);
  }
  ++stream.finished;
  if (stream.finished == stream.length) {
    stream.wait = Wait::kEnd;
    return;
  }
  const auto index = static_cast<int>(&stream - streams_.data());
  stream.instruction = spec_.program->At(index, stream.finished);
  stream.wait = Wait::kNothing;
}

void RankExecutor::ApplyPayload(const Instruction& instruction) {
  RankPayload& payload = *spec_.payload;
  switch (instruction.op) {
    case OpCode::kSend:
      return spec_.transport->Send(NameOf(instruction), payload.Read(instruction.source));
    case OpCode::kRecv:
      return payload.Write(instruction.target, spec_.transport->Take(NameOf(instruction)));
    case OpCode::kRecvReduce:
      return payload.ReduceMessage(instruction.operand, spec_.transport->Take(NameOf(instruction)),
                                   instruction.target);
    case OpCode::kCopy:
      return payload.Copy(instruction.source, instruction.target);
    case OpCode::kReduce:
      return payload.ReduceBlocks(instruction.source, instruction.operand, instruction.target);
    case OpCode::kMulticast:
      return Multicast(instruction);
    case OpCode::kReduceRead:
      return ReduceRead(instruction);
  }
}

// Inputs are in place when the program starts, and only the last iteration moves payload; so they
// are with their readers whenever these come, also in another process.
void RankExecutor::Expose() {
  for (int64_t i = 0; i < spec_.program->exposures(); ++i) {
    const Exposure exposure = spec_.program->ExposureAt(i);
    if (exposure.source.count > 0) {
      spec_.transport->Send({EndpointOf(spec_.rank), EndpointOf(exposure.reader),
                             TagOf(iterations() - 1, exposure.connection, exposure.sequence)},
                            spec_.payload->Read(exposure.source));
    }
  }
}

void RankExecutor::Multicast(const Instruction& instruction) {
  const std::vector<std::byte> bytes = spec_.payload->Read(instruction.source);
  for (const EndpointId member : *spec_.endpoints) {
    spec_.transport->Send({EndpointOf(spec_.rank), member, TagOf(instruction)}, bytes);
  }
}

// As the switch: in the order of its ports, which is that of endpoints.
void RankExecutor::ReduceRead(const Instruction& instruction) {
  std::vector<EndpointId> members = *spec_.endpoints;
  std::sort(members.begin(), members.end());
  for (size_t i = 0; i < members.size(); ++i) {
    const std::vector<std::byte> bytes =
        spec_.transport->Take({members[i], EndpointOf(spec_.rank), TagOf(instruction)});
    if (i == 0) {
      spec_.payload->Write(instruction.target, bytes);
    } else {
      spec_.payload->ReduceMessage(instruction.target, bytes, instruction.target);
    }
  }
}

uint32_t RankExecutor::TagOf(const Instruction& instruction) const {
  return TagOf(iteration_, instruction.connection, instruction.sequence);
}

uint32_t RankExecutor::TagOf(int64_t iteration, uint8_t connection, uint32_t sequence) const {
  return uint32_t{connection} << kSequenceBits |
         (spec_.sequence_base + static_cast<uint32_t>(iteration) * spec_.program->sequences() +
          sequence);
}

MessageName RankExecutor::NameOf(const Instruction& instruction) const {
  EndpointId own = EndpointOf(spec_.rank);
  // The result of a reduce-read is a message to itself.
  EndpointId peer = instruction.op == OpCode::kReduceRead ? own : EndpointOf(instruction.peer);
  const bool sends = instruction.op == OpCode::kSend;
  return {sends ? own : peer, sends ? peer : own, TagOf(instruction)};
}

std::string RankExecutor::Autopsy() const {
  if (finished_) {
    return "";
  }
  if (!begun_) {
    return absl::StrCat("rank ", spec_.rank, " has not started");
  }
  std::string line = absl::StrCat("rank ", spec_.rank, " iteration ", iteration_);
  const char* separator = ": ";
  for (size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].wait != Wait::kEnd) {
      absl::StrAppend(&line, separator, StreamAutopsy(i));
      separator = "; ";
    }
  }
  return line;
}

std::string RankExecutor::StreamAutopsy(size_t index) const {
  const Stream& stream = streams_[index];
  const Instruction& instruction = stream.instruction;
  std::string text =
      absl::StrCat("stream ", index, " instruction ", stream.finished, " of ", stream.length, ", ",
                   InstructionText(instruction), ", waits for ");
  switch (stream.wait) {
    case Wait::kMessage:
      return absl::StrCat(text, "message ", MessageNameText(NameOf(instruction)));
    case Wait::kLocal:
      return absl::StrCat(text, "the endpoint's memory");
    case Wait::kWindow:
      return absl::StrCat(text, "earlier sends to leave");
    case Wait::kSlot:
      return absl::StrCat(text, "one of ", spec_.slots, " slots");
    case Wait::kStream:
      return absl::StrCat(text, "stream ", instruction.depends_stream, " to finish ",
                          instruction.depends_count, " instructions");
    case Wait::kNothing:
    case Wait::kEnd:
      break;
  }
  return absl::StrCat(text, "nothing");
}

}  // namespace upfabric::collectives
