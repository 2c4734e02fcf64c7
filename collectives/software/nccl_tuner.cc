#include "collectives/software/nccl_tuner.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace upfabric::collectives {
namespace {

// Microseconds by protocol: LL, LL128, Simple.
using ByProtocol = std::array<double, 3>;
constexpr ByProtocol kRingBase = {6.6, 14.0, 8.4};
constexpr ByProtocol kRingStep = {0.6, 1.9, 3.4};
constexpr ByProtocol kRingNetwork = {2.7, 4.0, 14.0};
constexpr ByProtocol kTreeBase = {6.8, 14.0, 8.4};
constexpr ByProtocol kTreeStep = {0.6, 1.25, 4.0};
constexpr ByProtocol kTreeNetwork = {5.0, 8.5, 14.0};
constexpr double kNvls = 25;

// Ring all-reduce over several nodes, once a channel's chunk is so large.
constexpr double kPlateau = 1.4;
constexpr int64_t kPlateauBytes = 64;

// treeCorrectionFactor: by protocol and the logarithm of bytes / 64.
constexpr int kSizes = 23;
constexpr std::array<std::array<double, kSizes>, 3> kTreeCorrection = {{
    {1.0, 1.0, 1.0, 1.0, .9, .8, .7, .7,  .7,  .7,  .6, .5,
     .4,  .4,  .5,  .6,  .7, .8, .9, 1.0, 1.0, 1.0, 1.0},
    {1.0, 1.0, 1.0, 1.0, 1.0, .9, .8, .8, .8, .7,  .6, .6,
     .6,  .6,  .6,  .6,  .8,  .9, .9, .9, .9, 1.0, 1.0},
    {.9, .9, .9, .9, .9, .9, .9, .8, .7, .6, .6, .5, .5, .5, .5, .6, .7, .8, .7, .7, .8, .9, .9},
}};

double TreeCorrection(size_t protocol, int64_t bytes) {
  const auto units = static_cast<uint64_t>(bytes >> 6);
  const int log = static_cast<int>(std::bit_width(units)) - 1;
  return log >= 0 && log < kSizes ? kTreeCorrection[protocol][static_cast<size_t>(log)] : 1.0;
}

class Tuner {
 public:
  Tuner(const SoftwareCase& use, const NcclTuning& tuning, int64_t bytes)
      : use_(use),
        tuning_(tuning),
        bytes_(bytes),
        nodes_(std::min<size_t>(static_cast<size_t>(use.domains), 3) - 1),
        intra_(tuning.gigabytes_per_second * use.facts.reachable / use.facts.rate),
        bus_(use.domains > 1 ? std::min(intra_, use.adapters.rate) : intra_) {}

  void Consider(LibraryAlgorithm algorithm, Protocol protocol, double latency, double bandwidth) {
    const double time = latency + static_cast<double>(bytes_) / bandwidth * 1e-3;
    if (time < best_.tuner_us) {
      best_ = {algorithm, protocol, time};
    }
  }

  void ConsiderRings() {
    const double ratio = RingRatio(use_.pattern, use_.ranks);
    const int nodes = use_.domains;
    const bool all_reduce = use_.pattern == Pattern::kAllReduce;
    const int inter = nodes == 1 ? 0 : (all_reduce ? 2 * nodes : nodes);
    const int steps = RingSteps(use_.pattern, use_.ranks);
    const bool chain = use_.pattern == Pattern::kChain;
    for (const Protocol protocol : {Protocol::kLl, Protocol::kLl128, Protocol::kSimple}) {
      const auto p = static_cast<size_t>(protocol);
      double latency = kRingBase[p] + (chain ? kRingStep[p] : (steps - inter) * kRingStep[p]) +
                       (chain && nodes > 1 ? 1 : inter) * kRingNetwork[p];
      if (protocol == Protocol::kSimple && nodes > 1 && all_reduce &&
          bytes_ / (int64_t{tuning_.channels} * use_.ranks) >= kPlateauBytes) {
        latency *= kPlateau;
      }
      double bandwidth = bus_;
      if (protocol == Protocol::kLl) {
        bandwidth = std::min(tuning_.ll_max[nodes_], bus_ / 2);
      } else if (protocol == Protocol::kLl128) {
        bandwidth = std::min(0.92 * bus_, tuning_.channels * tuning_.ll128_ring_channel);
        if (tuning_.rules_change.has_value() && use_.version >= *tuning_.rules_change) {
          bandwidth = std::min(bandwidth, tuning_.ll128_ring_max);
        }
      }
      Consider(LibraryAlgorithm::kRing, protocol, latency, bandwidth * ratio);
    }
  }

  void ConsiderTrees() {
    const double levels = use_.domains > 1 ? std::log2(use_.domains) : 0;
    const bool one_node = use_.domains == 1;
    for (const Protocol protocol : {Protocol::kLl, Protocol::kLl128, Protocol::kSimple}) {
      const auto p = static_cast<size_t>(protocol);
      double bandwidth = std::min(0.92 * bus_, tuning_.channels * tuning_.tree_channel[nodes_]);
      if (protocol == Protocol::kLl) {
        bandwidth = std::min(bus_ / 3.8, tuning_.ll_max[nodes_]);
      } else if (protocol == Protocol::kLl128) {
        bandwidth = std::min(bus_ * (one_node ? 7.0 / 9 : 120.0 / 128),
                             tuning_.channels * tuning_.ll128_tree_channel[nodes_]);
      }
      Consider(
          LibraryAlgorithm::kTree, protocol,
          kTreeBase[p] + 2 * ((use_.domain_ranks() - 1) * kTreeStep[p] + levels * kTreeNetwork[p]),
          bandwidth / 2 * TreeCorrection(p, bytes_));
    }
  }

  bool NvlsIsCandidate() const {
    if (tuning_.nvls_efficiency == 0 || !use_.facts.in_switch || use_.domains > 1 ||
        use_.ranks < tuning_.nvls_ranks_min) {
      return false;
    }
    const bool changed = tuning_.rules_change.has_value() && use_.version >= *tuning_.rules_change;
    return use_.ranks > tuning_.nvls_ranks_few || (bytes_ >= tuning_.nvls_bytes_min && !changed);
  }

  void ConsiderNvls() {
    const double channels = tuning_.nvls_channels;
    Consider(LibraryAlgorithm::kNvls, Protocol::kSimple, kNvls,
             intra_ * tuning_.nvls_efficiency * (channels - 1) / channels);
  }

  const LibraryChoice& best() const { return best_; }

 private:
  const SoftwareCase& use_;
  const NcclTuning& tuning_;
  int64_t bytes_;
  size_t nodes_;
  double intra_;
  double bus_;
  LibraryChoice best_ = {.tuner_us = std::numeric_limits<double>::infinity()};
};

}  // namespace

int RingSteps(Pattern pattern, int ranks) {
  return pattern == Pattern::kAllReduce ? 2 * (ranks - 1) : ranks - 1;
}

double RingRatio(Pattern pattern, int ranks) {
  switch (pattern) {
    case Pattern::kAllReduce:
      return ranks / (2.0 * (ranks - 1));
    case Pattern::kAllGather:
    case Pattern::kReduceScatter:
      return ranks / (ranks - 1.0);
    default:
      return 1;
  }
}

LibraryChoice ChooseByTuner(const SoftwareCase& use, const NcclTuning& tuning, int64_t bytes) {
  Tuner tuner(use, tuning, bytes);
  tuner.ConsiderRings();
  if (use.pattern == Pattern::kAllReduce) {
    tuner.ConsiderTrees();
    if (tuner.NvlsIsCandidate()) {
      tuner.ConsiderNvls();
    }
  }
  return tuner.best();
}

}  // namespace upfabric::collectives
