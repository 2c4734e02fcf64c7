#include "fabric/model/dcqcn.h"

#include <algorithm>

namespace upfabric::fabric {

using sim::kNever;
using sim::Ticks;

namespace {

constexpr int64_t kOne = DcqcnGains::kOne;

int64_t Fixed(Ratio ratio) {
  return static_cast<int64_t>(static_cast<internal::Int128>(ratio.numerator()) * kOne /
                              ratio.denominator());
}

int64_t ShareOf(Bandwidth part, Bandwidth whole) {
  return std::min(kOne, Fixed(part.bits_per_second() / whole.bits_per_second()));
}

int64_t Product(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<internal::Int128>(a) * b / kOne);
}

}  // namespace

DcqcnGains::DcqcnGains(const DcqcnSpec& spec, const FlowTimes& times)
    : alpha_interval(times.clock.FromPicoseconds(spec.alpha_interval)),
      cut_interval(times.clock.FromPicoseconds(spec.cut_interval)),
      increase_interval(times.clock.FromPicoseconds(spec.increase_interval)),
      gain(Fixed(spec.gain)),
      additive(ShareOf(spec.additive_increase, times.rate)),
      hyper(ShareOf(spec.hyper_increase, times.rate)),
      min_rate(std::max<int64_t>(1, ShareOf(spec.min_rate, times.rate))),
      fast_rounds(spec.fast_rounds) {}

void Dcqcn::OnNotice(Ticks now) {
  CatchUp(now);
  if (alpha_falls_ == kNever) {
    alpha_ = kOne;
    rate_rises_ = now + gains_->increase_interval;
  } else if (now - cut_ >= gains_->cut_interval) {
    target_ = rate_;
    rate_ = std::max(gains_->min_rate, rate_ - Product(rate_, alpha_) / 2);
    alpha_ += Product(kOne - alpha_, gains_->gain);
    rounds_ = 0;
    cut_ = now;
    rate_rises_ = now + gains_->increase_interval;
  }
  alpha_falls_ = now + gains_->alpha_interval;
}

Ticks Dcqcn::OnSend(Ticks start, Ticks length) {
  CatchUp(start);
  return start + static_cast<Ticks>(static_cast<internal::Int128>(length) * kOne / rate_);
}

void Dcqcn::CatchUp(Ticks now) {
  // Nothing moves any more once both have come to rest.
  for (; rate_rises_ <= now && rate_ < kOne; rate_rises_ += gains_->increase_interval) {
    RaiseRate();
  }
  for (; alpha_falls_ <= now && alpha_ > 0; alpha_falls_ += gains_->alpha_interval) {
    alpha_ -= std::max<int64_t>(1, Product(alpha_, gains_->gain));
  }
}

void Dcqcn::RaiseRate() {
  if (rounds_ >= gains_->fast_rounds) {
    target_ += rounds_ == gains_->fast_rounds ? gains_->additive : gains_->hyper;
    target_ = std::min(target_, kOne);
  }
  ++rounds_;
  rate_ = (rate_ + target_) / 2;
  // The last unit is lost to rounding.
  rate_ += rate_ + 1 == target_ ? 1 : 0;
}

}  // namespace upfabric::fabric
