#include "daemon/cli/bisection.h"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>
#include <cstdint>
#include <limits>

namespace upfabric::daemon::cli {
namespace {

using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
using Edge = Traits::edge_descriptor;

struct VertexState {
  boost::default_color_type color = boost::white_color;
  int64_t distance = 0;
  Edge predecessor;
};
struct EdgeState {
  int64_t capacity = 0;
  int64_t residual = 0;
  Edge reverse;
};
using Graph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, VertexState, EdgeState>;

// As much each way.
void Join(Graph& graph, size_t a, size_t b, int64_t there, int64_t back) {
  const Edge forth = boost::add_edge(a, b, graph).first;
  const Edge reverse = boost::add_edge(b, a, graph).first;
  graph[forth] = {there, 0, reverse};
  graph[reverse] = {back, 0, forth};
}

// In bits a second, rounded down.
int64_t RateOf(const fabric::LinkSpec& link) {
  const Ratio rate = link.data_rate().bits_per_second();
  return rate.numerator() / rate.denominator();
}

}  // namespace

Bandwidth Bisection(const fabric::FabricSpec& spec, const fabric::Layout& layout) {
  // Endpoints, then chips, then the source and the sink.
  const auto endpoints = static_cast<size_t>(layout.endpoints());
  const size_t source = endpoints + layout.chips().size();
  const size_t sink = source + 1;
  constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max() / 4;
  Graph graph(sink + 1);
  const auto chip = [endpoints](int index) { return endpoints + static_cast<size_t>(index); };
  for (int e = 0; e < layout.endpoints(); ++e) {
    const auto self = static_cast<size_t>(e);
    const bool lower = self < endpoints / 2;
    Join(graph, lower ? source : self, lower ? self : sink, kUnlimited, 0);
    for (int link = 0; link < layout.links_per_endpoint(); ++link) {
      if (!layout.direct().has_value()) {
        Join(graph, self, chip(layout.ChipOf(e, link).chip), RateOf(spec.link), RateOf(spec.link));
      } else if (const int far = layout.direct()->FarEnd(e, link).endpoint; far > e) {
        Join(graph, self, static_cast<size_t>(far), RateOf(spec.link), RateOf(spec.link));
      }
    }
  }
  for (const fabric::Layout::Trunk& trunk : layout.trunks()) {
    const int64_t rate = RateOf(spec.LinkOfKind(trunk.kind));
    Join(graph, chip(trunk.from.chip), chip(trunk.to.chip), rate, rate);
  }
  const int64_t flow = boost::boykov_kolmogorov_max_flow(
      graph, boost::get(&EdgeState::capacity, graph), boost::get(&EdgeState::residual, graph),
      boost::get(&EdgeState::reverse, graph), boost::get(&VertexState::predecessor, graph),
      boost::get(&VertexState::color, graph), boost::get(&VertexState::distance, graph),
      boost::get(boost::vertex_index, graph), source, sink);
  return Bandwidth(Ratio(flow));
}

}  // namespace upfabric::daemon::cli
