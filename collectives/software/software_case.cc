#include "collectives/software/software_case.h"

#include <algorithm>

namespace upfabric::collectives {
namespace {

constexpr Bytes kProbe{int64_t{1} << 24};  // long enough for latencies not to show

double Microseconds(Picoseconds time) { return static_cast<double>(time.count()) * 1e-6; }

}  // namespace

DomainFacts FactsOf(const fabric::FabricView& view, int ranks, int packet_payload) {
  DomainFacts facts;
  facts.rate = view.EndpointRate().GigabytesPerSecond();
  const int peers = std::max(view.endpoints() - 1, 1);
  // Of links that lead to single peers, a message to one leaves the others idle.
  const double all = Microseconds(view.InjectionTime(kProbe, peers)) / peers;
  const double one = Microseconds(view.InjectionTimeToOne(kProbe, 1));
  facts.pair = facts.rate * std::min(1.0, all / one);
  facts.reachable = std::min(facts.rate, facts.pair * std::max(ranks - 1, 1));
  facts.mesh = facts.pair < 0.9 * facts.rate;
  Picoseconds latency;
  for (const fabric::PathElement& element : view.UnloadedPath()) {
    latency += element.latency;
  }
  facts.latency_us = Microseconds(latency);
  facts.wire_share = view.WireEfficiency(Bytes(packet_payload)).ToDouble();
  const double traffic =
      Microseconds(view.LocalTime(2 * kProbe)) - Microseconds(view.LocalTime(kProbe));
  facts.memory = static_cast<double>(kProbe.count()) * 1e-3 / traffic;
  facts.in_switch = view.in_switch().has_value();
  return facts;
}

}  // namespace upfabric::collectives
