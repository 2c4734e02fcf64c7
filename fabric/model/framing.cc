#include "fabric/model/framing.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "fabric/base/check.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {
namespace {

int64_t CeilDivide(int64_t a, int64_t b) { return a / b + (a % b != 0 ? 1 : 0); }

// Largest ratio of which both are whole multiples.
Ratio CommonMeasure(Ratio a, Ratio b) {
  const int64_t denominator = std::lcm(a.denominator(), b.denominator());
  return Ratio(std::gcd(a.numerator() * (denominator / a.denominator()),
                        b.numerator() * (denominator / b.denominator())),
               denominator);
}

}  // namespace

absl::StatusOr<Framing> Framing::Create(const ProtocolSpec& spec) {
  Framing framing;
  if (const auto* nvlink = std::get_if<NvlinkSpec>(&spec)) {
    framing.max_payload_ = nvlink->max_payload;
    framing.unit_bytes_ = Ratio(nvlink->flit.count());
    framing.step_ = nvlink->flit;
    framing.units_per_step_ = 1;
    framing.units_per_packet_ = nvlink->header_flits;
  } else if (const auto* ualink = std::get_if<UalinkSpec>(&spec)) {
    const Ratio overhead =
        Ratio(ualink->request.count() + ualink->response.count()) + ualink->flow_control_bytes;
    const Ratio beat(ualink->beat.count());
    const Ratio unit = CommonMeasure(beat, overhead);
    framing.max_payload_ = ualink->max_payload;
    framing.unit_bytes_ = unit * Ratio(ualink->flit.count(), ualink->flit_payload.count());
    framing.step_ = ualink->beat;
    framing.units_per_step_ = (beat / unit).numerator();
    framing.units_per_packet_ = (overhead / unit).numerator();
  } else {
    const auto& ethernet = std::get<EthernetSpec>(spec);
    framing.max_payload_ = ethernet.max_payload;
    framing.unit_bytes_ = Ratio(1);
    framing.step_ = ethernet.transaction;
    framing.units_per_step_ = ethernet.transaction_header.count();
    framing.units_per_packet_ = ethernet.frame_overhead.count();
    framing.units_per_payload_byte_ = 1;
    framing.units_min_ = ethernet.min_frame.count();
  }
  if (framing.max_payload_.count() > int64_t{sim::Record::kPayloadMax}) {
    return absl::InvalidArgumentError(absl::StrCat("largest payload ", framing.max_payload_.count(),
                                                   " B; at most 32767 B are supported"));
  }
  return framing;
}

int64_t Framing::UnitsOf(Bytes payload) const {
  UPF_CHECK_OP(payload.count(), >=, 0);
  UPF_CHECK_OP(payload.count(), <=, max_payload_.count());
  // A packet without payload still has its transaction's header.
  const int64_t steps = units_per_payload_byte_ != 0
                            ? std::max<int64_t>(1, CeilDivide(payload.count(), step_.count()))
                            : CeilDivide(payload.count(), step_.count());
  return std::max(units_min_, units_per_packet_ + units_per_step_ * steps +
                                  units_per_payload_byte_ * payload.count());
}

int64_t Framing::PacketsOf(Bytes message) const {
  return std::max<int64_t>(1, CeilDivide(message.count(), max_payload_.count()));
}

Bytes Framing::LastPayloadOf(Bytes message) const {
  return message - (PacketsOf(message) - 1) * max_payload_;
}

Ratio Framing::EfficiencyOf(Bytes payload) const {
  return Ratio(payload.count()) / (unit_bytes_ * Ratio(UnitsOf(payload)));
}

}  // namespace upfabric::fabric
