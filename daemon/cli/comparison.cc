#include "daemon/cli/comparison.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "daemon/cli/element_confidence.h"
#include "fabric/base/check.h"

namespace upfabric::daemon::cli {
namespace {

Picoseconds Magnitude(Picoseconds time) { return Picoseconds(std::abs(time.count())); }

// The element of that name, made if need be: elements come in the order in which they are first
// met.
ElementDifference& ElementNamed(std::vector<ElementDifference>& elements, const std::string& name) {
  const auto found = std::find_if(elements.begin(), elements.end(),
                                  [&](const ElementDifference& e) { return e.name == name; });
  if (found != elements.end()) {
    return *found;
  }
  elements.emplace_back().name = name;
  return elements.back();
}

}  // namespace

PathDifference ComparePaths(const v1::Explanation& base, const ElementConfidence& base_confidence,
                            const v1::Explanation& other,
                            const ElementConfidence& other_confidence) {
  PathDifference path;
  for (const v1::PathElement& element : base.path()) {
    ElementDifference& difference = ElementNamed(path.elements, ElementWithoutKind(element.name()));
    difference.base += Picoseconds(element.latency_ps());
    difference.confidence = std::max(difference.confidence, base_confidence(element.name()));
    path.base += Picoseconds(element.latency_ps());
  }
  for (const v1::PathElement& element : other.path()) {
    ElementDifference& difference = ElementNamed(path.elements, ElementWithoutKind(element.name()));
    difference.other += Picoseconds(element.latency_ps());
    difference.confidence = std::max(difference.confidence, other_confidence(element.name()));
    path.other += Picoseconds(element.latency_ps());
  }
  Picoseconds sum;
  for (const ElementDifference& element : path.elements) {
    sum += element.difference();
    path.moved += Magnitude(element.difference());
    if (element.confidence == v1::CONFIDENCE_ESTIMATE) {
      path.on_estimates += Magnitude(element.difference());
    }
  }
  UPF_CHECK(sum == path.other - path.base);
  std::stable_sort(path.elements.begin(), path.elements.end(),
                   [](const ElementDifference& a, const ElementDifference& b) {
                     return Magnitude(a.difference()) > Magnitude(b.difference());
                   });
  return path;
}

ChannelUse UseOfBusiestChannel(const v1::Row& row) {
  const v1::Explanation& explanation = row.explanation();
  ChannelUse use;
  use.name = explanation.busiest_channel();
  use.time = Picoseconds(row.time_ps());
  use.credit_stall = Picoseconds(explanation.credit_stall_ps());
  if (explanation.wire_bytes() <= 0 || explanation.busy_ps() <= 0 || row.time_ps() <= 0) {
    return use;
  }
  constexpr int64_t kPicosecondsPerNanosecond = 1000;  // bytes a nanosecond are GB/s
  use.payload_bytes = {explanation.payload_bytes(), 1};
  use.efficiency = {explanation.payload_bytes(), explanation.wire_bytes()};
  use.gigabytes_per_second = {absl::int128(explanation.wire_bytes()) * kPicosecondsPerNanosecond,
                              explanation.busy_ps()};
  use.utilization = {explanation.busy_ps(), row.time_ps()};
  return use;
}

TimeFactors CompareChannels(const v1::Row& base, const v1::Row& other) {
  const v1::Explanation& a = base.explanation();
  const v1::Explanation& b = other.explanation();
  TimeFactors factors;
  if (a.payload_bytes() <= 0 || b.payload_bytes() <= 0 || a.wire_bytes() <= 0 ||
      b.wire_bytes() <= 0 || a.busy_ps() <= 0 || b.busy_ps() <= 0 || base.time_ps() <= 0 ||
      other.time_ps() <= 0) {
    return factors;
  }
  // time = payload / efficiency / rate / utilization, so the last three multiply inversely.
  const auto product = [](int64_t x, int64_t y) { return absl::int128(x) * y; };
  factors.valid = true;
  factors.payload = {b.payload_bytes(), a.payload_bytes()};
  factors.efficiency = {product(a.payload_bytes(), b.wire_bytes()),
                        product(a.wire_bytes(), b.payload_bytes())};
  factors.data_rate = {product(a.wire_bytes(), b.busy_ps()), product(a.busy_ps(), b.wire_bytes())};
  factors.utilization = {product(a.busy_ps(), other.time_ps()),
                         product(base.time_ps(), b.busy_ps())};
  factors.time = {other.time_ps(), base.time_ps()};
  return factors;
}

}  // namespace upfabric::daemon::cli
