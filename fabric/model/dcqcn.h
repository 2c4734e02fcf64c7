// Rate control of RoCE (DCQCN): a pace for each flow.
//
// Models:  a notice of congestion, at most one each cut interval: target = rate, rate x= 1 -
// alpha/2,
//          alpha = (1 - g) alpha + g; the first one only sets alpha to 1 and starts the timers.
//          Each alpha interval without a notice alpha x= 1 - g. Each increase interval after a cut,
//          in rounds: the first ones go half the way back to the target; the next adds the additive
//          increase to the target before, those after it the hyper increase.
// Omits:   increases by bytes sent.
// Units:   ticks; rates in 2^-30 of the link's.
// Source:  docs/sources.md, key HPCC.

#ifndef UPFABRIC_FABRIC_MODEL_DCQCN_H_
#define UPFABRIC_FABRIC_MODEL_DCQCN_H_

#include <cstdint>

#include "fabric/model/congestion_control.h"

namespace upfabric::fabric {

// Rates and gains in 2^-30.
struct DcqcnGains {
  static constexpr int64_t kOne = int64_t{1} << 30;

  DcqcnGains(const DcqcnSpec& spec, const FlowTimes& times);

  sim::Ticks alpha_interval;
  sim::Ticks cut_interval;
  sim::Ticks increase_interval;
  int64_t gain;
  int64_t additive;
  int64_t hyper;
  int64_t min_rate;
  int fast_rounds;
};

class Dcqcn final : public CongestionControl {
 public:
  // `gains` outlive it.
  explicit Dcqcn(const DcqcnGains& gains) : gains_(&gains) {}

  void OnNotice(sim::Ticks now) override;
  sim::Ticks OnSend(sim::Ticks start, sim::Ticks length) override;

  int64_t rate() const { return rate_; }  // as of the last call

 private:
  // Does what timers have asked for up to `now`.
  void CatchUp(sim::Ticks now);
  void RaiseRate();

  const DcqcnGains* gains_;
  int64_t rate_ = DcqcnGains::kOne;
  int64_t target_ = DcqcnGains::kOne;
  int64_t alpha_ = 0;
  int rounds_ = 0;                        // of increase, since the last cut
  sim::Ticks cut_ = 0;                    // when last
  sim::Ticks alpha_falls_ = sim::kNever;  // when next, without a notice
  sim::Ticks rate_rises_ = sim::kNever;   // when next
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_DCQCN_H_
