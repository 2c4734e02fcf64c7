#include "fabric/model/congestion_control.h"

#include "fabric/model/dcqcn.h"
#include "fabric/model/nscc.h"

namespace upfabric::fabric {
namespace {

class UnlimitedFactory final : public CongestionControlFactory {
 public:
  std::unique_ptr<CongestionControl> Make() const override {
    return std::make_unique<CongestionControl>();
  }
};

template <typename Control, typename Gains>
class Factory final : public CongestionControlFactory {
 public:
  explicit Factory(const Gains& gains) : gains_(gains) {}
  std::unique_ptr<CongestionControl> Make() const override {
    return std::make_unique<Control>(gains_);
  }

 private:
  Gains gains_;
};

}  // namespace

std::unique_ptr<CongestionControlFactory> CongestionControlFactory::Create(
    const TransportSpec& spec, const FlowTimes& times) {
  if (const auto* nscc = std::get_if<NsccSpec>(&spec.congestion_control)) {
    return std::make_unique<Factory<Nscc, NsccGains>>(NsccGains(*nscc, times));
  }
  if (const auto* dcqcn = std::get_if<DcqcnSpec>(&spec.congestion_control)) {
    return std::make_unique<Factory<Dcqcn, DcqcnGains>>(DcqcnGains(*dcqcn, times));
  }
  return std::make_unique<UnlimitedFactory>();
}

}  // namespace upfabric::fabric
