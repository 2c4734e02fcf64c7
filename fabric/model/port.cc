#include "fabric/model/port.h"

#include <algorithm>

namespace upfabric::fabric {

using sim::Record;
using sim::Ticks;

Port::Port(const HopTimes& times, uint32_t switch_buffer_units, Ticks* next)
    : times_(&times), lanes_(static_cast<size_t>(times.virtual_channels)) {
  credits_.Init(times.virtual_channels, switch_buffer_units, next);
}

Ticks Port::Advance(Ticks window_end) {
  Receive(window_end);
  TakeShares(window_end);
  Ticks next = Send(window_end);
  if (!packets_in_.records.empty()) {
    next = std::min(next, packets_in_.records.front().time);
  }
  if (!shares_in_.records.empty()) {
    next = std::min(next, shares_in_.records.front().time);
  }
  return next;
}

void Port::Receive(Ticks window_end) {
  sim::RecordQueue<Record>& queue = packets_in_.records;
  while (!queue.empty() && queue.front().time < window_end) {
    const Record packet = queue.front();
    queue.pop();
    const PacketShape& shape = (*times_->shapes)[packet.payload];
    const Ticks last_byte = packet.time + shape.ticks;
    credits_out_->Return(
        {last_byte + times_->control_delay, shape.units, packet.virtual_channel()});
    ++received_.packets;
    received_.payload_bytes += packet.payload;
    if (packet.last()) {
      Record share = packet;
      share.time = last_byte + times_->delivery;
      shares_out_.Emit(share);
    }
  }
}

void Port::TakeShares(Ticks window_end) {
  sim::RecordQueue<Record>& queue = shares_in_.records;
  while (!queue.empty() && queue.front().time < window_end) {
    lanes_[queue.front().virtual_channel()].shares.push(queue.front());
    queue.pop();
  }
}

Ticks Port::Send(Ticks window_end) {
  while (true) {
    const Choice choice = Choose(window_end);
    if (choice.start >= window_end) {
      return choice.start;
    }
    Start(choice);
  }
}

// The share whose next packet can start first; of several, the oldest, then the lowest channel.
Port::Choice Port::Choose(Ticks window_end) {
  Choice best;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i].shares.empty()) {
      continue;
    }
    const Record& share = lanes_[i].shares.front();
    const Ticks ready = std::max(share.time, free_);
    Ticks start = ready;
    if (ready < window_end) {
      start = credits_.EarliestFor(ready, static_cast<int>(i),
                                   (*times_->shapes)[NextPayload(share)].units, window_end);
    }
    if (start < best.start ||
        (start == best.start && best.lane >= 0 &&
         share.time < lanes_[static_cast<size_t>(best.lane)].shares.front().time)) {
      best = {start, ready, static_cast<int>(i)};
    }
  }
  return best;
}

void Port::Start(const Choice& choice) {
  CountWaiting(choice.start);
  Lane& lane = lanes_[static_cast<size_t>(choice.lane)];
  Record& share = lane.shares.front();
  Record packet = share;
  packet.payload = NextPayload(share);
  packet.time = choice.start + times_->data_delay;
  packet.packets = 1;
  packet.flags = static_cast<uint8_t>(share.flags | (share.packets == 1 ? Record::kLast : 0));
  const PacketShape& shape = (*times_->shapes)[packet.payload];
  credits_.Take(choice.lane, shape.units);
  packets_out_.Emit(packet);
  free_ = choice.start + shape.ticks;
  ++sent_.packets;
  sent_.payload_bytes += packet.payload;
  sent_.wire_units += shape.units;
  sent_.busy += shape.ticks;
  sent_.credit_stall += choice.start - choice.ready;
  --waiting_packets_;
  if (--share.packets == 0) {
    lane.shares.pop();
    --lane.counted;
  }
}

// Adds the shares that have become ready by `now` to the packets that wait. The peak is taken where
// packets start, since between starts the queue only grows.
void Port::CountWaiting(Ticks now) {
  for (Lane& lane : lanes_) {
    while (lane.counted < lane.shares.size() && lane.shares[lane.counted].time <= now) {
      waiting_packets_ += lane.shares[lane.counted].packets;
      ++lane.counted;
    }
  }
  sent_.queue_packets_max = std::max(sent_.queue_packets_max, waiting_packets_);
}

void Port::Reset() {
  shares_in_.records.clear();
  packets_in_.records.clear();
  credits_.Reset();
  for (Lane& lane : lanes_) {
    lane.shares.clear();
    lane.counted = 0;
  }
  free_ = 0;
  waiting_packets_ = 0;
}

int64_t Port::MemoryBytes() const {
  size_t bytes = sizeof(Port) + shares_in_.records.memory_bytes() +
                 packets_in_.records.memory_bytes() + lanes_.capacity() * sizeof(Lane);
  for (const Lane& lane : lanes_) {
    bytes += lane.shares.memory_bytes();
  }
  return static_cast<int64_t>(bytes) + credits_.MemoryBytes();
}

}  // namespace upfabric::fabric
