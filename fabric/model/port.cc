#include "fabric/model/port.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace upfabric::fabric {

using sim::kNever;
using sim::Record;
using sim::Ticks;

namespace {

// Rests of one share that a record can count. What would be one more leaves on its old link.
constexpr uint8_t kRestsMax = std::numeric_limits<uint8_t>::max();

}  // namespace

Port::Port(const HopTimes& out, const HopTimes& in, const PortPlace& place, const ReadLimits* reads)
    : EndpointPort(out, in, place), lanes_(static_cast<size_t>(out.virtual_channels)) {
  if (in.scatters) {
    arriving_ = std::make_unique<ArrivingShares>();
  }
  if (reads != nullptr) {
    reads_ = std::make_unique<ReadRequester>(*reads);
    request_lane_ = out.virtual_channels - 1;
  }
}

Ticks Port::Advance(Ticks window_end) {
  Receive(window_end);
  if (!times_->faults->empty()) {
    PassFaults(window_end);
  }
  TakeShares(window_end);
  Ticks next = Send(window_end);
  if (faults_passed_ < times_->faults->times().size() && waiting()) {
    next = std::min(next, times_->faults->times()[faults_passed_]);
  }
  if (!packets_in_.records.empty()) {
    next = std::min(next, packets_in_.records.front().time);
  }
  if (!shares_in_.records.empty()) {
    next = std::min(next, shares_in_.records.front().time);
  }
  if (!answers_.empty()) {
    next = std::min(next, answers_.front().time);
  }
  return next;
}

void Port::Receive(Ticks window_end) {
  sim::RecordQueue<Record>& queue = packets_in_.records;
  while (!queue.empty() && queue.front().time < window_end) {
    const Record packet = queue.front();
    queue.pop();
    const Ticks packet_time = in_->PacketTime(packet, place_.number);
    const Ticks first_out = packet.time + packet_time;
    const uint32_t units = in_->ShapeAsBuilt(packet.payload).units;
    credits_out_->Return(CreditOf(first_out + in_->control_delay, packet_time, units,
                                  packet.packets, packet.virtual_channel()));
    received_.Count(packet.packets, packet.payload, units);
    if (!packet.is_message()) [[unlikely]] {
      TakeRead(packet, first_out + (packet.packets - 1) * packet_time);
    } else if (arriving_ != nullptr ? arriving_->Complete(packet) : packet.last()) {
      Record share = arriving_ != nullptr ? arriving_->TakeLast(packet) : packet;
      share.mark = 0;
      share.time = first_out + (packet.packets - 1) * packet_time + times_->delivery;
      shares_out_.Emit(share);
    }
  }
}

// An answer is ready at the end of this window or later: injection takes at least a window.
void Port::TakeRead(const Record& packet, Ticks end) {
  if (packet.kind() == sim::RecordKind::kRead) {
    const BlockTag block = BlockTag::Unpack(packet.tag);
    Record answer;
    answer.time = end + times_->injection;
    answer.tag = packet.tag;
    answer.packets = block.packets;
    answer.source = packet.destination;
    answer.destination = packet.source;
    answer.set_payload(block.last_payload);
    answer.flags = Record::Flags(sim::RecordKind::kReduced, packet.shares);
    answers_.push(answer);
    return;
  }
  Record completed;
  if (reads_->Take(packet, end, completed)) {
    completed.time = end + times_->delivery;
    shares_out_.Emit(completed);
  }
}

void Port::TakeShares(Ticks window_end) {
  if (reads_ != nullptr) {
    TakeSharesAndAnswers(window_end);
    return;
  }
  sim::RecordQueue<Record>& queue = shares_in_.records;
  while (!queue.empty() && queue.front().time < window_end) {
    const Record& share = queue.front();
    if (RouteUp(share, share.time)) {
      Push(share.virtual_channel(), share);
    } else {
      Return(share, share.time);
    }
    queue.pop();
  }
}

void Port::Push(size_t lane, const Record& share) {
  lanes_[lane].shares.push(share);
  waiting_lanes_.Add(static_cast<int>(lane));
  ++uncounted_;
}

// By time; at one instant the endpoint's shares come first.
void Port::TakeSharesAndAnswers(Ticks window_end) {
  while (true) {
    sim::RecordQueue<Record>& posted = shares_in_.records;
    const Ticks posted_time = posted.empty() ? kNever : posted.front().time;
    const Ticks answer_time = answers_.empty() ? kNever : answers_.front().time;
    if (std::min(posted_time, answer_time) >= window_end) {
      return;
    }
    sim::RecordQueue<Record>& first = posted_time <= answer_time ? posted : answers_;
    const Record& share = first.front();
    const bool reads = share.kind() == sim::RecordKind::kRead;
    if (RouteUp(share, share.time)) {
      Push(reads ? lanes_.size() - 1 : share.virtual_channel(), share);
    } else {
      Return(share, share.time);
    }
    first.pop();
  }
}

// Faults cut the window: what starts before one is decided without it. A port without waiting
// shares may be late here: then nothing can start, and nothing goes back, at the fault's time.
void Port::PassFaults(Ticks window_end) {
  const std::vector<Ticks>& times = times_->faults->times();
  for (; faults_passed_ < times.size() && times[faults_passed_] < window_end; ++faults_passed_) {
    const Ticks now = times[faults_passed_];
    TakeShares(now);
    Send(now);
    for (const int lane : waiting_lanes_) {
      TakeBack(lane, now);
    }
    transmitter_.PassFaults(now);
  }
}

// Sends the shares back whose route is down. A share that has begun ends with its next packet, so
// that the receiver, which sees packets of one link in order, knows when all of them are in.
void Port::TakeBack(int number, Ticks now) {
  Lane& lane = lanes_[static_cast<size_t>(number)];
  sim::RecordQueue<Record> kept;
  uint32_t counted = 0;
  for (size_t i = 0; i < lane.shares.size(); ++i) {
    Record share = lane.shares[i];
    const bool begun = i == 0 && lane.begun;
    Record rest = share;
    rest.packets -= begun ? 1 : 0;
    const bool countable = !begun || !share.moved() || share.shares < kRestsMax;
    const bool back = rest.packets > 0 && countable && !RouteUp(share, now);
    if (back) {
      if (begun) {
        rest.shares = static_cast<uint8_t>(share.moved() ? share.shares + 1 : 1);
        rest.flags |= Record::kMoved;
        share.flags |= Record::kSplit;
        share.packets = 1;
        share.set_payload(times_->full_payload);
      }
      waiting_packets_ -= i < lane.counted ? rest.packets : 0;
      Return(rest, now);
    }
    if (!back || begun) {
      kept.push(share);
      counted += i < lane.counted ? 1 : 0;
    }
  }
  uncounted_ -= static_cast<uint32_t>(lane.shares.size()) - lane.counted;
  uncounted_ += static_cast<uint32_t>(kept.size()) - counted;
  lane.shares = std::move(kept);
  lane.counted = counted;
  if (lane.shares.empty()) {
    waiting_lanes_.Remove(number);
  }
}

void Port::Return(const Record& share, Ticks now) {
  Record back = share;
  back.time = now + times_->delivery;
  returns_out_.Emit(back);
  ++shares_returned_;
}

Ticks Port::Send(Ticks window_end) {
  while (true) {
    const StartChoice choice = Choose(window_end);
    if (choice.start >= window_end) {
      return choice.start;
    }
    Start(choice, window_end);
  }
}

// The share whose next packet can start first; of several, the oldest, then the lowest channel.
StartChoice Port::Choose(Ticks window_end) {
  StartChoice best;
  for (const int lane : waiting_lanes_) {
    const Record& share = lanes_[static_cast<size_t>(lane)].shares.front();
    const bool reads = lane == request_lane_;
    StartChoice offer =
        transmitter_.Offer(share.time, lane, reads ? 0 : NextPayload(share), window_end);
    if (reads && offer.start < window_end) {
      offer.start = reads_->SessionFor(offer.start, window_end);
    }
    const bool wins = offer.start < best.start ||
                      (offer.start == best.start && best.lane >= 0 &&
                       share.time < lanes_[static_cast<size_t>(best.lane)].shares.front().time);
    if (wins) {
      offer.other_start = std::min(best.start, best.other_start);
      best = offer;
    } else {
      best.other_start = std::min(best.other_start, offer.start);
    }
  }
  return best;
}

// How many packets may leave from choice.start on before something else has to be decided: the end
// of the window, the share's short last packet, a share of another lane.
int64_t Port::TrainLimit(const StartChoice& choice, const PacketShape& shape,
                         Ticks window_end) const {
  if (!times_->trains) {
    return 1;
  }
  const Record& share = lanes_[static_cast<size_t>(choice.lane)].shares.front();
  const bool short_last = share.payload != times_->full_payload && share.packets > 1;
  const int64_t alike = int64_t{share.packets} - (short_last ? 1 : 0);
  return std::min(
      alike, StartsBefore(std::min(window_end, choice.other_start), choice.start, shape.ticks));
}

void Port::Start(const StartChoice& choice, Ticks window_end) {
  if (choice.lane == request_lane_) [[unlikely]] {
    StartRequest(choice);
    return;
  }
  Lane& lane = lanes_[static_cast<size_t>(choice.lane)];
  Record& share = lane.shares.front();
  Record train = share;
  train.set_payload(NextPayload(share));
  train.flags |= Record::kLast;
  train.position += share.packets;
  const PacketShape& shape = transmitter_.ShapeOf(train.payload);
  const int64_t packets = transmitter_.Send(train, choice, TrainLimit(choice, shape, window_end));
  CountWaiting(choice.start, packets, shape.ticks);
  waiting_packets_ -= packets;
  share.packets -= static_cast<uint32_t>(packets);
  share.position += static_cast<uint32_t>(packets);
  lane.begun = share.packets > 0;
  if (share.packets == 0) {
    if (share.mark != 0) [[unlikely]] {
      TellSent(share);
    }
    Pop(choice.lane);
  }
}

void Port::Pop(int number) {
  Lane& lane = lanes_[static_cast<size_t>(number)];
  lane.shares.pop();
  --lane.counted;
  if (lane.shares.empty()) {
    waiting_lanes_.Remove(number);
  }
}

// Goes past deliveries of later times, which the endpoint takes into account.
void Port::TellSent(const Record& share) {
  Record told = share;
  told.time = transmitter_.free() + times_->delivery;
  told.flags |= Record::kLast;
  shares_out_.Emit(told);
}

// One request for the next block of the first reduce-read.
void Port::StartRequest(const StartChoice& choice) {
  Lane& lane = lanes_.back();
  Record& share = lane.shares.front();
  // Counted before the share gets shorter: it says how many requests wait.
  CountWaiting(choice.start, 1, transmitter_.ShapeOf(0).ticks);
  transmitter_.Send(reads_->Request(choice.start, share), choice, 1);
  --waiting_packets_;
  if (share.packets == 0) {
    Pop(choice.lane);
  }
}

// The lane with the oldest share that is not counted yet and ready by `last`.
Port::Lane* Port::NextReadyLane(Ticks last) {
  Lane* next = nullptr;
  for (Lane& lane : lanes_) {
    if (lane.counted < lane.shares.size() && lane.shares[lane.counted].time <= last &&
        (next == nullptr || lane.shares[lane.counted].time < next->shares[next->counted].time)) {
      next = &lane;
    }
  }
  return next;
}

// Adds the shares that become ready while a train starts to the packets that wait. Between arrivals
// every start makes the queue shorter, so its peaks are the first start and the one after each
// arrival.
void Port::CountWaiting(Ticks start, int64_t packets, Ticks packet_time) {
  int64_t peak = waiting_packets_;
  if (uncounted_ == 0) {
    transmitter_.CountQueue(peak);
    return;
  }
  int64_t started = 0;
  const Ticks last = start + (packets - 1) * packet_time;
  while (Lane* lane = NextReadyLane(last)) {
    const Record& share = lane->shares[lane->counted];
    started = std::max(started, (share.time - start + packet_time - 1) / packet_time);
    waiting_packets_ += PacketsOf(share);
    ++lane->counted;
    --uncounted_;
    peak = std::max(peak, waiting_packets_ - started);
  }
  transmitter_.CountQueue(peak);
}

void Port::Reset() {
  shares_in_.records.clear();
  packets_in_.records.clear();
  transmitter_.Reset();
  answers_.clear();
  if (arriving_ != nullptr) {
    arriving_->Reset();
  }
  if (reads_ != nullptr) {
    reads_->Reset();
  }
  for (Lane& lane : lanes_) {
    lane.shares.clear();
    lane.counted = 0;
    lane.begun = false;
  }
  waiting_lanes_.Clear();
  uncounted_ = 0;
  waiting_packets_ = 0;
  faults_passed_ = 0;
}

int64_t Port::MemoryBytes() const {
  size_t bytes = sizeof(Port) + shares_in_.records.memory_bytes() + answers_.memory_bytes() +
                 packets_in_.records.memory_bytes() + lanes_.capacity() * sizeof(Lane);
  for (const Lane& lane : lanes_) {
    bytes += lane.shares.memory_bytes();
  }
  return static_cast<int64_t>(bytes) + transmitter_.MemoryBytes() +
         (reads_ != nullptr ? reads_->MemoryBytes() : 0) +
         static_cast<int64_t>(arriving_ != nullptr ? arriving_->MemoryBytes() : 0);
}

}  // namespace upfabric::fabric
