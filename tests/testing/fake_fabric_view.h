// The view of a rated FakeFabric (fake_message_port.h): the same figures in closed form.

#ifndef UPFABRIC_TESTS_TESTING_FAKE_FABRIC_VIEW_H_
#define UPFABRIC_TESTS_TESTING_FAKE_FABRIC_VIEW_H_

#include <optional>
#include <vector>

#include "fabric/api/fabric_view.h"
#include "tests/testing/fake_message_port.h"

namespace upfabric::testing {

class FakeFabricView : public fabric::FabricView {
 public:
  FakeFabricView(int endpoints, const FakeFigures& figures, bool has_in_switch = true, int pods = 1)
      : endpoints_(endpoints), figures_(figures), has_in_switch_(has_in_switch), pods_(pods) {}

  int endpoints() const override { return endpoints_; }
  int pods() const override { return pods_; }
  int planes() const override { return 1; }
  int links_per_endpoint() const override { return 1; }
  std::vector<fabric::PathElement> UnloadedPath() const override {
    return {{"path", Picoseconds(figures_.latency_ps)}};
  }
  Picoseconds UnloadedTime(Bytes message) const override {
    return Picoseconds(figures_.latency_ps) + InjectionTime(message, 1);
  }
  Picoseconds InjectionTime(Bytes message, int64_t count) const override {
    return Picoseconds(message.count() * figures_.link_ps_per_byte) * count;
  }
  Picoseconds LocalTime(Bytes traffic) const override {
    const int64_t per_ps = figures_.memory_bytes_per_ps;
    return Picoseconds(figures_.local_latency_ps + (traffic.count() + per_ps - 1) / per_ps);
  }
  std::optional<fabric::InSwitchAbilities> in_switch() const override {
    if (!has_in_switch_) {
      return std::nullopt;
    }
    return fabric::InSwitchAbilities{.groups = 1, .sessions = 1 << 20, .session_payload = Bytes(1)};
  }
  Picoseconds UnloadedReduceTime(Bytes size, int) const override {
    return UnloadedTime(size) + Picoseconds(figures_.latency_ps);
  }
  Ratio WireEfficiency(Bytes) const override { return Ratio(1); }
  Bandwidth EndpointRate() const override {
    return Bandwidth(Ratio(8'000'000'000'000, figures_.link_ps_per_byte));
  }

 private:
  int endpoints_;
  FakeFigures figures_;
  bool has_in_switch_;
  int pods_;
};

}  // namespace upfabric::testing

#endif  // UPFABRIC_TESTS_TESTING_FAKE_FABRIC_VIEW_H_
