#include "daemon/row_checks.h"

#include <algorithm>
#include <vector>

#include "fabric/base/check.h"

namespace upfabric::daemon {
namespace {

// chosen: the bound's cost stays small against that of running so many instructions.
constexpr int64_t kBoundInstructionsMax = 200'000;

}  // namespace

int64_t CheckRates(const fabric::Fabric& fabric) {
  constexpr int64_t kBitPicoseconds = 8'000'000'000'000;  // 8 bits a byte, 10^12 ps a second
  constexpr int64_t kRoundedUp = 2;                       // bytes, one in each of the two counts
  int64_t channels = 0;
  for (const fabric::ChannelCounters& channel : fabric.Counters()) {
    const Ratio picoseconds_per_byte = Ratio(kBitPicoseconds) / channel.rate.bits_per_second();
    const int64_t bytes = channel.wire_bytes + channel.discarded_wire_bytes - kRoundedUp;
    UPF_CHECK_OP((picoseconds_per_byte * Ratio(std::max<int64_t>(bytes, 0))).Ceil(), <=,
                 fabric.Now().since_start().count());
    ++channels;
  }
  return channels;
}

collectives::BoundFigures FiguresOfBound(const fabric::FabricSpec& spec,
                                         const fabric::FabricView& view) {
  collectives::BoundFigures figures;
  figures.links = view.links_per_endpoint();
  figures.link_bits_per_second = spec.link.data_rate().bits_per_second();
  if (spec.scale_out.has_value()) {  // as if all links were as fast as the fastest
    figures.link_bits_per_second = std::max(
        figures.link_bits_per_second, spec.scale_out->network->link.data_rate().bits_per_second());
  }
  for (const fabric::PathElement& element : view.ShortestPath()) {
    figures.path_latency += element.latency;
  }
  figures.local_latency = spec.endpoint.local_latency;
  return figures;
}

std::optional<collectives::LowerBound> BoundOf(const RowPlan& plan,
                                               const collectives::BoundFigures& figures,
                                               int operations) {
  int64_t instructions = 0;
  for (int rank = 0; rank < plan.request.ranks; ++rank) {
    const auto program = plan.algorithm->MakeProgram(plan.request, rank);
    for (int stream = 0; stream < program->streams(); ++stream) {
      instructions += program->length(stream) * operations;
    }
    if (instructions > kBoundInstructionsMax) {
      return std::nullopt;
    }
  }
  return collectives::ComputeLowerBound(figures, *plan.algorithm, plan.request, operations);
}

int64_t CheckLowerBound(const RowPlan& plan, const collectives::BoundFigures& figures,
                        const collectives::Job& job) {
  const std::vector<collectives::RankTimes> times = job.Times();
  if (times.empty()) {
    return 0;
  }
  const auto bound = BoundOf(plan, figures, plan.iterations + plan.warmup);
  if (!bound.has_value()) {
    return 0;
  }
  for (const collectives::RankTimes& rank : times) {
    UPF_CHECK_OP(rank.end.since_start().count(), >=,
                 bound->rank_end[static_cast<size_t>(rank.rank)].count());
  }
  return static_cast<int64_t>(times.size());
}

}  // namespace upfabric::daemon
