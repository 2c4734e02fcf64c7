#include "fabric/model/transport_port.h"

#include <algorithm>

#include "fabric/base/fingerprint.h"

namespace upfabric::fabric {

using sim::kNever;
using sim::Record;
using sim::Ticks;

TransportPort::TransportPort(const HopTimes& out, const HopTimes& in, const PortPlace& place,
                             const TransportTimes& transport)
    : EndpointPort(out, in, place),
      transport_(&transport),
      lanes_(static_cast<size_t>(out.virtual_channels - 1)) {}

Ticks TransportPort::Advance(Ticks window_end) {
  if (!times_->faults->empty()) {
    PassFaults(window_end);
  }
  const Ticks next = RunTo(window_end);
  const std::vector<Ticks>& faults = times_->faults->times();
  return faults_passed_ < faults.size() && waiting() ? std::min(next, faults[faults_passed_])
                                                     : next;
}

// Faults cut the window, as in Port.
void TransportPort::PassFaults(Ticks window_end) {
  const std::vector<Ticks>& times = times_->faults->times();
  for (; faults_passed_ < times.size() && times[faults_passed_] < window_end; ++faults_passed_) {
    RunTo(times[faults_passed_]);
    transmitter_.PassFaults(times[faults_passed_]);
  }
}

// One thing after another, in order of time: at one instant what has come in whole, then shares of
// the endpoint, then timers, of flows and of acks, then what starts.
Ticks TransportPort::RunTo(Ticks end) {
  while (true) {
    const Ticks arrival = NextArrival();
    const Ticks share = shares_in_.records.empty() ? kNever : shares_in_.records.front().time;
    const Ticks timer = timers_.empty() ? kNever : timers_.top().first.first;
    const Ticks ack = unacked_.empty() ? kNever : unacked_.front().first;
    const StartChoice choice = Choose(end);
    const Ticks next = std::min({arrival, share, timer, ack, choice.start});
    if (next >= end) {
      return next;
    }
    now_ = next;
    if (arrival == next) {
      TakePacket();
    } else if (share == next) {
      TakeShare();
    } else if (timer == next) {
      TakeTimer();
    } else if (ack == next) {
      FlushDue();
    } else {
      Start(choice);
    }
  }
}

Ticks TransportPort::NextArrival() const {
  if (packets_in_.records.empty()) {
    return kNever;
  }
  const Record& packet = packets_in_.records.front();
  return packet.time + in_->PacketTime(packet, place_.number);
}

// Control first, then the lowest virtual channel that can start.
StartChoice TransportPort::Choose(Ticks end) {
  StartChoice best;
  if (!control_.empty()) {
    best = transmitter_.Offer(now_, control_lane(), 0, end);
  }
  for (size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = lanes_[i];
    const Ticks free = std::max(now_, transmitter_.free());
    while (!lane.paced.empty() && lane.paced.top().first.first <= free) {
      lane.turns.push_back(lane.paced.top().second);
      lane.paced.pop();
    }
    if (lane.turns.empty() && lane.paced.empty()) {
      continue;
    }
    const bool waits = lane.turns.empty();
    const SendFlow& flow = sending_[waits ? lane.paced.top().second : lane.turns.front()];
    const StartChoice offer = transmitter_.Offer(waits ? lane.paced.top().first.first : now_,
                                                 static_cast<int>(i), flow.NextPayload(), end);
    if (offer.start < best.start) {
      best = offer;
    }
  }
  return best;
}

void TransportPort::TakePacket() {
  const Record packet = packets_in_.records.front();
  packets_in_.records.pop();
  received_.Count(packet.packets, packet.payload, in_->ShapeAsBuilt(packet.payload).units);
  if (IsControl(packet)) {
    TakeControl(packet);
  } else if (IsTrimmed(packet)) {
    TakeTrimmed(packet);
  } else {
    TakeData(packet);
  }
}

void TransportPort::TakeTrimmed(const Record& packet) {
  const int lane = static_cast<int>(packet.tag);
  if (transport_->spec.recovery == Recovery::kGoBackN) {
    AskAgain(receiving_[FlowFrom(packet.source, lane)], packet, lane);
  } else {
    SendControl({ControlKind::kNack, lane}, packet, {packet.via, packet.position},
                IsMarked(packet));
  }
}

// Once for each gap.
void TransportPort::AskAgain(ReceiveFlow& flow, const Record& packet, int lane) {
  if (!flow.told) {
    SendControl({ControlKind::kNack, lane}, packet, flow.Expected(), false);
    flow.told = true;
  }
}

void TransportPort::TakeControl(const Record& packet) {
  const ControlTag tag = ControlTag::Unpack(packet.tag);
  const int lane = tag.virtual_channel;
  const uint32_t index = to_.at(KeyOf(packet.source, lane));
  SendFlow& flow = sending_[index];
  const bool was_done = flow.done();
  switch (tag.kind) {
    case ControlKind::kAck:
      flow.OnAck(now_, packet);
      break;
    case ControlKind::kNack:
      flow.OnNack(now_, packet);
      break;
    case ControlKind::kNotice:
      flow.OnNotice(now_);
      break;
  }
  unfinished_ -= !was_done && flow.done() ? 1 : 0;
  List(index, lane);
}

void TransportPort::TakeData(const Record& packet) {
  const int lane = packet.virtual_channel();
  const uint32_t index = FlowFrom(packet.source, lane);
  ReceiveFlow& flow = receiving_[index];
  const PacketName name = {packet.via, packet.position};
  Record completed;
  switch (flow.Take(packet, completed)) {
    case ReceiveFlow::Arrival::kNew:
      flow.told = false;
      Acknowledge(index, packet);
      break;
    case ReceiveFlow::Arrival::kAgain:
      SendControl({ControlKind::kAck, lane}, packet, name, IsMarked(packet));
      break;
    case ReceiveFlow::Arrival::kOutOfOrder:
      AskAgain(flow, packet, lane);
      break;
  }
  if (IsMarked(packet) && transport_->notice_interval > 0 && now_ >= flow.notice_after) {
    SendControl({ControlKind::kNotice, lane}, packet, name, true);
    flow.notice_after = now_ + transport_->notice_interval;
  }
  if (completed.position > 0) {
    completed.flags = Record::Flags(sim::RecordKind::kMessage, lane) | Record::kLast;
    completed.mark = 0;
    completed.time = now_ + times_->delivery;
    shares_out_.Emit(completed);
  }
}

void TransportPort::Acknowledge(uint32_t index, const Record& packet) {
  ReceiveFlow& flow = receiving_[index];
  const PacketName name = {packet.via, packet.position};
  const int64_t bytes = in_->ShapeAsBuilt(packet.payload).units;
  if (!flow.unacked.Add(name, IsMarked(packet), bytes)) {
    Flush(flow);
    flow.unacked.Add(name, IsMarked(packet), bytes);
  }
  flow.newest = packet;
  if (flow.unacked.bytes() >= transport_->spec.ack_spacing.count() || packet.last() ||
      AsksForAck(packet)) {
    Flush(flow);
  } else if (!flow.waits) {
    flow.waits = true;
    unacked_.emplace_back(now_ + transport_->ack_delay, index);
  }
}

void TransportPort::Flush(ReceiveFlow& flow) {
  if (!flow.unacked.empty()) {
    SendControl({ControlKind::kAck, flow.newest.virtual_channel(), flow.unacked.others()},
                flow.newest, flow.unacked.last(), flow.unacked.marked());
    flow.unacked = {};
  }
}

void TransportPort::FlushDue() {
  ReceiveFlow& flow = receiving_[unacked_.front().second];
  unacked_.pop_front();
  flow.waits = false;
  Flush(flow);
}

// Back to where `packet` came from.
void TransportPort::SendControl(const ControlTag& tag, const Record& packet, PacketName name,
                                bool marked) {
  Record control;
  control.tag = tag.Pack();
  control.source = static_cast<uint16_t>(place_.endpoint);
  control.destination = packet.source;
  control.link = packet.link;
  control.entropy = packet.entropy;
  control.via = name.share;
  control.position = name.position;
  control.flags = Record::Flags(kControl, control_lane());
  control.flags |= marked ? kMarked : 0;
  control_.push(control);
}

void TransportPort::TakeShare() {
  const Record share = shares_in_.records.front();
  shares_in_.records.pop();
  const int lane = share.virtual_channel();
  const auto [place, is_new] =
      to_.try_emplace(KeyOf(share.destination, lane), static_cast<uint32_t>(sending_.size()));
  const uint32_t index = place->second;
  if (is_new) {
    const uint64_t pair = Chain(static_cast<uint64_t>(place_.number), share.destination);
    sending_.emplace_back(*times_, transport_->spec, transport_->control->Make(),
                          static_cast<uint32_t>(pair >> 32));
  }
  SendFlow& flow = sending_[index];
  unfinished_ += flow.done() ? 1 : 0;
  waiting_packets_ += share.packets;
  flow.Add(share);
  List(index, lane);
}

// Gives a flow that can send a turn, now or when its pace allows.
void TransportPort::List(uint32_t index, int lane) {
  SendFlow& flow = sending_[index];
  if (flow.listed || !flow.CanSend()) {
    return;
  }
  flow.listed = true;
  Lane& to = lanes_[static_cast<size_t>(lane)];
  if (flow.pace() > std::max(now_, transmitter_.free())) {
    to.paced.push({{flow.pace(), sequence_++}, index});
  } else {
    to.turns.push_back(index);
  }
}

void TransportPort::Start(const StartChoice& choice) {
  if (choice.lane == control_lane()) {
    transmitter_.Send(control_.front(), choice, 1);
    control_.pop();
    ++transmitter_.ethernet_counts().control_packets;
  } else {
    StartData(choice);
  }
}

void TransportPort::StartData(const StartChoice& choice) {
  Lane& lane = lanes_[static_cast<size_t>(choice.lane)];
  uint32_t index = 0;
  if (lane.turns.empty()) {
    index = lane.paced.top().second;
    lane.paced.pop();
  } else {
    index = lane.turns.front();
    lane.turns.pop_front();
  }
  SendFlow& flow = sending_[index];
  flow.listed = false;
  // Its window may have shrunk since it was listed.
  if (!flow.CanSend()) {
    return;
  }
  const bool again = flow.retransmits();
  transmitter_.ethernet_counts().retransmitted += again ? 1 : 0;
  transmitter_.CountQueue(waiting_packets_);
  waiting_packets_ -= again ? 0 : 1;
  Record left;
  transmitter_.Send(flow.Send(choice.start, left), choice, 1);
  if (left.packets > 0 && left.tells_sent()) {
    left.packets = 0;
    left.time = transmitter_.free() + times_->delivery;
    left.flags |= Record::kLast;
    shares_out_.Emit(left);
  }
  if (!flow.timed) {
    flow.timed = true;
    timers_.push({{choice.start + transport_->retransmit_timeout, sequence_++}, index});
  }
  List(index, choice.lane);
}

void TransportPort::TakeTimer() {
  const uint32_t index = timers_.top().second;
  SendFlow& flow = sending_[index];
  timers_.pop();
  const Ticks next = flow.OnTimer(now_, transport_->retransmit_timeout);
  flow.timed = next != kNever;
  if (flow.timed) {
    timers_.push({{next, sequence_++}, index});
  }
  List(index, flow.lane());
}

uint32_t TransportPort::FlowFrom(int source, int lane) {
  const auto [place, is_new] =
      from_.try_emplace(KeyOf(source, lane), static_cast<uint32_t>(receiving_.size()));
  if (is_new) {
    receiving_.emplace_back(transport_->spec.recovery);
  }
  return place->second;
}

void TransportPort::Reset() {
  shares_in_.records.clear();
  packets_in_.records.clear();
  transmitter_.Reset();
  sending_.clear();
  receiving_.clear();
  to_.clear();
  from_.clear();
  for (Lane& lane : lanes_) {
    lane = {};
  }
  control_.clear();
  unacked_.clear();
  timers_ = {};
  sequence_ = 0;
  now_ = 0;
  unfinished_ = 0;
  waiting_packets_ = 0;
  faults_passed_ = 0;
}

int64_t TransportPort::MemoryBytes() const {
  const size_t bytes = sizeof(TransportPort) + shares_in_.records.memory_bytes() +
                       packets_in_.records.memory_bytes() + lanes_.capacity() * sizeof(Lane) +
                       control_.memory_bytes() + timers_.size() * sizeof(Timed) +
                       sending_.capacity() * sizeof(SendFlow) +
                       receiving_.capacity() * sizeof(ReceiveFlow) +
                       (to_.capacity() + from_.capacity()) * 2 * sizeof(uint32_t);
  return static_cast<int64_t>(bytes) + transmitter_.MemoryBytes();
}

}  // namespace upfabric::fabric
