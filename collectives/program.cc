#include "collectives/program.h"

#include "absl/strings/str_cat.h"

namespace upfabric::collectives {

namespace {

std::string RangeText(const Range& range) {
  const char* buffer = "scratch";
  if (range.buffer == Buffer::kInput) {
    buffer = "input";
  } else if (range.buffer == Buffer::kOutput) {
    buffer = "output";
  }
  return absl::StrCat(buffer, "[", range.offset, ", ", range.offset + range.count, ")");
}

}  // namespace

std::string_view OpCodeName(OpCode op) {
  switch (op) {
    case OpCode::kSend:
      return "send";
    case OpCode::kRecv:
      return "receive";
    case OpCode::kRecvReduce:
      return "receive-reduce";
    case OpCode::kCopy:
      return "copy";
    case OpCode::kReduce:
      return "reduce";
    case OpCode::kMulticast:
      return "multicast";
    case OpCode::kReduceRead:
      return "reduce-read";
  }
  return "unknown";
}

std::string InstructionText(const Instruction& instruction) {
  std::string text(OpCodeName(instruction.op));
  switch (instruction.op) {
    case OpCode::kSend:
      absl::StrAppend(&text, " of ", RangeText(instruction.source), " to rank ", instruction.peer);
      break;
    case OpCode::kRecv:
    case OpCode::kRecvReduce:
      absl::StrAppend(&text, " into ", RangeText(instruction.target), " from rank ",
                      instruction.peer);
      break;
    case OpCode::kMulticast:
      absl::StrAppend(&text, " of ", RangeText(instruction.source), " to all ranks");
      break;
    case OpCode::kReduceRead:
      absl::StrAppend(&text, " into ", RangeText(instruction.target), " from all ranks");
      break;
    case OpCode::kCopy:
    case OpCode::kReduce:
      absl::StrAppend(&text, " of ", RangeText(instruction.source), " into ",
                      RangeText(instruction.target));
      return text;
  }
  absl::StrAppend(&text, " (connection ", int{instruction.connection}, ", sequence ",
                  instruction.sequence, ")");
  return text;
}

int64_t MovedCount(const Instruction& instruction) {
  const bool from_source = instruction.op == OpCode::kSend || instruction.op == OpCode::kMulticast;
  return from_source ? instruction.source.count : instruction.target.count;
}

Bytes LocalTraffic(const Instruction& instruction, Bytes element) {
  const int64_t count = instruction.target.count;
  switch (instruction.op) {
    case OpCode::kSend:
    case OpCode::kRecv:
    case OpCode::kMulticast:
    case OpCode::kReduceRead:
      return Bytes(0);
    case OpCode::kCopy:
      return element * (2 * count);
    case OpCode::kRecvReduce:
      return element * (3 * count);
    case OpCode::kReduce:
      // Each block and the operand are read once; the result is written once.
      return count == 0 ? Bytes(0) : element * (instruction.source.count + 2 * count);
  }
  return Bytes(0);
}

}  // namespace upfabric::collectives
