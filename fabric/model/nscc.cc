#include "fabric/model/nscc.h"

#include <algorithm>

namespace upfabric::fabric {

using sim::Ticks;

namespace {

constexpr int64_t kOne = NsccGains::kOne;

// a x b / c, rounded down; the product may be longer than 64 bits.
int64_t MultiplyDivide(int64_t a, int64_t b, int64_t c) {
  return static_cast<int64_t>(static_cast<internal::Int128>(a) * b / c);
}

// In 1/65,536.
int64_t Fixed(Ratio ratio) { return MultiplyDivide(ratio.numerator(), kOne, ratio.denominator()); }

int64_t BytesIn(Bandwidth rate, Ticks time, const sim::Clock& clock) {
  const Ratio ticks_per_byte = rate.PicosecondsPerByte() * Ratio(clock.ticks_per_picosecond());
  return MultiplyDivide(time, ticks_per_byte.denominator(), ticks_per_byte.numerator());
}

}  // namespace

NsccGains::NsccGains(const NsccSpec& spec, const FlowTimes& times)
    : round_trip(times.round_trip), packet(times.packet_bytes) {
  const Ticks reference = times.clock.FromPicoseconds(spec.reference_round_trip);
  const int64_t bdp = BytesIn(times.rate, round_trip, times.clock);
  target = std::max<Ticks>(1, MultiplyDivide(round_trip, Fixed(spec.target), kOne));
  fast_delay = times.clock.FromPicoseconds(spec.fast_delay);
  quick_delay = MultiplyDivide(target, Fixed(spec.quick_threshold), kOne);
  max_window = std::max(packet, MultiplyDivide(bdp, Fixed(spec.max_window), kOne));
  adjust_bytes = packet * spec.adjust_packets;
  quick_bytes = max_window / spec.quick_gate;
  const int64_t a = MultiplyDivide(bdp, kOne, BytesIn(spec.reference_rate, reference, times.clock));
  const int64_t b = MultiplyDivide(target, kOne, reference);
  const int64_t packet_a = packet * a;
  fair = MultiplyDivide(packet_a, Fixed(spec.fair_gain), kOne);
  constant = MultiplyDivide(packet_a, Fixed(spec.constant_gain), kOne);
  proportional =
      MultiplyDivide(MultiplyDivide(packet_a, b, kOne), Fixed(spec.proportional_gain), kOne);
  fast = MultiplyDivide(a, Fixed(spec.fast_gain), kOne);
  decrease = Fixed(spec.decrease);
  weight = Fixed(spec.average_weight);
}

Nscc::Nscc(const NsccGains& gains) : gains_(&gains), window_(gains.max_window * kOne) {}

void Nscc::OnAck(const AckNews& news) {
  if (!begun_) {
    begun_ = true;
    adjusted_ = constant_added_ = news.now;
    quick_end_ = news.now + gains_->round_trip + gains_->target;
  }
  const Ticks delay = std::max<Ticks>(news.round_trip - gains_->round_trip, 0);
  average_ += MultiplyDivide(delay - average_, gains_->weight, kOne);
  trouble_ |= delay > gains_->quick_delay;
  achieved_ += news.bytes;
  if (QuickAdapt(news)) {
    return;
  }
  if (ignored_ > 0) {
    ignored_ -= news.bytes;
    return;
  }
  undelayed_ = delay <= gains_->fast_delay ? undelayed_ + news.bytes : 0;
  since_adjust_ += news.bytes;
  if (undelayed_ > window()) {
    SetWindow(window_ + news.bytes * gains_->fast);
  } else if (!news.marked) {
    Increase(news, delay);
  } else if (delay >= gains_->target) {
    Decrease(news.now);
  }
  if (news.now - adjusted_ >= gains_->round_trip || since_adjust_ >= gains_->adjust_bytes) {
    Adjust(news.now);
  }
}

void Nscc::Increase(const AckNews& news, Ticks delay) {
  const Ticks spare = gains_->target - delay;
  increase_ += spare > 0 ? MultiplyDivide(gains_->proportional * news.bytes, spare, gains_->target)
                         : gains_->fair * news.bytes;
}

void Nscc::Decrease(Ticks now) {
  if (average_ <= gains_->target || (cut_ > 0 && now - cut_ < gains_->round_trip)) {
    return;
  }
  const int64_t lost = MultiplyDivide(gains_->decrease, average_ - gains_->target, average_);
  SetWindow(MultiplyDivide(window_, std::max(kOne - lost, kOne / 2), kOne));
  cut_ = now;
}

void Nscc::Adjust(Ticks now) {
  int64_t window = window_ + increase_ / std::max<int64_t>(this->window(), 1);
  increase_ = 0;
  since_adjust_ = 0;
  adjusted_ = now;
  if (now - constant_added_ >= gains_->round_trip) {
    window += gains_->constant;
    constant_added_ = now;
  }
  SetWindow(window);
}

bool Nscc::QuickAdapt(const AckNews& news) {
  if (news.now < quick_end_) {
    return false;
  }
  const bool adapts = trouble_ && achieved_ < gains_->quick_bytes;
  if (adapts) {
    SetWindow(achieved_ * kOne);
    increase_ = 0;
    ignored_ = news.in_flight - news.bytes;
  }
  achieved_ = 0;
  trouble_ = false;
  quick_end_ = news.now + gains_->round_trip + gains_->target;
  return adapts;
}

void Nscc::OnLoss(Ticks /*now*/, int64_t bytes) {
  trouble_ = true;
  SetWindow(window_ - bytes * kOne);
}

void Nscc::SetWindow(int64_t window) {
  window_ = std::clamp(window, gains_->packet * kOne, gains_->max_window * kOne);
}

}  // namespace upfabric::fabric
