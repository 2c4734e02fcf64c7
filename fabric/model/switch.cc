#include "fabric/model/switch.h"

#include <algorithm>
#include <queue>
#include <utility>

namespace upfabric::fabric {

using sim::kNever;
using sim::Record;
using sim::Ticks;

Switch::Switch(const HopTimes& times, const SwitchOptions& options, Ticks* next)
    : times_(&times),
      options_(options),
      inputs_(static_cast<size_t>(options.ports)),
      outputs_(static_cast<size_t>(options.ports)),
      queues_(static_cast<size_t>(options.ports * times.virtual_channels)) {
  for (Output& output : outputs_) {
    output.credits.Init(times.virtual_channels, options.endpoint_buffer_units, next);
  }
}

Ticks Switch::Advance(Ticks window_end) {
  const Ticks next_arrival = TakeArrivals(window_end);
  for (const int output : active_) {
    SortNew(output);
  }
  const Ticks next_start =
      options_.merge_outputs ? RunMerged(window_end) : RunEachOutput(window_end);
  std::erase_if(active_, [this](int output) {
    outputs_[static_cast<size_t>(output)].active = !Idle(output);
    return Idle(output);
  });
  return std::min(next_arrival, next_start);
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
      Enqueue(queue.front(), static_cast<uint32_t>(i));
      ++inputs_[i].received;
      queue.pop();
    }
  }
  return next;
}

// The route: a packet leaves towards its endpoint on the link of the same index as it came in on.
void Switch::Enqueue(const Record& packet, uint32_t input) {
  const int link = static_cast<int>(input) % options_.links_per_endpoint;
  const int output = packet.destination * options_.links_per_endpoint + link;
  QueueOf(output, packet.virtual_channel()).entries.push({packet, input});
  Output& out = outputs_[static_cast<size_t>(output)];
  if (!out.active) {
    out.active = true;
    active_.push_back(output);
  }
}

// What came in earlier windows is older than all that came in this one.
void Switch::SortNew(int output) {
  for (int lane = 0; lane < times_->virtual_channels; ++lane) {
    Queue& queue = QueueOf(output, lane);
    const auto older = [](const Entry& a, const Entry& b) {
      return a.packet.time != b.packet.time ? a.packet.time < b.packet.time : a.input < b.input;
    };
    Entry* const first = queue.entries.begin() + queue.sorted;
    Entry* const last = queue.entries.end();
    if (!std::is_sorted(first, last, older)) {
      std::stable_sort(first, last, older);
    }
    queue.sorted = queue.entries.size();
  }
}

Ticks Switch::RunEachOutput(Ticks window_end) {
  Ticks next = kNever;
  for (const int output : active_) {
    while (true) {
      const Choice choice = Choose(output, window_end);
      if (choice.start >= window_end) {
        next = std::min(next, choice.start);
        break;
      }
      Start(output, choice);
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
    Start(output, Choose(output, window_end));
    actions.push({Choose(output, window_end).start, output});
  }
  return actions.empty() ? kNever : actions.top().first;
}

// The virtual channel whose oldest packet can start first; of several, the oldest packet.
Switch::Choice Switch::Choose(int output, Ticks window_end) {
  Output& out = outputs_[static_cast<size_t>(output)];
  Choice best;
  const Entry* best_entry = nullptr;
  for (int lane = 0; lane < times_->virtual_channels; ++lane) {
    const Queue& queue = QueueOf(output, lane);
    if (queue.entries.empty()) {
      continue;
    }
    const Entry& entry = queue.entries.front();
    const Ticks ready = std::max(entry.packet.time, out.free);
    Ticks start = ready;
    if (ready < window_end) {
      start = out.credits.EarliestFor(ready, lane, (*times_->shapes)[entry.packet.payload].units,
                                      window_end);
    }
    const bool older = best_entry != nullptr && (entry.packet.time != best_entry->packet.time
                                                     ? entry.packet.time < best_entry->packet.time
                                                     : entry.input < best_entry->input);
    if (start < best.start || (start == best.start && older)) {
      best = {start, ready, lane};
      best_entry = &entry;
    }
  }
  return best;
}

void Switch::Start(int output, const Choice& choice) {
  CountWaiting(output, choice.start);
  Output& out = outputs_[static_cast<size_t>(output)];
  Queue& queue = QueueOf(output, choice.lane);
  const Entry& entry = queue.entries.front();
  const PacketShape& shape = (*times_->shapes)[entry.packet.payload];
  Record packet = entry.packet;
  packet.time = choice.start + times_->data_delay;
  out.credits.Take(choice.lane, shape.units);
  out.packets_out.Emit(packet);
  out.free = choice.start + shape.ticks;
  inputs_[entry.input].credits_out->Return(
      {out.free + times_->control_delay, shape.units, packet.virtual_channel()});
  ++out.sent.packets;
  out.sent.payload_bytes += packet.payload;
  out.sent.wire_units += shape.units;
  out.sent.busy += shape.ticks;
  out.sent.credit_stall += choice.start - choice.ready;
  queue.entries.pop();
  --queue.sorted;
  --queue.arrived;
}

// The peak is taken where packets start, since between starts the queue only grows.
void Switch::CountWaiting(int output, Ticks now) {
  int64_t waiting = 0;
  for (int lane = 0; lane < times_->virtual_channels; ++lane) {
    Queue& queue = QueueOf(output, lane);
    while (queue.arrived < queue.entries.size() &&
           queue.entries[queue.arrived].packet.time <= now) {
      ++queue.arrived;
    }
    waiting += static_cast<int64_t>(queue.arrived);
  }
  SendCounters& sent = outputs_[static_cast<size_t>(output)].sent;
  sent.queue_packets_max = std::max(sent.queue_packets_max, waiting);
}

bool Switch::Idle(int output) {
  for (int lane = 0; lane < times_->virtual_channels; ++lane) {
    if (!QueueOf(output, lane).entries.empty()) {
      return false;
    }
  }
  return true;
}

void Switch::Reset() {
  for (Input& input : inputs_) {
    input.packets.records.clear();
  }
  for (Output& output : outputs_) {
    output.credits.Reset();
    output.free = 0;
    output.active = false;
  }
  for (Queue& queue : queues_) {
    queue.entries.clear();
    queue.sorted = 0;
    queue.arrived = 0;
  }
  active_.clear();
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
    credits += output.credits.MemoryBytes();
  }
  for (const Queue& queue : queues_) {
    bytes += queue.entries.memory_bytes();
  }
  return static_cast<int64_t>(bytes) + credits;
}

}  // namespace upfabric::fabric
