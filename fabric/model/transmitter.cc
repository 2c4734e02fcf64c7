#include "fabric/model/transmitter.h"

namespace upfabric::fabric {

using sim::Record;

int64_t Transmitter::Send(const Record& train, const StartChoice& choice, int64_t packets) {
  const PacketShape& shape = ShapeOf(train.payload);
  const int64_t sent = credits_.TakeTrain(choice.start, choice.lane, shape, packets);
  Record part = train;
  part.time = choice.start + times_->data_delay;
  part.packets = static_cast<uint32_t>(sent);
  if (part.packets < train.packets) {
    part.flags = part.flags_without_last();
  }
  if (times_->trains) {
    outlet_.EmitTrain(part, shape.ticks);
  } else {
    outlet_.Emit(part);
  }
  free_ = choice.start + sent * shape.ticks;
  ++sent_.records;
  sent_.packets += sent;
  sent_.payload_bytes += sent * train.payload;
  sent_.wire_units += sent * shape.units;
  sent_.busy += sent * shape.ticks;
  sent_.credit_stall += choice.start - choice.ready;
  return sent;
}

void Transmitter::Reset() {
  credits_.Reset();
  free_ = 0;
}

}  // namespace upfabric::fabric
