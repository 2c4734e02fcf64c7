// Time for a hop (one data packet over one channel) with credits, virtual channels and counters on.
//
// Cases:  AllToAll: 72 endpoints x 18 planes, every endpoint to every other, 256 B packets.
//         Incast: 71 endpoints to one, every packet short of credits.
// Read:   per_hop is CPU time of this process over hops of both directions of all links.

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "fabric/api/fabric.h"
#include "tests/testing/fabric_specs.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric {
namespace {

FabricSpec Nvl72() {
  FabricSpec spec = testing::SmallFabric();
  spec.endpoints = 72;
  spec.groups = {{18, 1}};
  return spec;
}

void RunRows(benchmark::State& state, const FabricSpec& spec,
             const std::vector<testing::Send>& sends) {
  const auto fabric = Fabric::Create(spec, {});
  if (!fabric.ok()) {
    state.SkipWithError(std::string(fabric.status().message()).c_str());
    return;
  }
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<std::unique_ptr<testing::ScriptedClient>> clients;
    for (int e = 0; e < spec.endpoints; ++e) {
      clients.push_back(std::make_unique<testing::ScriptedClient>(sends, e));
      (*fabric)->Attach(EndpointId(e), clients.back().get());
    }
    state.ResumeTiming();
    sim::LocalExchange exchange;
    if (!(*fabric)->RunRow(exchange).ok()) {
      state.SkipWithError("the row failed");
    }
  }
  state.counters["per_hop"] =
      benchmark::Counter(static_cast<double>((*fabric)->Totals().hops),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void AllToAll(benchmark::State& state) {
  const FabricSpec spec = Nvl72();
  std::vector<testing::Send> sends;
  for (int distance = 1; distance < spec.endpoints; ++distance) {
    for (int source = 0; source < spec.endpoints; ++source) {
      sends.push_back({source, (source + distance) % spec.endpoints, Bytes(state.range(0)), 0,
                       Picoseconds(0), 0});
    }
  }
  RunRows(state, spec, sends);
}
BENCHMARK(AllToAll)->Arg(4 << 10)->Arg(256 << 10)->Arg(1 << 20)->Unit(benchmark::kMillisecond);

void Incast(benchmark::State& state) {
  FabricSpec spec = Nvl72();
  spec.switch_chip.buffer_per_vc = Bytes(8 << 10);
  std::vector<testing::Send> sends;
  for (int source = 1; source < spec.endpoints; ++source) {
    sends.push_back({source, 0, Bytes(state.range(0)), 0, Picoseconds(0), 0});
  }
  RunRows(state, spec, sends);
}
BENCHMARK(Incast)->Arg(1 << 20)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace upfabric::fabric
