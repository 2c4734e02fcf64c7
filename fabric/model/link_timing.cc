#include "fabric/model/link_timing.h"

#include <limits>
#include <numeric>
#include <optional>

#include "absl/strings/str_cat.h"
#include "fabric/base/status.h"

namespace upfabric::fabric {
namespace {

// Smallest q of which every packet's exact time is a whole number of 1/q ps, or 0 if it is above
// the cap.
int64_t TicksPerPicosecond(const Framing& framing, Ratio picoseconds_per_unit) {
  int64_t q = 1;
  for (int64_t payload = 0; payload <= framing.max_payload().count(); ++payload) {
    const Ratio time = picoseconds_per_unit * Ratio(framing.UnitsOf(Bytes(payload)));
    if (time.denominator() > sim::Clock::kTicksPerPicosecondMax) {
      return 0;
    }
    q = std::lcm(q, time.denominator());
    if (q > sim::Clock::kTicksPerPicosecondMax) {
      return 0;
    }
  }
  return q;
}

absl::Status TooManyDigits() {
  return absl::InvalidArgumentError(
      "link: the time of a byte is a fraction of too many digits; use rounder figures for "
      "lane_rate, coding and the taxes");
}

absl::StatusOr<Ratio> Multiply(Ratio a, Ratio b) {
  const std::optional<Ratio> product = Ratio::TryMultiply(a, b);
  return product ? absl::StatusOr<Ratio>(*product) : TooManyDigits();
}

// Exact time of one wire unit in picoseconds, taxes included.
absl::StatusOr<Ratio> TimePerUnit(const LinkSpec& link, const Framing& framing, Bandwidth rate) {
  UPF_ASSIGN_OR_RETURN(const Ratio bare, Multiply(framing.unit_bytes(), rate.PicosecondsPerByte()));
  UPF_ASSIGN_OR_RETURN(const Ratio time,
                       Multiply(bare, Ratio(1) + link.idle_tax + link.marker_tax));
  // Leaves room for ticks (at most 2^14 for a picosecond) and units (fewer than 2^17 in a packet).
  constexpr int64_t kTermMax = int64_t{1} << 32;
  if (time.numerator() > kTermMax || time.denominator() > kTermMax) {
    return TooManyDigits();
  }
  return time;
}

// Time to collect the interleaved codewords at the wire rate of all lanes, rounded up to 1 ps.
Picoseconds CollectionTime(const LinkSpec& link) {
  constexpr int64_t kPicosecondsPerSecond = 1'000'000'000'000;
  const Ratio wire_rate = link.lane_rate.bits_per_second() * Ratio(link.lanes);
  const Ratio seconds = link.fec.codeword_bits * Ratio(link.fec.interleave) / wire_rate;
  return Picoseconds((seconds * Ratio(kPicosecondsPerSecond)).Ceil());
}

std::vector<PathElement> ElementsOf(const LinkSpec& link) {
  std::vector<PathElement> elements;
  elements.push_back({"phy tx", link.phy_tx});
  if (link.has_fec) {
    elements.push_back({"fec collection", CollectionTime(link)});
    elements.push_back({"fec decoding", link.fec.decode});
  }
  for (size_t i = 0; i < link.retimers.size(); ++i) {
    const RetimerSpec& retimer = link.retimers[i];
    elements.push_back(
        {absl::StrCat("retimer ", i + 1, " ", retimer.name), retimer.latency, retimer.energy});
  }
  if (link.medium_latency > Picoseconds(0)) {
    elements.push_back({absl::StrCat("medium ", link.medium), link.medium_latency});
  }
  elements.push_back(
      {absl::StrCat("propagation ", link.medium), link.propagation, link.medium_energy});
  elements.push_back({"phy rx", link.phy_rx});
  return elements;
}

}  // namespace

const std::vector<PacketShape>& ShapeTables::For(Ratio slowdown) {
  if (slowdown == Ratio(1)) {
    return *shapes_;
  }
  std::vector<PacketShape>& shapes = slower_[slowdown];
  if (shapes.empty()) {
    for (const PacketShape& shape : *shapes_) {
      shapes.push_back({(Ratio(shape.ticks) * slowdown).Ceil(), shape.units});
    }
  }
  return shapes;
}

absl::StatusOr<LinkTiming> LinkTiming::Create(const LinkSpec& link, const ProtocolSpec& protocol,
                                              const sim::Clock* clock) {
  UPF_ASSIGN_OR_RETURN(const Framing framing, Framing::Create(protocol));
  LinkTiming timing(framing);
  UPF_ASSIGN_OR_RETURN(const Ratio lane, Multiply(link.lane_rate.bits_per_second(), link.coding));
  UPF_ASSIGN_OR_RETURN(const Ratio all_lanes, Multiply(lane, Ratio(link.lanes)));
  timing.rate_ = Bandwidth(all_lanes);
  if (timing.rate_.bits_per_second() <= Ratio(0)) {
    return absl::InvalidArgumentError("link: the rate is 0; it must be more");
  }
  UPF_ASSIGN_OR_RETURN(const Ratio picoseconds_per_unit, TimePerUnit(link, framing, timing.rate_));
  const int64_t q = TicksPerPicosecond(framing, picoseconds_per_unit);
  timing.exact_ = q != 0;
  timing.clock_ = sim::Clock(q != 0 ? q : sim::Clock::kTicksPerPicosecondMax);
  if (clock != nullptr) {
    timing.clock_ = *clock;
  }
  const Ratio ticks_per_unit = picoseconds_per_unit * Ratio(timing.clock_.ticks_per_picosecond());
  timing.shapes_.reserve(static_cast<size_t>(framing.max_payload().count()) + 1);
  for (int64_t payload = 0; payload <= framing.max_payload().count(); ++payload) {
    const int64_t units = framing.UnitsOf(Bytes(payload));
    UPF_CHECK_OP(units, <=, std::numeric_limits<uint32_t>::max());
    // Exact, or rounded up where the clock is capped.
    const sim::Ticks ticks = (ticks_per_unit * Ratio(units)).Ceil();
    timing.shapes_.push_back({ticks, static_cast<uint32_t>(units)});
  }
  timing.elements_ = ElementsOf(link);
  return timing;
}

Picoseconds LinkTiming::WireDelay() const {
  Picoseconds sum;
  for (const PathElement& element : elements_) {
    sum += element.latency;
  }
  return sum;
}

std::vector<PathElement> LinkTiming::Elements(const std::string& prefix) const {
  std::vector<PathElement> named = elements_;
  for (PathElement& element : named) {
    element.name = prefix + element.name;
  }
  return named;
}

}  // namespace upfabric::fabric
