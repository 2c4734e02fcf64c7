#include "fabric/model/reduction_unit.h"

#include <algorithm>

#include "fabric/base/check.h"
#include "fabric/model/block_tag.h"

namespace upfabric::fabric {

using sim::kNever;
using sim::Record;
using sim::RecordKind;
using sim::Ticks;

ReductionUnit::ReductionUnit(const ReductionTimes& times, uint16_t full_payload, int endpoints,
                             int links)
    : times_(&times),
      full_payload_(full_payload),
      endpoints_(endpoints),
      links_(links),
      ports_(static_cast<size_t>(endpoints * links)),
      units_(static_cast<size_t>(times.units)) {}

// Rounded up to a whole tick, at least one, so that results of a port never coincide.
Ticks ReductionUnit::TimeOf(uint16_t payload, size_t members) const {
  const Ratio bytes(int64_t{payload} * static_cast<int64_t>(members));
  return std::max<Ticks>(1, (times_->ticks_per_byte * bytes).Ceil());
}

void ReductionUnit::Open(int port, const Record& request, size_t members) {
  const BlockTag block = BlockTag::Unpack(request.tag);
  Port& requester = ports_[static_cast<size_t>(port)];
  if (requester.sessions.size() <= block.session) {
    requester.sessions.resize(size_t{block.session} + 1);
  }
  Session& session = requester.sessions[block.session];
  UPF_CHECK_OP(session.whole, ==, session.packets);  // what it held before is done
  session.sequence = requester.requests++;
  session.tag = request.tag;
  session.members = static_cast<uint32_t>(members);
  session.packets = block.packets;
  session.whole = 0;
  session.requester = request.source;
  session.last_payload = block.last_payload;
  session.virtual_channel = request.shares;  // see ReadRequester::Request
  session.full_time = TimeOf(full_payload_, members);
  session.last_time = TimeOf(block.last_payload, members);
  session.answered.assign(static_cast<size_t>(endpoints_), 0);
  session.missing.assign(block.packets, session.members);
  session.latest.assign(block.packets, 0);
}

void ReductionUnit::Take(const Record& answer, int link, Ticks packet_time) {
  const int port = answer.destination * links_ + link;
  Session& session =
      ports_[static_cast<size_t>(port)].sessions[BlockTag::Unpack(answer.tag).session];
  UPF_DCHECK(session.tag == answer.tag);
  uint16_t& answered = session.answered[answer.source];
  const uint32_t first = answered;
  UPF_CHECK_OP(first + answer.packets, <=, session.packets);
  for (uint32_t i = 0; i < answer.packets; ++i) {
    session.latest[first + i] =
        std::max(session.latest[first + i], answer.time + (i + 1) * packet_time);
    --session.missing[first + i];
  }
  answered = static_cast<uint16_t>(first + answer.packets);
  while (session.whole < session.packets && session.missing[session.whole] == 0) {
    Queue(session, port, session.whole++);
  }
}

void ReductionUnit::Queue(const Session& session, int port, uint32_t packet) {
  const bool last = packet + 1 == session.packets;
  Job job;
  job.time = session.latest[packet];
  job.duration = last ? session.last_time : session.full_time;
  job.sequence = session.sequence;
  job.port = static_cast<uint32_t>(port);
  job.result.tag = session.tag;
  job.result.source = session.requester;
  job.result.destination = session.requester;
  job.result.set_payload(last ? session.last_payload : full_payload_);
  job.result.flags = Record::Flags(RecordKind::kReduced, session.virtual_channel);
  units_[static_cast<size_t>(port) % units_.size()].jobs.push(job);
  reduced_ += session.members - 1;
}

// Whatever is answered in full before the end of the window is known: its answers have come in.
Ticks ReductionUnit::Reduce(Ticks window_end, std::vector<Result>& results) {
  Ticks next = kNever;
  for (Unit& unit : units_) {
    while (!unit.jobs.empty() && unit.jobs.top().time < window_end) {
      const Job& job = unit.jobs.top();
      unit.free = std::max(unit.free, job.time) + job.duration;
      results.push_back({job.result, static_cast<int>(job.port)});
      results.back().packet.time = unit.free + times_->latency;
      unit.jobs.pop();
    }
    if (!unit.jobs.empty()) {
      next = std::min(next, unit.jobs.top().time);
    }
  }
  return next;
}

int64_t ReductionUnit::held() const {
  int64_t answers = 0;
  for (const Port& port : ports_) {
    for (const Session& session : port.sessions) {
      for (uint32_t packet = session.whole; packet < session.packets; ++packet) {
        answers += session.members - session.missing[packet];
      }
    }
  }
  return answers;
}

void ReductionUnit::Reset() {
  for (Port& port : ports_) {
    port = {};
  }
  for (Unit& unit : units_) {
    unit = {};
  }
}

int64_t ReductionUnit::MemoryBytes() const {
  size_t bytes = ports_.capacity() * sizeof(Port) + units_.capacity() * sizeof(Unit);
  for (const Port& port : ports_) {
    bytes += port.sessions.capacity() * sizeof(Session);
    for (const Session& session : port.sessions) {
      bytes += session.answered.capacity() * sizeof(uint16_t) +
               session.missing.capacity() * sizeof(uint32_t) +
               session.latest.capacity() * sizeof(Ticks);
    }
  }
  for (const Unit& unit : units_) {
    bytes += unit.jobs.size() * sizeof(Job);
  }
  return static_cast<int64_t>(bytes);
}

}  // namespace upfabric::fabric
