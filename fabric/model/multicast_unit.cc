#include "fabric/model/multicast_unit.h"

#include <algorithm>
#include <limits>

namespace upfabric::fabric {

using sim::Ticks;

uint16_t MulticastUnit::Hold(int input, const sim::Record& train, size_t copies) {
  Input& in = inputs_[static_cast<size_t>(input)];
  if (in.names.empty()) {
    UPF_CHECK_OP(in.held.size(), <=, size_t{std::numeric_limits<uint16_t>::max()});
    in.names.push_back(static_cast<uint16_t>(in.held.size()));
    in.held.emplace_back();
  }
  const uint16_t name = in.names.back();
  in.names.pop_back();
  Held& held = in.held[name];
  held.packets = train.packets;
  held.gone = 0;
  held.virtual_channel = train.virtual_channel();
  held.copies.assign(train.packets, static_cast<uint32_t>(copies));
  held.left.assign(train.packets, 0);
  replicated_ += static_cast<int64_t>(copies - 1) * train.packets;
  return name;
}

// A copy's packets leave in their order, at least a packet time apart; so do the latest of all
// copies, and the packets that are gone are always the first ones.
void MulticastUnit::CopyLeaves(int input, uint16_t name, Ticks start, int64_t sent,
                               uint32_t remaining, Ticks packet_time, const PacketShape& shape,
                               Ticks control_delay, CreditPool& credits_out) {
  Input& in = inputs_[static_cast<size_t>(input)];
  Held& held = in.held[name];
  const uint32_t first = held.packets - remaining;
  for (uint32_t i = 0; i < static_cast<uint32_t>(sent); ++i) {
    held.left[first + i] = std::max(held.left[first + i], start + (i + 1) * packet_time);
    --held.copies[first + i];
  }
  while (held.gone < held.packets && held.copies[held.gone] == 0) {
    const Ticks from = held.left[held.gone];
    uint32_t run = 1;
    while (held.gone + run < held.packets && held.copies[held.gone + run] == 0 &&
           held.left[held.gone + run] == from + run * shape.ticks) {
      ++run;
    }
    held.gone += run;
    credits_out.Return(
        CreditOf(from + control_delay, shape.ticks, shape.units, run, held.virtual_channel));
  }
  if (held.gone == held.packets) {
    in.names.push_back(name);
  }
}

void MulticastUnit::Reset() {
  for (Input& in : inputs_) {
    in.held.clear();
    in.names.clear();
  }
}

int64_t MulticastUnit::MemoryBytes() const {
  size_t bytes = inputs_.capacity() * sizeof(Input);
  for (const Input& in : inputs_) {
    bytes += in.names.capacity() * sizeof(uint16_t) + in.held.capacity() * sizeof(Held);
    for (const Held& held : in.held) {
      bytes += held.copies.capacity() * sizeof(uint32_t) + held.left.capacity() * sizeof(Ticks);
    }
  }
  return static_cast<int64_t>(bytes);
}

}  // namespace upfabric::fabric
