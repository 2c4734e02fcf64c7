// A random fabric with random traffic and, for every second seed, random faults.

#ifndef UPFABRIC_TESTS_TESTING_TRAFFIC_CASE_H_
#define UPFABRIC_TESTS_TESTING_TRAFFIC_CASE_H_

#include <cstdint>
#include <vector>

#include "fabric/api/spec_checks.h"
#include "tests/testing/fabric_shapes.h"
#include "tests/testing/fabric_specs.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric::testing {

struct TrafficCase {
  FabricSpec spec;
  std::vector<Send> sends;
  FaultSchedule faults;
  FabricOptions options;
};

// Half of the seeds have faults, some of them lost lanes from the start; where switches copy and
// reduce, or packets overtake each other, links do not go down.
inline FaultSchedule RandomFaultsFor(uint64_t seed, const FabricSpec& spec, Draws& draws) {
  if (seed % 2 == 0) {
    return {};
  }
  FaultSchedule faults = RandomFaults(spec, draws);
  if (draws.Between(0, 2) == 0) {
    for (Fault& fault : faults) {
      if (std::holds_alternative<LaneFault>(fault.what)) {
        fault.time = SimTime();
      }
    }
  }
  if (spec.switch_chip.in_switch.has_value() || Scatters(spec)) {
    std::erase_if(faults, [](const Fault& fault) {
      return std::holds_alternative<LinkStateFault>(fault.what) ||
             std::holds_alternative<PlaneStateFault>(fault.what);
    });
  }
  return faults;
}

// As RandomFabric, also of any shape, and with rates that do not divide.
inline FabricSpec RandomFabricOfAnyRate(Draws& draws) {
  FabricSpec spec = RandomFabric(draws);
  if (draws.Between(0, 2) == 0) {
    spec.link.lanes = static_cast<int>(draws.Between(1, 7));
  }
  DrawShape(draws, spec);
  return spec;
}

inline TrafficCase RandomTrafficCase(uint64_t seed) {
  Draws draws(seed);
  TrafficCase made;
  made.spec = RandomFabricOfAnyRate(draws);
  made.sends = RandomSends(made.spec, draws);
  made.faults = RandomFaultsFor(seed, made.spec, draws);
  made.options.seed = seed;
  return made;
}

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_TRAFFIC_CASE_H_
