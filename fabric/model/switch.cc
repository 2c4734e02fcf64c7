#include "fabric/model/switch.h"

#include <algorithm>
#include <queue>
#include <utility>

namespace upfabric::fabric {
namespace {

constexpr size_t kFewEntries = 32;  // chosen: of so many each finds its place in a few steps

}  // namespace

using sim::kNever;
using sim::Record;
using sim::RecordKind;
using sim::Ticks;

Switch::Switch(const HopTimes& times, const SwitchOptions& options)
    : SwitchChip(options.ports),
      times_(&times),
      options_(options),
      outputs_(static_cast<size_t>(options.ports)),
      queues_(static_cast<size_t>(options.ports * times.virtual_channels)) {
  if (options.reduction != nullptr) {
    inside_ = std::make_unique<Inside>(Inside{
        MulticastUnit(options.ports),
        ReductionUnit(*options.reduction, times.full_payload,
                      options.ports / options.links_per_endpoint, options.links_per_endpoint),
        {}});
  }
}

void Switch::ConnectInput(int port, const HopTimes& in, int link, Transmitter& sender) {
  SwitchChip::ConnectInput(port, in, link, sender);
  mixed_ |= in.shapes != times_->shapes;
}

Ticks Switch::Advance(Ticks window_end) {
  const bool faulty = !times_->faults->empty();
  uneven_ = mixed_ || faulty;
  if (faulty) {
    PassFaults(window_end);
  }
  const Ticks next = AdvanceTo(window_end);
  const std::vector<Ticks>& faults = times_->faults->times();
  return faults_passed_ < faults.size() && !active_.empty() ? std::min(next, faults[faults_passed_])
                                                            : next;
}

// Faults cut the window, as in a port. They change only what starts later, so a switch without
// packets may be late here.
void Switch::PassFaults(Ticks window_end) {
  const std::vector<Ticks>& times = times_->faults->times();
  for (; faults_passed_ < times.size() && times[faults_passed_] < window_end; ++faults_passed_) {
    AdvanceTo(times[faults_passed_]);
    for (Output& output : outputs_) {
      output.transmitter.PassFaults(times[faults_passed_]);
    }
  }
}

Ticks Switch::AdvanceTo(Ticks window_end) {
  const Ticks next_arrival = TakeArrivals(window_end);
  const Ticks next_result = inside_ != nullptr ? Reduce(window_end) : kNever;
  for (const int output : active_) {
    SortNew(output);
  }
  const Ticks next_start =
      options_.merge_outputs ? RunMerged(window_end) : RunEachOutput(window_end);
  std::erase_if(active_, [this](int output) {
    Output& out = outputs_[static_cast<size_t>(output)];
    out.active = !out.lanes.empty();
    return !out.active;
  });
  return std::min({next_arrival, next_result, next_start});
}

Ticks Switch::TakeArrivals(Ticks window_end) {
  Ticks next = kNever;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    sim::RecordQueue<Record>& queue = inputs_[i].packets.records;
    while (!queue.empty()) {
      if (queue.front().time >= window_end) {
        next = std::min(next, queue.front().time);
        break;
      }
      const Record& train = queue.front();
      Enqueue(train, static_cast<uint32_t>(i));
      inputs_[i].received.Count(train.packets, train.payload,
                                times_->ShapeAsBuilt(train.payload).units);
      queue.pop();
    }
  }
  return next;
}

// The route: a packet leaves towards its endpoint on the link of the same index as it came in on.
void Switch::Enqueue(const Record& train, uint32_t input) {
  if (!train.is_message()) [[unlikely]] {
    EnqueueInside(train, input);
    return;
  }
  if (options_.router != nullptr) {
    EnqueueRouted(train, input);
    return;
  }
  const int link = static_cast<int>(input) % options_.links_per_endpoint;
  Push(train.destination * options_.links_per_endpoint + link, train, input,
       train.virtual_channel());
}

// All packets of a message that came on one link go one way, so they stay in order.
void Switch::EnqueueRouted(const Record& train, uint32_t input) {
  Record packet = train;
  hops_.clear();
  options_.router->Route(options_.chip, static_cast<int>(input), packet, hops_);
  const Hop& hop = hops_[WayOf(options_.routing, options_.chip, packet, hops_.size())];
  packet.set_virtual_channel(hop.virtual_channel);
  Push(hop.output, packet, input, train.virtual_channel());
}

void Switch::Push(int output, const Record& train, uint32_t input, uint8_t came_on) {
  QueueOf(output, train.virtual_channel()).entries.push({train, input & 0xffffffu, came_on, 0});
  Output& out = outputs_[static_cast<size_t>(output)];
  out.lanes.Add(train.virtual_channel());
  if (!out.active) {
    out.active = true;
    active_.push_back(output);
  }
}

// An answer goes into its session; what is to be copied queues at every member's output.
void Switch::EnqueueInside(const Record& train, uint32_t input) {
  const int link = static_cast<int>(input) % options_.links_per_endpoint;
  if (train.kind() == RecordKind::kReduced) {
    const Input& in = inputs_[input];
    const Ticks packet_time = in.PacketTime(train);
    inside_->reduction.Take(train, link, packet_time);
    in.sender->credits().Return(CreditOf(train.time + packet_time + in.times->control_delay,
                                         packet_time, in.times->ShapeAsBuilt(train.payload).units,
                                         train.packets, train.virtual_channel()));
    return;
  }
  const std::vector<EndpointId>& members = (*options_.groups)[train.destination];
  if (train.kind() == RecordKind::kRead) {
    inside_->reduction.Open(static_cast<int>(input), train, members.size());
  }
  Record copy = train;
  copy.destination = inside_->multicast.Hold(static_cast<int>(input), train, members.size());
  for (const EndpointId member : members) {
    Push(member.value() * options_.links_per_endpoint + link, copy, input, copy.virtual_channel());
  }
}

// Queues what the reduction unit has finished, behind what came in at the same instant.
Ticks Switch::Reduce(Ticks window_end) {
  inside_->results.clear();
  const Ticks next = inside_->reduction.Reduce(window_end, inside_->results);
  for (const ReductionUnit::Result& result : inside_->results) {
    Push(result.port, result.packet, static_cast<uint32_t>(options_.ports), 0);
  }
  return next;
}

// Sends the first packets of an entry that is not a message, at most `limit`; returns their number.
// A result has no place in an input buffer that would become free.
int64_t Switch::SendInside(const Entry& entry, int output, const StartChoice& choice,
                           int64_t limit) {
  Transmitter& transmitter = outputs_[static_cast<size_t>(output)].transmitter;
  Record train = entry.train;
  if (train.kind() == RecordKind::kReduced) {
    return transmitter.Send(train, choice, limit);
  }
  train.destination = static_cast<uint16_t>(output / options_.links_per_endpoint);
  if (train.kind() == RecordKind::kMulticast) {
    train.flags &= static_cast<uint8_t>(~Record::Flags(RecordKind::kReduced, 0));
  }
  const Ticks packet_time = transmitter.ShapeOf(train.payload).ticks;
  const int64_t packets = transmitter.Send(train, choice, limit);
  const Input& in = inputs_[entry.input];
  inside_->multicast.CopyLeaves(static_cast<int>(entry.input), entry.train.destination,
                                choice.start, packets, train.packets, packet_time,
                                in.times->ShapeAsBuilt(train.payload), in.times->control_delay,
                                in.sender->credits());
  return packets;
}

// What is left of trains of earlier windows may be younger than what came in this one. No two
// entries are of one age: an input sends one after another.
void Switch::SortNew(int output) {
  for (const int lane : outputs_[static_cast<size_t>(output)].lanes) {
    Queue& queue = QueueOf(output, lane);
    const size_t first_new = queue.sorted;
    queue.sorted = queue.entries.size();
    if (queue.sorted - first_new <= kFewEntries) {
      InsertNew(queue, first_new);
      continue;
    }
    const auto older = [](const Entry& a, const Entry& b) { return a.OlderThan(b); };
    Entry* const middle = queue.entries.begin() + first_new;
    std::sort(middle, queue.entries.end(), older);
    if (first_new > 0 && middle->OlderThan(*(middle - 1))) {
      std::inplace_merge(queue.entries.begin(), middle, queue.entries.end(), older);
      queue.first_uncounted = 0;
    }
  }
}

// Each to its place by age, from the youngest side.
void Switch::InsertNew(Queue& queue, size_t first_new) {
  Entry* const begin = queue.entries.begin();
  for (Entry* entry = begin + first_new; entry != queue.entries.end(); ++entry) {
    if (entry == begin || !entry->OlderThan(*(entry - 1))) {
      continue;
    }
    const Entry moved = *entry;
    Entry* place = entry;
    for (; place != begin && moved.OlderThan(*(place - 1)); --place) {
      *place = *(place - 1);
    }
    *place = moved;
    if (place < begin + first_new) {
      queue.first_uncounted = 0;
    }
  }
}

Ticks Switch::RunEachOutput(Ticks window_end) {
  Ticks next = kNever;
  for (const int output : active_) {
    while (true) {
      const StartChoice choice = Choose(output, window_end);
      if (choice.start >= window_end) {
        next = std::min(next, choice.start);
        break;
      }
      Start(output, choice, window_end);
    }
  }
  return next;
}

Ticks Switch::RunMerged(Ticks window_end) {
  using Action = std::pair<Ticks, int>;  // start, output
  std::priority_queue<Action, std::vector<Action>, std::greater<>> actions;
  for (const int output : active_) {
    actions.push({Choose(output, window_end).start, output});
  }
  while (!actions.empty() && actions.top().first < window_end) {
    const int output = actions.top().second;
    actions.pop();
    Start(output, Choose(output, window_end), window_end);
    actions.push({Choose(output, window_end).start, output});
  }
  return actions.empty() ? kNever : actions.top().first;
}

// The virtual channel whose oldest packet can start first; of several, the oldest packet.
StartChoice Switch::Choose(int output, Ticks window_end) {
  if (options_.arbitration == Arbitration::kRoundRobin) {
    return ChooseInTurn(output, window_end);
  }
  Transmitter& transmitter = outputs_[static_cast<size_t>(output)].transmitter;
  StartChoice best;
  const Entry* best_entry = nullptr;
  for (const int lane : outputs_[static_cast<size_t>(output)].lanes) {
    const Entry& entry = QueueOf(output, lane).entries.front();
    StartChoice offer =
        transmitter.Offer(Eligible(entry, transmitter), lane, entry.train.payload, window_end);
    if (offer.start < best.start ||
        (offer.start == best.start && best_entry != nullptr && entry.OlderThan(*best_entry))) {
      offer.other_start = std::min(best.start, best.other_start);
      best = offer;
      best_entry = &entry;
    } else {
      best.other_start = std::min(best.other_start, offer.start);
    }
  }
  return best;
}

// When another input or virtual channel than the chosen one could come next.
Ticks Switch::NextInTurn(int output, const StartChoice& choice, const Offers& offers) const {
  const Transmitter& transmitter = outputs_[static_cast<size_t>(output)].transmitter;
  const int64_t turn = TurnOf(QueueOf(output, choice.lane).entries[choice.entry], choice.lane);
  Ticks next = kNever;
  for (int lane = 0; lane < times_->virtual_channels; ++lane) {
    const Ticks offered = offers[static_cast<size_t>(lane)].start;
    if (lane != choice.lane && offered > choice.start) {
      next = std::min(next, offered);
      continue;
    }
    const Queue& queue = QueueOf(output, lane);
    for (size_t i = 0; i < queue.entries.size() && queue.entries[i].train.time < next; ++i) {
      if (TurnOf(queue.entries[i], lane) != turn) {
        next = std::min(next, Eligible(queue.entries[i], transmitter));
      }
    }
  }
  return next;
}

// The first lanes that could start a full packet, then in turn what has come in on them by then.
StartChoice Switch::ChooseInTurn(int output, Ticks window_end) {
  const Output& out = outputs_[static_cast<size_t>(output)];
  Transmitter& transmitter = outputs_[static_cast<size_t>(output)].transmitter;
  Offers offers;
  Ticks start = kNever;
  for (int lane = 0; lane < times_->virtual_channels; ++lane) {
    const Queue& queue = QueueOf(output, lane);
    Ticks first = kNever;
    for (size_t i = 0; i < queue.entries.size() && queue.entries[i].train.time < first; ++i) {
      first = std::min(first, Eligible(queue.entries[i], transmitter));
    }
    if (first != kNever) {
      StartChoice& offer = offers[static_cast<size_t>(lane)];
      offer = transmitter.Offer(first, lane, times_->full_payload, window_end);
      start = std::min(start, offer.start);
    }
  }
  StartChoice best;
  best.start = start;
  if (start >= window_end) {
    return best;
  }
  const auto key = [&](const Entry& entry, int lane) {
    const int64_t turn = TurnOf(entry, lane);
    return std::pair(turn <= out.turn, turn);
  };
  for (int lane = 0; lane < times_->virtual_channels; ++lane) {
    const StartChoice& offer = offers[static_cast<size_t>(lane)];
    const Queue& queue = QueueOf(output, lane);
    for (size_t i = 0; offer.start == start && i < queue.entries.size(); ++i) {
      const Entry& entry = queue.entries[i];
      if (Eligible(entry, transmitter) <= start &&
          (best.lane < 0 ||
           key(entry, lane) < key(QueueOf(output, best.lane).entries[best.entry], best.lane))) {
        best = offer;
        best.entry = i;
      }
    }
  }
  const Entry& chosen = QueueOf(output, best.lane).entries[best.entry];
  best.ready = std::max(Eligible(chosen, transmitter), transmitter.free());
  best.other_start = NextInTurn(output, best, offers);
  return best;
}

// How many packets may leave from choice.start on before something else has to be decided: the end
// of the window, an older packet of this virtual channel, any of another one.
int64_t Switch::TrainLimit(const Queue& queue, const StartChoice& choice, const PacketShape& shape,
                           Ticks window_end) const {
  const Entry& entry = queue.entries.front();
  if (!times_->trains || entry.train.packets == 1) {
    return 1;
  }
  int64_t limit = std::min<int64_t>(
      entry.train.packets,
      StartsBefore(std::min(window_end, choice.other_start), choice.start, shape.ticks));
  const Ticks spacing = PacketTime(entry);
  if (spacing > shape.ticks) {
    // A slower input: the packets' eligible times run away from the starts.
    limit = std::min(limit, (choice.start - entry.train.time) / (spacing - shape.ticks));
  }
  if (queue.entries.size() > 1 && options_.arbitration == Arbitration::kOldestFirst) {
    // Packets that arrive before the next train's first one; at the same instant the lower input
    // wins.
    const Entry& next = queue.entries[1];
    const Ticks until = next.train.time + (entry.input < next.input ? 1 : 0);
    limit = std::min(limit, StartsBefore(until, entry.train.time, spacing));
  }
  return limit;
}

void Switch::Start(int output, const StartChoice& choice, Ticks window_end) {
  Transmitter& transmitter = outputs_[static_cast<size_t>(output)].transmitter;
  Queue& queue = QueueOf(output, choice.lane);
  if (options_.arbitration == Arbitration::kRoundRobin) {
    BringToFront(queue, choice.entry);
    outputs_[static_cast<size_t>(output)].turn = TurnOf(queue.entries.front(), choice.lane);
  }
  const Entry& entry = queue.entries.front();
  const PacketShape& shape = transmitter.ShapeOf(entry.train.payload);
  const int64_t limit = TrainLimit(queue, choice, shape, window_end);
  int64_t packets = 0;
  if (entry.train.is_message()) [[likely]] {
    packets = transmitter.Send(entry.train, choice, limit);
    const Input& in = inputs_[entry.input];
    in.sender->credits().Return(CreditOf(choice.start + shape.ticks + in.times->control_delay,
                                         shape.ticks, shape.units, static_cast<uint32_t>(packets),
                                         static_cast<uint8_t>(entry.came_on)));
  } else {
    packets = SendInside(entry, output, choice, limit);
  }
  CountWaiting(output, choice.start, packets, shape.ticks);
  Shorten(output, choice.lane, packets);
}

// Shorten puts what is left of it back in its place.
void Switch::BringToFront(Queue& queue, size_t entry) {
  Entry* const begin = queue.entries.begin();
  std::rotate(begin, begin + entry, begin + entry + 1);
  queue.first_uncounted = 0;
}

// Takes packets off the first train; what is left goes back to its place by age.
void Switch::Shorten(int output, int lane, int64_t packets) {
  Queue& queue = QueueOf(output, lane);
  Entry& first = queue.entries.front();
  queue.waiting -= packets;
  if (packets == first.train.packets) {
    queue.entries.pop();
    --queue.sorted;
    queue.first_uncounted -= queue.first_uncounted > 0 ? 1 : 0;
    if (queue.entries.empty()) {
      outputs_[static_cast<size_t>(output)].lanes.Remove(lane);
    }
    return;
  }
  first.train.packets -= static_cast<uint32_t>(packets);
  first.counted -= static_cast<uint32_t>(packets);
  first.train.time += packets * PacketTime(first);
  const Entry rest = first;
  Entry* const begin = queue.entries.begin();
  Entry* end = begin + 1;
  while (end != queue.entries.end() && end->OlderThan(rest)) {
    ++end;
  }
  std::copy(begin + 1, end, begin);
  *(end - 1) = rest;
  const auto place = static_cast<size_t>(end - 1 - begin);
  if (queue.first_uncounted > 0 && place >= queue.first_uncounted) {
    --queue.first_uncounted;
  }
}

uint32_t Switch::ArrivedBy(Ticks now, const Entry& entry) const {
  const Record& train = entry.train;
  if (train.time > now) {
    return 0;
  }
  if (train.packets == 1) {
    return 1;
  }
  return static_cast<uint32_t>(
      std::min<Ticks>(train.packets, (now - train.time) / PacketTime(entry) + 1));
}

// Brings the counts of an output up to `now`; returns the packets that have arrived and not left.
int64_t Switch::CountArrived(int output, Ticks now) {
  int64_t waiting = 0;
  for (const int lane : outputs_[static_cast<size_t>(output)].lanes) {
    Queue& queue = QueueOf(output, lane);
    bool all_counted = true;
    for (size_t i = queue.first_uncounted; i < queue.entries.size(); ++i) {
      Entry& entry = queue.entries[i];
      if (entry.train.time > now) {
        break;
      }
      const uint32_t arrived = ArrivedBy(now, entry);
      queue.waiting += arrived - entry.counted;
      entry.counted = arrived;
      all_counted &= arrived == entry.train.packets;
      queue.first_uncounted += all_counted ? 1 : 0;
    }
    waiting += queue.waiting;
  }
  return waiting;
}

// Counts the packets that wait at each start of a train, the starting one included.
void Switch::CountWaiting(int output, Ticks start, int64_t packets, Ticks packet_time) {
  int64_t peak = CountArrived(output, start);
  if (packets > 1) {
    peak = std::max(peak, PeakOfTrain(output, peak, start, packets, packet_time));
    CountArrived(output, start + (packets - 1) * packet_time);
  }
  outputs_[static_cast<size_t>(output)].transmitter.CountQueue(peak);
}

// At equal rates: with one train arriving, each start at most makes up for an arrival; with
// several, the queue grows until one of them has arrived whole, or to the last start. With lanes
// lost somewhere, every start is looked at.
int64_t Switch::PeakOfTrain(int output, int64_t waiting, Ticks start, int64_t packets,
                            Ticks packet_time) {
  const Ticks last = start + (packets - 1) * packet_time;
  arriving_.clear();
  bool equal_rates = true;
  for (const int lane : outputs_[static_cast<size_t>(output)].lanes) {
    const Queue& queue = QueueOf(output, lane);
    for (size_t i = queue.first_uncounted;
         i < queue.entries.size() && queue.entries[i].train.time <= last; ++i) {
      if (queue.entries[i].counted < queue.entries[i].train.packets) {
        arriving_.push_back(&queue.entries[i]);
        equal_rates &= !uneven_ || queue.entries[i].train.packets == 1 ||
                       PacketTime(queue.entries[i]) == packet_time;
      }
    }
  }
  if (arriving_.size() < 2 && equal_rates) {
    return waiting;
  }
  const auto waiting_at = [&](int64_t started) {
    int64_t sum = waiting - started;
    for (const Entry* entry : arriving_) {
      sum += ArrivedBy(start + started * packet_time, *entry) - entry->counted;
    }
    return sum;
  };
  int64_t peak = waiting_at(packets - 1);
  for (int64_t started = 0; !equal_rates && started < packets - 1; ++started) {
    peak = std::max(peak, waiting_at(started));
  }
  for (const Entry* entry : arriving_) {
    const Record& train = entry->train;
    const Ticks whole = train.time + (train.packets - 1) * PacketTime(*entry) - start;
    const int64_t started =
        std::clamp<int64_t>((whole + packet_time - 1) / packet_time, 0, packets - 1);
    peak = std::max(peak, waiting_at(started));
  }
  return peak;
}

int64_t Switch::packets_held() const {
  int64_t held = inside_ != nullptr ? inside_->reduction.held() : 0;
  for (const Queue& queue : queues_) {
    for (size_t i = 0; i < queue.entries.size(); ++i) {
      held += queue.entries[i].train.packets;
    }
  }
  return held;
}

void Switch::Reset() {
  for (Input& input : inputs_) {
    input.packets.records.clear();
  }
  for (Output& output : outputs_) {
    output.transmitter.Reset();
    output.lanes.Clear();
    output.active = false;
    output.turn = -1;
  }
  for (Queue& queue : queues_) {
    queue.entries.clear();
    queue.sorted = 0;
    queue.first_uncounted = 0;
    queue.waiting = 0;
  }
  active_.clear();
  if (inside_ != nullptr) {
    inside_->multicast.Reset();
    inside_->reduction.Reset();
  }
  faults_passed_ = 0;
}

int64_t Switch::MemoryBytes() const {
  size_t bytes = sizeof(Switch) + inputs_.capacity() * sizeof(Input) +
                 outputs_.capacity() * sizeof(Output) + queues_.capacity() * sizeof(Queue) +
                 active_.capacity() * sizeof(int);
  int64_t credits = 0;
  for (const Input& input : inputs_) {
    bytes += input.packets.records.memory_bytes();
  }
  for (const Output& output : outputs_) {
    credits += output.transmitter.MemoryBytes();
  }
  for (const Queue& queue : queues_) {
    bytes += queue.entries.memory_bytes();
  }
  if (inside_ != nullptr) {
    credits += inside_->multicast.MemoryBytes() + inside_->reduction.MemoryBytes();
  }
  return static_cast<int64_t>(bytes) + credits;
}

}  // namespace upfabric::fabric
