// Fabric descriptions for tests: small ones with round numbers, and random ones.

#ifndef UPFABRIC_TESTS_TESTING_FABRIC_SPECS_H_
#define UPFABRIC_TESTS_TESTING_FABRIC_SPECS_H_

#include <algorithm>
#include <cstdint>
#include <variant>

#include "fabric/model/faults.h"
#include "fabric/model/spec.h"
#include "fabric/topo/layout.h"
#include "tests/testing/draws.h"

namespace upfabric::fabric::testing {

inline NvlinkSpec Nvlink() {
  NvlinkSpec spec;
  spec.generation = 5;
  spec.flit = Bytes(16);
  spec.max_payload = Bytes(256);
  spec.header_flits = 2;
  return spec;
}

inline UalinkSpec Ualink() {
  UalinkSpec spec;
  spec.beat = Bytes(64);
  spec.max_payload = Bytes(256);
  spec.request = Bytes(8);
  spec.response = Bytes(4);
  spec.flow_control_bytes = Ratio(4, 5);
  spec.flit = Bytes(640);
  spec.flit_payload = Bytes(628);
  return spec;
}

// ESUN header with reliability header and CRC: 54 B around the payload.
inline EthernetSpec Ethernet() {
  EthernetSpec spec;
  spec.profile = "esun";
  spec.max_payload = Bytes(4096);
  spec.transaction = Bytes(256);
  spec.transaction_header = Bytes(0);
  spec.frame_overhead = Bytes(54);
  spec.min_frame = Bytes(84);
  return spec;
}

// Two lanes of 200 Gb/s data, 50 GB/s in all: 20 ps a byte. One plane, four endpoints.
inline FabricSpec SmallFabric() {
  FabricSpec spec;
  spec.id = "small";
  spec.protocol = Nvlink();
  spec.endpoint.injection = Picoseconds(100'000);
  spec.endpoint.delivery = Picoseconds(130'000);
  spec.endpoint.memory_bandwidth = Bandwidth(Ratio(8'000'000'000'000));  // 1 TB/s
  spec.endpoint.local_latency = Picoseconds(250'000);
  spec.endpoint.buffer_per_vc = Bytes(65'536);
  spec.link.lanes = 2;
  spec.link.lane_rate = Bandwidth(Ratio(212'500'000'000));
  spec.link.coding = Ratio(16, 17);
  spec.link.phy_tx = Picoseconds(25'000);
  spec.link.phy_rx = Picoseconds(20'000);
  spec.link.has_fec = true;
  spec.link.fec = {Ratio(5440), 2, Picoseconds(40'000)};
  spec.link.medium = "copper";
  spec.link.propagation = Picoseconds(6'900);
  spec.switch_chip.pipeline = Picoseconds(150'000);
  spec.switch_chip.virtual_channels = 1;
  spec.switch_chip.buffer_per_vc = Bytes(65'536);
  spec.switch_chip.radix = 72;
  spec.endpoints = 4;
  spec.groups = {{1, 1}};
  return spec;
}

// Units that hardly ever limit.
inline InSwitchSpec InSwitch() {
  InSwitchSpec inside;
  inside.groups = 16;
  inside.sessions = 1152;
  inside.session_payload = Bytes(4096);
  inside.units = 1;
  inside.throughput = Bandwidth(Ratio(28'800'000'000'000));
  inside.latency = Picoseconds(50'000);
  return inside;
}

// One to four sessions a port; units from too slow for one port to fast enough for all.
inline InSwitchSpec RandomInSwitch(Draws& draws, const FabricSpec& spec) {
  int links_max = 0;
  for (const PlaneGroupSpec& group : spec.groups) {
    links_max = std::max(links_max, group.links);
  }
  const int64_t packet = std::holds_alternative<EthernetSpec>(spec.protocol) ? 4096 : 256;
  InSwitchSpec inside;
  inside.groups = 2;
  inside.sessions = spec.endpoints * links_max * static_cast<int>(draws.Between(1, 4));
  inside.session_payload = Bytes(packet * draws.Between(1, 12));
  inside.units = static_cast<int>(draws.Between(1, 3));
  inside.throughput = Bandwidth(Ratio(draws.Between(1, 100) * 50'000'000'000));
  inside.latency = Picoseconds(draws.Between(0, 100'000));
  return inside;
}

// Any shape, protocol, delays and buffers; small enough for thousands of runs.
inline FabricSpec RandomFabric(Draws& draws) {
  FabricSpec spec = SmallFabric();
  switch (draws.Between(0, 2)) {
    case 0:
      break;
    case 1:
      spec.protocol = Ualink();
      spec.link.idle_tax = Ratio(1, 1024);
      spec.link.marker_tax = Ratio(1, 16'384);
      break;
    default:
      spec.protocol = Ethernet();
      spec.link.marker_tax = Ratio(1, 8192);
      break;
  }
  spec.endpoint.injection = Picoseconds(draws.Between(1, 200'000));
  spec.endpoint.delivery = Picoseconds(draws.Between(1, 200'000));
  spec.endpoint.buffer_per_vc = Bytes(draws.Between(5'000, 20'000));
  if (draws.Between(0, 1) == 0) {
    spec.link.lanes = 4;
    spec.link.lane_rate = Bandwidth(Ratio(106'250'000'000));
  }
  spec.link.propagation = Picoseconds(draws.Between(0, 50'000));
  if (draws.Between(0, 1) == 0) {
    spec.link.credit_step = Bytes(draws.Between(0, 900));
    spec.link.credit_resync = Picoseconds(draws.Between(0, 1) * draws.Between(1, 3'000'000));
  }
  spec.endpoint.spread = static_cast<Spread>(std::max<int64_t>(draws.Between(-2, 2), 0));
  if (draws.Between(0, 2) == 0) {
    spec.switch_chip.arbitration = Arbitration::kRoundRobin;
  }
  spec.link.has_fec = draws.Between(0, 1) == 1;
  spec.switch_chip.pipeline = Picoseconds(draws.Between(1, 300'000));
  spec.switch_chip.virtual_channels = static_cast<int>(draws.Between(1, 4));
  spec.switch_chip.buffer_per_vc = Bytes(draws.Between(5'000, 20'000));
  spec.endpoints = static_cast<int>(draws.Between(2, 9));
  spec.groups = {{static_cast<int>(draws.Between(1, 4)), static_cast<int>(draws.Between(1, 3))}};
  if (draws.Between(0, 2) == 0) {
    spec.groups.push_back({1, static_cast<int>(draws.Between(1, 2))});
  }
  if (draws.Between(0, 1) == 0) {
    spec.switch_chip.in_switch = RandomInSwitch(draws, spec);
  }
  if (draws.Between(0, 1) == 0) {
    spec.link.has_errors = true;
    spec.link.errors.flit = Bytes(draws.Between(0, 1) == 0 ? 64 : 640);
    constexpr int64_t kDenominators[] = {100, 1'000, 10'000, 100'000'000};
    spec.link.errors.flit_error_rate = Ratio(1, kDenominators[draws.Between(0, 3)]);
    spec.link.errors.retry = {Bytes(1 << 20), Bytes(draws.Between(0, 4'096)),
                              Picoseconds(draws.Between(0, 100'000))};
  }
  return spec;
}

inline Fault RandomFault(const FabricSpec& spec, Draws& draws) {
  const Layout layout = *Layout::Create(spec, 1);
  const auto planes = static_cast<int64_t>(layout.planes().size());
  const int classes = layout.channel_classes();
  const int channels = spec.switch_chip.virtual_channels / classes * classes;
  const auto trunks = static_cast<int64_t>(layout.trunks().size());
  const LinkRef link = {EndpointId(static_cast<int32_t>(draws.Between(0, spec.endpoints - 1))),
                        static_cast<int>(draws.Between(0, layout.links_per_endpoint() - 1))};
  // Trunks lose lanes and flits as other links do, but do not go down.
  LinkRef any = link;
  if (trunks > 0 && draws.Between(0, 1) == 0) {
    any = {EndpointId(), static_cast<int>(draws.Between(0, trunks - 1))};
  }
  Fault fault;
  fault.time = SimTime(Picoseconds(draws.Between(0, 4'000'000)));
  switch (draws.Between(0, 11)) {
    case 0:
    case 1:
      fault.what =
          PlaneStateFault{static_cast<int>(draws.Between(0, planes - 1)), draws.Between(0, 1) == 1};
      break;
    case 5:
    case 6:
      fault.what = LaneFault{any, static_cast<int>(draws.Between(1, spec.link.lanes))};
      break;
    case 2:
      fault.what =
          ErrorRateFault{any, spec.link.has_errors ? Ratio(draws.Between(0, 10), 1'000) : Ratio(0)};
      break;
    case 3:
      fault.what = SlowEndpointFault{link.endpoint, Ratio(draws.Between(2, 8), 2), Ratio(3, 2)};
      break;
    case 4:
      fault.what = CreditLeakFault{link, draws.Between(0, 1) == 1,
                                   static_cast<int>(draws.Between(0, channels - 1)),
                                   Bytes(draws.Between(1, 20'000))};
      break;
    default:
      fault.what = LinkStateFault{link, draws.Between(0, 2) == 0};
      break;
  }
  return fault;
}

// Up to a dozen faults; in most cases all links are up again at the end.
inline FaultSchedule RandomFaults(const FabricSpec& spec, Draws& draws) {
  FaultSchedule faults;
  const int64_t count = draws.Between(1, 12);
  for (int64_t i = 0; i < count; ++i) {
    faults.push_back(RandomFault(spec, draws));
  }
  if (draws.Between(0, 3) != 0) {
    FaultSchedule repairs;
    for (const Fault& fault : faults) {
      const SimTime time(Picoseconds(5'000'000));
      if (const auto* link = std::get_if<LinkStateFault>(&fault.what)) {
        repairs.push_back({time, LinkStateFault{link->link, true}});
      } else if (const auto* plane = std::get_if<PlaneStateFault>(&fault.what)) {
        repairs.push_back({time, PlaneStateFault{plane->plane, true}});
      }
    }
    faults.insert(faults.end(), repairs.begin(), repairs.end());
  }
  return faults;
}

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_FABRIC_SPECS_H_
