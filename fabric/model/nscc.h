// Network signalled congestion control of Ultra Ethernet (NSCC): a window for each flow.
//
// Models:  with d the round trip of an acked packet less R, D the running average of d, T the
// target
//          delay, MTU a full packet, W the window, BDP = rate x R, and the scalings
//          a = BDP / (reference rate x reference round trip), b = T / reference round trip:
//            unmarked, d < T     inc += alpha x bytes x (T - d), alpha = 4 MTU a b / T
//            unmarked, d >= T    inc += fi x bytes, fi = 5 MTU a
//            marked, d < T       nothing
//            marked, d >= T      if D > T, once each R: W x= max(1 - gamma (D - T) / D, 1/2)
//            d about 0 for more than a window of bytes: W += fi_scale x bytes, fi_scale = a / 4
//            each R, or after some packets: W += inc / W, inc = 0, and once each R W += eta
//            loss                W -= the packet
//            quick adapt, each R + T: if a packet was lost or late (d above a multiple of T) and no
//            more than a share of the largest window has been acked, W is what has been acked, and
//            acks of what is in flight change nothing.
//          W stays between MTU and the largest window, with which it begins. The numbers are gains
//          of the preset; those above are the specification's.
// Omits:   receiver credits (RCCC), penalties that a destination asks for.
// Units:   ticks, wire bytes; inside, fractions of 1/65,536, rounded down.
// Source:  docs/sources.md, key UEC-NSCC.

#ifndef UPFABRIC_FABRIC_MODEL_NSCC_H_
#define UPFABRIC_FABRIC_MODEL_NSCC_H_

#include <cstdint>

#include "fabric/model/congestion_control.h"

namespace upfabric::fabric {

// Gains in 1/65,536.
struct NsccGains {
  static constexpr int64_t kOne = int64_t{1} << 16;

  NsccGains(const NsccSpec& spec, const FlowTimes& times);

  sim::Ticks round_trip;  // R
  sim::Ticks target;      // T
  sim::Ticks fast_delay;
  sim::Ticks quick_delay;
  int64_t packet;  // bytes, MTU
  int64_t max_window;
  int64_t adjust_bytes;
  int64_t quick_bytes;
  int64_t proportional;  // alpha x T, bytes
  int64_t fair;          // fi, bytes
  int64_t constant;      // eta, bytes
  int64_t fast;          // fi_scale
  int64_t decrease;      // gamma
  int64_t weight;
};

class Nscc final : public CongestionControl {
 public:
  // `gains` outlive it.
  explicit Nscc(const NsccGains& gains);

  void OnAck(const AckNews& news) override;
  void OnLoss(sim::Ticks now, int64_t bytes) override;
  int64_t window() const override { return window_ / NsccGains::kOne; }

 private:
  bool QuickAdapt(const AckNews& news);
  void Increase(const AckNews& news, sim::Ticks delay);
  void Decrease(sim::Ticks now);
  void Adjust(sim::Ticks now);
  void SetWindow(int64_t window);

  const NsccGains* gains_;
  int64_t window_;            // bytes, in 1/65,536
  int64_t increase_ = 0;      // inc, squared bytes in 1/65,536
  sim::Ticks average_ = 0;    // D
  int64_t since_adjust_ = 0;  // bytes acked
  int64_t undelayed_ = 0;     // bytes acked without delay, one after another
  int64_t achieved_ = 0;      // bytes acked in this period of quick adapt
  int64_t ignored_ = 0;       // bytes whose acks change nothing
  bool trouble_ = false;      // a loss or a late packet in this period
  bool begun_ = false;
  sim::Ticks adjusted_ = 0;  // when last
  sim::Ticks constant_added_ = 0;
  sim::Ticks cut_ = 0;
  sim::Ticks quick_end_ = 0;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_NSCC_H_
