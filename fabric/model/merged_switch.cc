#include "fabric/model/merged_switch.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "fabric/base/check.h"
#include "fabric/base/fingerprint.h"
#include "fabric/model/transport_packet.h"

namespace upfabric::fabric {

using sim::kNever;
using sim::Record;
using sim::Ticks;

MergedSwitch::MergedSwitch(const HopTimes& times, const SwitchOptions& options)
    : SwitchChip(options.ports),
      times_(&times),
      options_(options),
      outputs_(static_cast<size_t>(options.ports)),
      queues_(static_cast<size_t>(options.ports * times.virtual_channels)),
      listed_(static_cast<size_t>(options.ports)),
      line_free_(static_cast<size_t>(options.ports)),
      sprayed_(static_cast<size_t>(options.ports)),
      offers_(static_cast<size_t>(times.virtual_channels)) {
  if (options.shared_buffer != nullptr) {
    buffer_ = std::make_unique<SharedBuffer>(*options.shared_buffer, options.ports,
                                             times.virtual_channels);
  }
}

Ticks MergedSwitch::Advance(Ticks window_end) {
  const std::vector<Ticks>& faults = times_->faults->times();
  if (!faults.empty()) {
    PassFaults(window_end);
  }
  const Ticks next = AdvanceTo(window_end);
  return faults_passed_ < faults.size() && packets_held() > 0
             ? std::min(next, faults[faults_passed_])
             : next;
}

// Faults cut the window. All that waits is looked at again, since rates may have changed.
void MergedSwitch::PassFaults(Ticks window_end) {
  const std::vector<Ticks>& times = times_->faults->times();
  for (; faults_passed_ < times.size() && times[faults_passed_] < window_end; ++faults_passed_) {
    const Ticks now = times[faults_passed_];
    AdvanceTo(now);
    for (size_t i = 0; i < outputs_.size(); ++i) {
      outputs_[i].transmitter.PassFaults(now);
      if (outputs_[i].waiting > 0) {
        outputs_[i].poke = kNever;
        PokeAt(static_cast<int>(i), std::max(now, horizon_));
      }
    }
  }
}

// Credits may have come for outputs that were short of them, so these are looked at again.
Ticks MergedSwitch::AdvanceTo(Ticks window_end) {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (!listed_[i] && !inputs_[i].packets.records.empty()) {
      listed_[i] = true;
      events_.emplace(inputs_[i].packets.records.front().time, static_cast<int>(i));
    }
    if (outputs_[i].short_of_credits) {
      PokeAt(static_cast<int>(i), horizon_);
    }
  }
  while (!events_.empty() && events_.top().first < window_end) {
    const auto [now, index] = events_.top();
    events_.pop();
    const int output = index - ports();
    if (output < 0) {
      Arrive(index);
    } else if (outputs_[static_cast<size_t>(output)].poke == now) {
      outputs_[static_cast<size_t>(output)].poke = kNever;
      Look(output, now, window_end);
    }
  }
  horizon_ = std::max(horizon_, window_end);
  return events_.empty() ? kNever : events_.top().first;
}

// Takes one packet off the first train of an input.
void MergedSwitch::Arrive(int input) {
  Input& in = inputs_[static_cast<size_t>(input)];
  Record& train = in.packets.records.front();
  Waiting waiting;
  waiting.packet = train;
  waiting.packet.packets = 1;
  waiting.packet.position -= train.packets - 1;
  waiting.came_on = train.virtual_channel();
  in.received.Count(1, train.payload, in.times->ShapeAsBuilt(train.payload).units);
  const Ticks now = train.time;
  if (train.packets > 1) {
    waiting.packet.flags = train.flags_without_last();
    train.time += in.PacketTime(train);
    --train.packets;
  } else {
    in.packets.records.pop();
  }
  listed_[static_cast<size_t>(input)] = !in.packets.records.empty();
  if (!in.packets.records.empty()) {
    events_.emplace(in.packets.records.front().time, input);
  }
  const int output = RouteOf(waiting.packet, input, now);
  waiting.input = static_cast<uint32_t>(input);
  waiting.output = static_cast<uint32_t>(output);
  if (buffer_ != nullptr && !Admit(waiting, now)) {
    return;
  }
  waiting.length = in.PacketTime(waiting.packet);
  Output& out = outputs_[static_cast<size_t>(output)];
  ++out.waiting;
  const size_t queue = by_input() ? QueueIndex(input, waiting.came_on)
                                  : QueueIndex(output, waiting.packet.virtual_channel());
  if (by_input() && queues_[queue].empty()) {
    out.heads.push_back(static_cast<uint32_t>(queue));
  }
  queues_[queue].push(waiting);
  PokeAt(output, std::max(now, out.transmitter.free()));
}

// Stores it, trimmed or whole, unless it is dropped.
bool MergedSwitch::Admit(Waiting& waiting, Ticks now) {
  Record& packet = waiting.packet;
  const Input& in = inputs_[waiting.input];
  const int output = static_cast<int>(waiting.output);
  Transmitter& transmitter = outputs_[waiting.output].transmitter;
  const uint32_t units = in.times->ShapeAsBuilt(packet.payload).units;
  SharedBuffer::Verdict verdict = buffer_->Judge(output, units, !IsData(packet));
  if (verdict == SharedBuffer::Verdict::kTrim) {
    packet.flags |= kTrimmed;
    packet.tag = packet.virtual_channel();
    packet.set_payload(0);
    packet.set_virtual_channel(static_cast<uint8_t>(control_lane()));
    ++transmitter.ethernet_counts().trimmed;
    verdict = buffer_->Judge(output, in.times->ShapeAsBuilt(0).units, true);
  }
  if (verdict == SharedBuffer::Verdict::kDrop) {
    ++transmitter.ethernet_counts().dropped;
    ++packets_dropped_;
    return false;
  }
  const SharedBuffer::PauseChange change =
      buffer_->Store(output, QueueIndex(static_cast<int>(waiting.input), waiting.came_on),
                     in.times->ShapeAsBuilt(packet.payload).units, !IsData(packet));
  if (change == SharedBuffer::PauseChange::kStart) {
    in.sender->pauses().Start(waiting.came_on, now + in.times->control_delay);
  }
  return true;
}

// A packet that starts now.
void MergedSwitch::MarkAndRelease(Waiting& waiting, Ticks now) {
  constexpr uint64_t kPurpose = 0x6d61726b;  // "mark"
  Record& packet = waiting.packet;
  const Input& in = inputs_[waiting.input];
  Transmitter& transmitter = outputs_[waiting.output].transmitter;
  const bool data = IsData(packet);
  const auto packets = static_cast<uint64_t>(transmitter.sent().packets);
  if (data && buffer_->Marks(static_cast<int>(waiting.output),
                             Chain(Chain(transmitter.place().draw_key, packets), kPurpose))) {
    packet.flags |= kMarked;
    ++transmitter.ethernet_counts().marked;
  }
  transmitter.ethernet_counts().control_packets += data ? 0 : 1;
  const SharedBuffer::PauseChange change =
      buffer_->Remove(static_cast<int>(waiting.output),
                      QueueIndex(static_cast<int>(waiting.input), waiting.came_on),
                      in.times->ShapeAsBuilt(packet.payload).units, !data);
  if (change == SharedBuffer::PauseChange::kEnd) {
    in.sender->pauses().End(waiting.came_on, now + in.times->control_delay);
  }
}

// Of single switches the link of the same index leads to the destination.
int MergedSwitch::RouteOf(Record& packet, int input, Ticks now) {
  if (options_.router == nullptr) {
    return packet.destination * options_.links_per_endpoint + input % options_.links_per_endpoint;
  }
  hops_.clear();
  options_.router->Route(options_.chip, input, packet, hops_);
  size_t way = 0;
  if (hops_.size() > 1) {
    switch (options_.routing) {
      case Routing::kHashed:
        if (buffer_ != nullptr) {
          way = WayOfFlow(options_.chip, packet, hops_.size());
          break;
        }
        [[fallthrough]];
      case Routing::kStatic:
        way = WayOf(options_.routing, options_.chip, packet, hops_.size());
        break;
      case Routing::kSprayed:
        way = (static_cast<size_t>(input) + sprayed_[static_cast<size_t>(input)]++) % hops_.size();
        break;
      case Routing::kAdaptive:
        way = LeastQueue(packet, now);
        break;
    }
  }
  packet.set_virtual_channel(hops_[way].virtual_channel);
  packet.via = hops_[way].via != 0 ? hops_[way].via : packet.via;
  return hops_[way].output;
}

// Of several with the same queue, the first from the static one on.
size_t MergedSwitch::LeastQueue(const Record& packet, Ticks now) const {
  const size_t first = WayOf(Routing::kStatic, options_.chip, packet, hops_.size());
  size_t best = first;
  int64_t least = std::numeric_limits<int64_t>::max();
  for (size_t i = 0; i < hops_.size(); ++i) {
    const size_t way = (first + i) % hops_.size();
    const Output& output = outputs_[static_cast<size_t>(hops_[way].output)];
    const int64_t load = output.waiting + (output.transmitter.free() > now ? 1 : 0);
    const int64_t cost = hops_[way].Cost(load);
    if (cost < least) {
      least = cost;
      best = way;
    }
  }
  return best;
}

void MergedSwitch::PokeAt(int output, Ticks time) {
  Output& out = outputs_[static_cast<size_t>(output)];
  if (time < out.poke) {
    out.poke = time;
    events_.emplace(time, ports() + output);
  }
}

// Starts a packet if one can; says when to look again.
void MergedSwitch::Look(int output, Ticks now, Ticks window_end) {
  Output& out = outputs_[static_cast<size_t>(output)];
  if (out.waiting == 0) {
    out.short_of_credits = false;
    return;
  }
  if (out.transmitter.free() > now) {
    PokeAt(output, out.transmitter.free());
    return;
  }
  const Ticks start = FirstStart(output, now, window_end);
  if (start > now) {
    PokeAt(output, start);
    return;
  }
  Start(output, Best(output, now), now);
  if (out.waiting > 0) {
    PokeAt(output, out.transmitter.free());
  }
}

template <typename Visit>
void MergedSwitch::ForEachCandidate(int output, const Visit& visit) {
  Output& out = outputs_[static_cast<size_t>(output)];
  const auto offer = [&](Queue& queue, size_t place) {
    visit(Candidate{&queue, place, Eligible(queue[place], out.transmitter)});
  };
  if (by_input()) {
    for (const uint32_t head : out.heads) {
      offer(queues_[head], 0);
    }
    return;
  }
  for (int lane = 0; lane < times_->virtual_channels; ++lane) {
    Queue& queue = queues_[QueueIndex(output, lane)];
    const size_t places = in_turn() ? queue.size() : std::min<size_t>(queue.size(), 1);
    for (size_t place = 0; place < places; ++place) {
      offer(queue, place);
    }
  }
}

// When it may start so that its bits never leave before they have come in, on a line that is free.
Ticks MergedSwitch::Eligible(const Waiting& waiting, const Transmitter& transmitter) const {
  const Ticks lag = waiting.length - transmitter.ShapeOf(waiting.packet.payload).ticks;
  const Ticks there = waiting.packet.time + std::max<Ticks>(lag, 0);
  return by_input() ? std::max(there, line_free_[waiting.input]) : there;
}

// `now` if a packet can start, else a time at which to look again, or kNever. Credits are asked for
// only by what is eligible, so none that comes later is counted.
Ticks MergedSwitch::FirstStart(int output, Ticks now, Ticks window_end) {
  Output& out = outputs_[static_cast<size_t>(output)];
  const bool whole = in_turn() || by_input();
  Ticks next = kNever;
  std::fill(offers_.begin(), offers_.end(), kNever);
  ForEachCandidate(output, [&](const Candidate& candidate) {
    if (candidate.eligible > now) {
      next = std::min(next, candidate.eligible);
      return;
    }
    const Record& packet = (*candidate.queue)[candidate.place].packet;
    Ticks& offer = offers_[packet.virtual_channel()];
    if (offer == kNever) {
      offer = out.transmitter
                  .Offer(now, packet.virtual_channel(),
                         whole ? times_->full_payload : packet.payload, window_end)
                  .start;
    }
  });
  const Ticks first = *std::min_element(offers_.begin(), offers_.end());
  out.short_of_credits = first > now && first >= window_end;
  return std::min(next, first);
}

// Of those that can start now. Requires: there is one.
MergedSwitch::Candidate MergedSwitch::Best(int output, Ticks now) {
  const Output& out = outputs_[static_cast<size_t>(output)];
  // In turn, two packets of one input may go on in one virtual channel that came in on two.
  const auto before = [&](const Waiting& a, const Waiting& b) {
    if (IsData(a.packet) != IsData(b.packet)) {
      return IsData(b.packet);
    }
    if (in_turn()) {
      return std::tuple(TurnOf(a) <= out.turn, TurnOf(a), a.packet.time) <
             std::tuple(TurnOf(b) <= out.turn, TurnOf(b), b.packet.time);
    }
    return std::pair(a.packet.time, a.input) < std::pair(b.packet.time, b.input);
  };
  Candidate best;
  ForEachCandidate(output, [&](const Candidate& candidate) {
    const Waiting& waiting = (*candidate.queue)[candidate.place];
    if (candidate.eligible <= now && offers_[waiting.packet.virtual_channel()] <= now &&
        (best.queue == nullptr || before(waiting, (*best.queue)[best.place]))) {
      best = candidate;
    }
  });
  UPF_CHECK(best.queue != nullptr);
  return best;
}

void MergedSwitch::Start(int output, const Candidate& candidate, Ticks now) {
  Output& out = outputs_[static_cast<size_t>(output)];
  Waiting& waiting = (*candidate.queue)[candidate.place];
  const PacketShape& shape = out.transmitter.ShapeOf(waiting.packet.payload);
  if (buffer_ != nullptr) {
    MarkAndRelease(waiting, now);  // there are no credits
  } else {
    const Input& in = inputs_[waiting.input];
    in.sender->credits().Return(CreditOf(now + shape.ticks + in.times->control_delay, shape.ticks,
                                         shape.units, 1, waiting.came_on));
  }
  StartChoice choice;
  choice.start = now;
  choice.ready = std::max(candidate.eligible, out.transmitter.free());
  choice.lane = waiting.packet.virtual_channel();
  out.transmitter.CountQueue(out.waiting);
  out.transmitter.Send(waiting.packet, choice, 1);
  out.turn = TurnOf(waiting);
  --out.waiting;
  Remove(candidate, now + shape.ticks);
}

// With input queues, the next one of the input can leave when this one has.
void MergedSwitch::Remove(const Candidate& candidate, Ticks busy_until) {
  Queue& queue = *candidate.queue;
  const auto left = static_cast<int>(queue[candidate.place].input);
  if (!by_input()) {
    std::move_backward(queue.begin(), queue.begin() + candidate.place,
                       queue.begin() + candidate.place + 1);
    queue.pop();
    return;
  }
  std::vector<uint32_t>& heads = outputs_[queue.front().output].heads;
  const auto index = static_cast<uint32_t>(&queue - queues_.data());
  heads.erase(std::find(heads.begin(), heads.end(), index));
  queue.pop();
  if (!queue.empty()) {
    outputs_[queue.front().output].heads.push_back(index);
  }
  line_free_[static_cast<size_t>(left)] = busy_until;
  for (int lane = 0; lane < times_->virtual_channels; ++lane) {
    const Queue& other = queues_[QueueIndex(left, lane)];
    if (!other.empty()) {
      PokeAt(static_cast<int>(other.front().output), busy_until);
    }
  }
}

int64_t MergedSwitch::packets_held() const {
  int64_t held = 0;
  for (const Output& output : outputs_) {
    held += output.waiting;
  }
  return held;
}

void MergedSwitch::Reset() {
  for (Input& input : inputs_) {
    input.packets.records.clear();
  }
  for (Output& output : outputs_) {
    output.transmitter.Reset();
    output.poke = kNever;
    output.waiting = 0;
    output.turn = -1;
    output.short_of_credits = false;
    output.heads.clear();
  }
  for (Queue& queue : queues_) {
    queue.clear();
  }
  std::fill(listed_.begin(), listed_.end(), false);
  std::fill(line_free_.begin(), line_free_.end(), 0);
  std::fill(sprayed_.begin(), sprayed_.end(), 0);
  events_ = {};
  horizon_ = 0;
  faults_passed_ = 0;
  if (buffer_ != nullptr) {
    buffer_->Reset();
  }
}

int64_t MergedSwitch::MemoryBytes() const {
  size_t bytes = sizeof(MergedSwitch) + inputs_.capacity() * sizeof(Input) +
                 outputs_.capacity() * sizeof(Output) + queues_.capacity() * sizeof(Queue) +
                 events_.size() * sizeof(Event);
  int64_t credits = 0;
  for (const Output& output : outputs_) {
    bytes += output.heads.capacity() * sizeof(uint32_t);
    credits += output.transmitter.MemoryBytes();
  }
  for (const Input& input : inputs_) {
    bytes += input.packets.records.memory_bytes();
  }
  for (const Queue& queue : queues_) {
    bytes += queue.memory_bytes();
  }
  credits += buffer_ != nullptr ? buffer_->MemoryBytes() : 0;
  return static_cast<int64_t>(bytes) + credits;
}

}  // namespace upfabric::fabric
