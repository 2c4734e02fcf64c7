// Ethernet fabrics that mark, trim, drop and pause, for tests.

#ifndef UPFABRIC_TESTS_TESTING_ETHERNET_SPECS_H_
#define UPFABRIC_TESTS_TESTING_ETHERNET_SPECS_H_

#include "tests/testing/draws.h"
#include "tests/testing/fabric_shapes.h"
#include "tests/testing/fabric_specs.h"

namespace upfabric::fabric::testing {

// The gains of the specification.
inline NsccSpec Nscc() {
  NsccSpec nscc;
  nscc.target = Ratio(3, 4);
  nscc.max_window = Ratio(3, 2);
  nscc.reference_rate = Bandwidth(Ratio(100'000'000'000));
  nscc.reference_round_trip = Picoseconds(12'000'000);
  nscc.proportional_gain = Ratio(4);
  nscc.fair_gain = Ratio(5);
  nscc.constant_gain = Ratio(15, 100);
  nscc.fast_gain = Ratio(1, 4);
  nscc.fast_delay = Picoseconds(100'000);
  nscc.decrease = Ratio(4, 5);
  nscc.average_weight = Ratio(1, 80);
  nscc.adjust_packets = 8;
  nscc.quick_gate = 8;
  nscc.quick_threshold = Ratio(4);
  return nscc;
}

inline DcqcnSpec Dcqcn() {
  DcqcnSpec dcqcn;
  dcqcn.notice_interval = Picoseconds(4'000'000);
  dcqcn.alpha_interval = Picoseconds(1'000'000);
  dcqcn.cut_interval = Picoseconds(4'000'000);
  dcqcn.increase_interval = Picoseconds(20'000'000);
  dcqcn.gain = Ratio(1, 256);
  dcqcn.additive_increase = Bandwidth(Ratio(1'000'000'000));
  dcqcn.hyper_increase = Bandwidth(Ratio(10'000'000'000));
  dcqcn.min_rate = Bandwidth(Ratio(1'000'000'000));
  dcqcn.fast_rounds = 1;
  return dcqcn;
}

// A switch that marks and drops; no trimming, no pause.
inline SharedBufferSpec SmallBuffer() {
  SharedBufferSpec buffer;
  buffer.size = Bytes(200'000);
  buffer.alpha = Ratio(1, 2);
  buffer.mark_from = Bytes(20'000);
  buffer.mark_all = Bytes(60'000);
  buffer.mark_chance = Ratio(1, 2);
  return buffer;
}

// Every endpoint on one switch, 400 Gb/s, frames of 4 KiB.
inline FabricSpec SmallEthernet() {
  FabricSpec spec = SmallFabric();
  spec.protocol = Ethernet();
  spec.endpoints = 9;
  spec.switch_chip.routing = Routing::kHashed;
  spec.switch_chip.shared_buffer = SmallBuffer();
  TransportSpec transport;
  transport.entropies = 8;
  transport.ack_spacing = Bytes(16'384);
  transport.ack_delay = Picoseconds(500'000);
  transport.retransmit_timeout = Picoseconds(50'000'000);
  transport.congestion_control = Nscc();
  spec.endpoint.transport = transport;
  return spec;
}

// One switch, Clos or tree; any recovery, congestion control and thresholds.
inline FabricSpec RandomEthernet(Draws& draws) {
  FabricSpec spec = SmallEthernet();
  spec.endpoint.injection = Picoseconds(draws.Between(20'000, 200'000));
  spec.endpoint.delivery = Picoseconds(draws.Between(20'000, 200'000));
  spec.link.propagation = Picoseconds(draws.Between(0, 50'000));
  spec.switch_chip.pipeline = Picoseconds(draws.Between(1, 300'000));
  spec.switch_chip.virtual_channels = Small(draws, 3);
  spec.endpoints = static_cast<int>(draws.Between(2, 9));
  spec.groups = {{Small(draws, 3), Small(draws, 2)}};
  SharedBufferSpec& buffer = *spec.switch_chip.shared_buffer;
  buffer.size = Bytes(draws.Between(17'000, 300'000));  // a packet and more, whatever alpha is
  buffer.alpha = Ratio(draws.Between(1, 16), 4);
  buffer.mark_from = Bytes(draws.Between(1, 50'000));
  buffer.mark_all = buffer.mark_from + Bytes(draws.Between(0, 50'000));
  if (draws.Between(0, 1) == 0) {
    buffer.trim_above = Bytes(draws.Between(1, 100'000));
  }
  if (draws.Between(0, 1) == 0) {
    buffer.pause = PauseSpec{Bytes(draws.Between(5'000, 50'000)), Bytes(draws.Between(1, 5'000))};
  }
  TransportSpec& transport = *spec.endpoint.transport;
  transport.recovery = static_cast<Recovery>(draws.Between(0, 1));
  const bool in_order = transport.recovery == Recovery::kGoBackN;
  transport.entropies = in_order ? 1 : Small(draws, 16);
  transport.ack_spacing = Bytes(draws.Between(0, 20'000));
  transport.ack_delay = Picoseconds(draws.Between(1, 2'000'000));
  transport.retransmit_timeout = Picoseconds(draws.Between(5'000'000, 50'000'000));
  switch (draws.Between(0, 2)) {
    case 0:
      transport.congestion_control = Dcqcn();
      break;
    case 1:
      transport.congestion_control = std::monostate();
      break;
    default:
      break;
  }
  if (!in_order) {
    spec.switch_chip.routing = static_cast<Routing>(draws.Between(0, 3));
  }
  if (draws.Between(0, 1) == 0) {
    spec.link.has_errors = true;
    spec.link.errors.flit = Bytes(640);
    spec.link.errors.flit_error_rate = Ratio(1, 1'000);
    spec.link.errors.retry = {Bytes(1 << 20), Bytes(2'048), Picoseconds(50'000)};
  }
  switch (draws.Between(0, 2)) {
    case 0:
      DrawClos(draws, spec, 0, 0);
      break;
    case 1:
      DrawTree(draws, spec, 0, 0);
      break;
    default:
      break;
  }
  if (spec.endpoints < 2) {
    spec.shape = std::monostate();
    spec.endpoints = 2;
  }
  return spec;
}

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_ETHERNET_SPECS_H_
