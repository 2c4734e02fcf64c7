#include "fabric/model/transmitter.h"

#include "fabric/base/fingerprint.h"

namespace upfabric::fabric {

using sim::Record;
using sim::Ticks;

int64_t Transmitter::Send(const Record& train, const StartChoice& choice, int64_t packets) {
  const PacketShape* shape = &ShapeOf(train.payload);
  bool fails = false;
  if (Fails(*shape, packets)) [[unlikely]] {
    const int64_t passing = PassingPackets(*shape);
    fails = passing == 0;
    packets = fails ? 1 : passing;  // a failing one goes by itself
  }
  const int64_t sent = credits_.TakeTrain(choice.start, choice.lane, *shape, packets);
  Ticks start = choice.start;
  bool slow = slow_;
  if (fails) [[unlikely]] {
    start = Replay(start, train.payload, shape);
    slow = shape != &times_->ShapeAsBuilt(train.payload);
  }
  Record part = train;
  part.time = start + times_->data_delay;
  part.packets = static_cast<uint32_t>(sent);
  part.position -= train.packets - part.packets;
  part.mark = slow ? 1 : 0;
  if (part.packets < train.packets) {
    part.flags = part.flags_without_last();
  }
  if (extends_) {
    outlet_.EmitTrain(part, shape->ticks);
  } else {
    outlet_.Emit(part);
    extends_ = times_->trains;
  }
  free_ = start + sent * shape->ticks;
  ++sent_.records;
  sent_.packets += sent;
  sent_.payload_bytes += sent * train.payload;
  sent_.wire_units += sent * shape->units;
  sent_.busy += free_ - choice.start;
  sent_.credit_stall += choice.start - choice.ready;
  if (log_ != nullptr) [[unlikely]] {
    log_->Add(train, {train.time, choice.ready, choice.start, start, shape->ticks}, sent);
  }
  return sent;
}

// Returns when the copy starts that arrives well, and its shape then, in case lanes change before.
Ticks Transmitter::Replay(Ticks start, uint16_t payload, const PacketShape*& shape) {
  do {
    const Ticks again = start + shape->ticks + times_->replay_delay;
    // Units that the wire carries until then, rounded down.
    const auto carried = static_cast<internal::Int128>(again - start) * shape->units / shape->ticks;
    sent_.discarded_units += static_cast<int64_t>(carried);
    ++sent_.replays;
    start = again;
    shape = &ShapesAt(start)[payload];
    DrawNextFailure();
  } while (Fails(*shape, 1));
  extends_ = false;
  return start;
}

const std::vector<PacketShape>& Transmitter::ShapesAt(Ticks now) const {
  return times_->shape_tables->For(times_->faults->Slowdown(place_.link, now));
}

void Transmitter::Place(const ChannelPlace& place) {
  place_ = place;
  SetErrors(times_->errors->For(times_->flit_error_rate));
}

void Transmitter::PassFaults(Ticks now) {
  not_before_ = now;
  const std::vector<PacketShape>* shapes = &ShapesAt(now);
  extends_ = extends_ && shapes == shapes_;
  shapes_ = shapes;
  slow_ = shapes != times_->shapes;
  const Ratio rate = times_->faults->ErrorRate(place_.link, now, times_->flit_error_rate);
  SetErrors(times_->errors->For(rate));
  for (const FaultTimeline::Leak& leak : times_->faults->Leaks(place_.link)) {
    if (leak.time == now && leak.forward == place_.forward) {
      sent_.leaked_units += credits_.Leak(now, leak.virtual_channel, leak.units);
    }
  }
}

void Transmitter::SetErrors(const FlitErrors* errors) {
  if (errors != errors_) {
    errors_ = errors;
    DrawNextFailure();
  }
}

// The draw is keyed by the wire index from which it looks ahead, which counts all units that the
// channel has carried, discarded ones included.
void Transmitter::DrawNextFailure() {
  constexpr uint64_t kPurpose = 0x666c6974;  // "flit"
  if (errors_ == nullptr) {
    fails_at_ = kNoFailure;
    return;
  }
  const int64_t wire_index = sent_.wire_units + sent_.discarded_units;
  const uint64_t draw = Chain(Chain(place_.draw_key, static_cast<uint64_t>(wire_index)), kPurpose);
  fails_at_ = errors_->NextFailing(wire_index, draw) - sent_.discarded_units;
}

void Transmitter::Reset() {
  credits_.Reset();
  if (ethernet_ != nullptr) {
    ethernet_->pauses.Reset();
  }
  free_ = 0;
  not_before_ = 0;
  shapes_ = times_->shapes;
  slow_ = false;
  extends_ = times_->trains;
  SetErrors(times_->errors->For(times_->flit_error_rate));
}

}  // namespace upfabric::fabric
