#include "collectives/software/library_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace upfabric::collectives {
namespace {

// Exponents of two limits that both slow a transfer, or of two times that overlap (chosen: the
// larger the sharper the corner; single-process launches overlap poorly, kernels and links well).
constexpr double kHostOverlap = 3;
constexpr double kEagerOverlap = 6;
constexpr double kCopyCorner = 16;
constexpr double kLlOverlap = 1.5;  // measured: bytes show little up to a third of the steps
constexpr double kNetworkCorner = 4;

// LL: bytes at which half of the channels are at work, and bytes of a line, below which a step of a
// rank has nothing to send.
constexpr double kBusyBytes = 24 << 10;
constexpr double kLineBytes = 16;
constexpr double kIdleStep = 0.75;
// A chain's pieces follow each other: part of a ring's step that is left of each.
constexpr double kChainStep = 0.6;
// NVLS: what its channels hold of each rank's part before parts overlap (16 chunks of 128 KiB).
constexpr double kNvlsRankBytes = 2 << 20;
// Trees send and receive at once in each direction, and a rank has two children.
constexpr double kTreeShare = 0.72;
// Point to point: channels of all peers, bytes at which half of a message's cost shows, and up to
// which bytes a message has the channels of one peer; before rules_change more bytes have more.
constexpr double kP2pChannels = 32;
constexpr double kP2pBusyBytes = 16 << 10;
constexpr double kP2pPeerBytes = 64 << 20;
constexpr LibraryVersion kP2pFixedChannels = {2, 29};
// What a copy of the framework's buffers reaches of the memory's traffic.
constexpr double kMemoryShare = 0.85;
// Networks: bytes at which half of the ramp shows; ranks of a domain above which a ring joins all.
constexpr double kRampBytes = 32e6;
constexpr int kTreeRanksMax = 16;
// Exchanges over a network against all-reduce: the part of its ramp they show.
constexpr double kExchangeRamp = 1.25;

double SmoothMax(double a, double b, double exponent) {
  return std::pow(std::pow(a, exponent) + std::pow(b, exponent), 1 / exponent);
}
double SmoothMin(double a, double b, double exponent) { return SmoothMax(a, b, -exponent); }

// Microseconds of bytes at 10^9 bytes a second.
double Transfer(double bytes, double rate) { return bytes / rate * 1e-3; }

// Loads and stores of a rank's kernel for each byte that it sends over the ring: a copy loads and
// stores, a reduction loads once more, the last and the first chunk are kept and sent.
double CopyWork(Pattern pattern, int ranks) {
  const double n = ranks;
  switch (pattern) {
    case Pattern::kAllReduce:
      return (6 * n - 4) / (2 * (n - 1));
    case Pattern::kAllGather:
    case Pattern::kReduceScatter:
      return (3 * n - 1) / (n - 1);
    default:
      return 3;
  }
}

class Library {
 public:
  Library(const SoftwareParts& parts, const SoftwareCase& use, int64_t bytes)
      : parts_(parts),
        q_(parts.library->constants),
        use_(use),
        f_(use.facts),
        n_(use.ranks),
        bytes_(static_cast<double>(bytes)) {}

  // Of the kernel alone, without its launch.
  Prediction Kernel() const {
    if (n_ == 1) {
      return {Transfer(2 * bytes_, kMemoryShare * f_.memory), "copy", "", 0};
    }
    if (use_.domains > 1) {
      return SeveralDomains();
    }
    switch (use_.pattern) {
      case Pattern::kAllToAll:
      case Pattern::kRooted:
        return Exchange(bytes_ / n_, n_ - 1);
      case Pattern::kSendRecv:
        return Exchange(bytes_, 1);
      default:
        return OneDomain();
    }
  }

  double WithLaunch(double kernel) const {
    if (use_.launch == Launch::kGraph) {
      // Point-to-point kernels measured no faster in a graph.
      const bool exchange = use_.pattern == Pattern::kAllToAll ||
                            use_.pattern == Pattern::kSendRecv || use_.pattern == Pattern::kRooted;
      return (exchange ? q_.launch_us : q_.graph_us) + kernel;
    }
    const double time = q_.launch_us + kernel;
    if (use_.launch == Launch::kSingleProcess) {
      return SmoothMax(time, q_.host_us + q_.host_rank_us * use_.domain_ranks(), kHostOverlap);
    }
    return time;
  }

 private:
  // All but the algorithm's name.
  Prediction Ring(Protocol protocol, double bytes) const {
    const double steps = RingSteps(use_.pattern, n_);
    const double ratio = RingRatio(use_.pattern, n_);
    const bool chain = use_.pattern == Pattern::kChain;
    switch (protocol) {
      case Protocol::kLl: {
        const double step = LlStep(bytes) * (chain ? kChainStep : 1);
        const double share = chain ? q_.ll_chain_share : q_.ll_share;
        const double wire = Transfer(bytes, share * f_.reachable * ratio);
        return {SmoothMax(steps * step, wire, chain ? 1 : kLlOverlap), "", "ll", wire};
      }
      case Protocol::kLl128: {
        const double wire = Transfer(bytes, q_.ll128_share * f_.reachable * ratio);
        return {steps * (f_.latency_us + q_.ll128_step_us) + wire, "", "ll128", wire};
      }
      case Protocol::kSimple:
        break;
    }
    const double wire = Transfer(bytes, RingRate(use_.pattern, n_) * ratio);
    return {SmoothMax(steps * (f_.latency_us + q_.simple_step_us), wire, q_.simple_overlap), "",
            "simple", wire};
  }

  double LlStep(double bytes) const {
    const double filled = std::min(1.0, bytes / (kLineBytes * n_));
    return f_.latency_us + q_.ll_step_us * (kIdleStep + (1 - kIdleStep) * filled) +
           q_.ll_busy_us * bytes / (bytes + kBusyBytes);
  }

  // What a rank sends: what the links carry, or what the kernel's channels load and store; fewer
  // links mean fewer channels.
  double RingRate(Pattern pattern, int ranks) const {
    return SmoothMin(
        f_.wire_share * f_.reachable,
        q_.copy_gigabytes_per_second * f_.reachable / f_.rate / CopyWork(pattern, ranks),
        kCopyCorner);
  }

  // Answers and results of one part in n on the links; and in a kernel, in and out of the
  // library's buffers and the part that it reduces.
  double NvlsRate(int ranks) const {
    return SmoothMin(q_.nvls_share * f_.wire_share * f_.reachable / (1 + 1.0 / ranks),
                     q_.copy_gigabytes_per_second * f_.reachable / f_.rate / (4 + 2.0 / ranks),
                     kCopyCorner);
  }

  Prediction Run(const LibraryChoice& choice) const {
    Prediction prediction;
    switch (choice.algorithm) {
      case LibraryAlgorithm::kNvls: {
        const double fill = std::min(bytes_, kNvlsRankBytes * n_);
        const double wire = Transfer(bytes_, NvlsRate(n_));
        return {
            q_.nvls_us + q_.nvls_rank_us * n_ + wire + q_.nvls_fill * Transfer(fill, f_.reachable),
            "nvls", "simple", wire};
      }
      case LibraryAlgorithm::kTree:
        prediction = Ring(choice.protocol, bytes_ / kTreeShare);
        prediction.algorithm = "tree";
        return prediction;
      case LibraryAlgorithm::kRing:
        break;
    }
    prediction = Ring(choice.protocol, bytes_);
    prediction.algorithm = "ring";
    return prediction;
  }

  Prediction OneDomain() const {
    if (use_.algorithm == "ring" || use_.algorithm == "tree" || use_.algorithm == "nvls") {
      return Run({use_.algorithm == "ring"   ? LibraryAlgorithm::kRing
                  : use_.algorithm == "tree" ? LibraryAlgorithm::kTree
                                             : LibraryAlgorithm::kNvls,
                  Protocol::kSimple});
    }
    if (parts_.library->tuning.has_value()) {
      return Run(ChooseByTuner(use_, *parts_.library->tuning, static_cast<int64_t>(bytes_)));
    }
    const Prediction ll = Run({LibraryAlgorithm::kRing, Protocol::kLl});
    const Prediction simple = Run({LibraryAlgorithm::kRing, Protocol::kSimple});
    return ll.microseconds < simple.microseconds ? ll : simple;
  }

  // Of `size` bytes with each of `peers`.
  double ExchangeBase(double size) const {
    const double peers = use_.pattern == Pattern::kSendRecv ? 1 : n_ - 1;
    return f_.latency_us + q_.p2p_us + q_.p2p_rank_us * peers +
           q_.p2p_busy_us * size / (size + kP2pBusyBytes);
  }
  Prediction Exchange(double size, int peers) const {
    double channels = std::max(kP2pChannels / n_, 1.0);
    if (use_.version < kP2pFixedChannels) {
      channels *= std::max(1.0, size / kP2pPeerBytes);
    }
    const double links = peers > 1 ? f_.reachable : f_.pair;
    const double rate =
        SmoothMin(q_.p2p_share * f_.wire_share * links,
                  q_.p2p_channel_gigabytes_per_second * channels * peers, kCopyCorner);
    const double wire = Transfer(size * peers, rate);
    return {ExchangeBase(size) + q_.p2p_fill_us * wire / (wire + 4 * q_.p2p_fill_us) + wire, "p2p",
            "", wire};
  }

  Prediction SeveralDomains() const {
    const SoftwareNetwork& net = *parts_.network;
    const int domains = use_.domains;
    const int local = use_.domain_ranks();
    const double network = net.share * use_.adapters.rate;
    const double levels = std::ceil(std::log2(domains));
    const bool all_reduce = use_.pattern == Pattern::kAllReduce;
    const double ramp = std::min(
        Transfer(bytes_, net.ll_gigabytes_per_second * use_.adapters.count),
        (all_reduce ? levels : 1) * (net.simple_us + net.ramp_us * bytes_ / (bytes_ + kRampBytes)));
    const double step = LlStep(bytes_);
    if (use_.pattern == Pattern::kAllToAll || use_.pattern == Pattern::kSendRecv ||
        use_.pattern == Pattern::kRooted) {
      const double size = use_.pattern == Pattern::kSendRecv ? bytes_ : bytes_ / n_;
      const bool pairs = use_.pattern == Pattern::kSendRecv;
      const double remote = size * (pairs ? 1 : n_ - local);
      const double near = size * (pairs ? 0 : local - 1);
      const double wire = std::max(Transfer(remote, network / local),
                                   Transfer(near, q_.p2p_share * f_.wire_share * f_.reachable));
      return {ExchangeBase(size) + 2 * net.latency_us + kExchangeRamp * ramp + wire, "p2p", "",
              wire};
    }
    // A ring crosses each pair of neighboring domains; all adapters share its channels.
    const double ring_network =
        all_reduce && domains > 2 ? network * domains / (2.0 * (domains - 1)) : network;
    if (!all_reduce) {
      const double rate = SmoothMin(RingRate(use_.pattern, n_), network, kNetworkCorner) *
                          RingRatio(use_.pattern, n_);
      const double wire = Transfer(bytes_, rate);
      return {(n_ - domains) * step + domains * net.latency_us + ramp + wire, "ring", "", wire};
    }
    if (local > kTreeRanksMax) {
      const double rate = SmoothMin(RingRate(use_.pattern, n_) * RingRatio(use_.pattern, n_),
                                    ring_network, kNetworkCorner);
      const double wire = Transfer(bytes_, rate);
      return {2 * (n_ - 1) * step + wire, "ring", "", wire};
    }
    const bool nvls = f_.in_switch && q_.nvls_share > 0 && local > 4 &&
                      parts_.library->tuning.has_value() &&
                      parts_.library->tuning->nvls_efficiency > 0;
    const double inside = local == 1 ? std::numeric_limits<double>::infinity()
                          : nvls     ? NvlsRate(local)
                                 : RingRate(use_.pattern, local) * RingRatio(use_.pattern, local);
    const double between = domains == 2 || use_.adapters.reduces_in_net ? network : ring_network;
    const double rate = local == 1 ? between : SmoothMin(inside, between, kNetworkCorner);
    const double wire = Transfer(bytes_, rate);
    return {2 * (local - 1) * step + 2 * levels * net.latency_us + ramp + wire, "tree", "", wire};
  }

  const SoftwareParts& parts_;
  const LibraryConstants& q_;
  const SoftwareCase& use_;
  const DomainFacts& f_;
  int n_;
  double bytes_;
};

// All-reduce of a serving framework: its own kernels up to their limits, else the library.
Prediction PredictFramework(const SoftwareParts& parts, const SoftwareCase& use, int64_t bytes) {
  const OwnKernels& own = *parts.own;
  const DomainFacts& f = use.facts;
  // Lower rates are as if there were more bytes.
  const Library library(parts, use,
                        static_cast<int64_t>(static_cast<double>(bytes) / own.library_share));
  Prediction from_library = library.Kernel();
  from_library.microseconds += parts.library->constants.graph_us;
  if (use.pattern != Pattern::kAllReduce || use.domains > 1 || use.ranks == 1) {
    from_library.microseconds = library.WithLaunch(library.Kernel().microseconds);
    return from_library;
  }
  const auto size = static_cast<double>(bytes);
  const double n = use.ranks;
  const double read = Transfer((n - 1) * size, own.one_shot_share * f.reachable);
  const Prediction one_shot = {own.one_shot_us + read, "one_shot", "", read};
  const double exchanged =
      Transfer(2 * (n - 1) / n * size, own.two_shot_share * f.wire_share * f.reachable);
  const Prediction two_shot = {own.two_shot_us + exchanged, "two_shot", "", exchanged};
  Prediction best = from_library;
  if (own.limits.empty()) {
    best = one_shot.microseconds < best.microseconds ? one_shot : best;
  } else {
    const OwnKernelLimit* limit = &own.limits.back();
    for (const OwnKernelLimit& candidate : own.limits) {
      if (candidate.ranks >= use.ranks) {
        limit = &candidate;
        break;
      }
    }
    if (bytes < limit->below_bytes || bytes <= limit->up_to_bytes) {
      best = one_shot.microseconds < two_shot.microseconds ? one_shot : two_shot;
    }
  }
  if (use.launch != Launch::kGraph) {
    // Without a graph the result is copied to where the framework wants it, while the host prepares
    // the next call.
    const double host = best.algorithm == "one_shot" ? own.eager_us : own.eager_other_us;
    best.microseconds = SmoothMax(best.microseconds + Transfer(2 * size, kMemoryShare * f.memory),
                                  host, kEagerOverlap);
  }
  return best;
}

Prediction PredictKernel(const SoftwareParts& parts, const SoftwareCase& use, int64_t bytes) {
  const NamedKernel& kernel = *parts.kernel;
  const auto size = static_cast<double>(bytes);
  const double n = use.ranks;
  double rate = kernel.gigabytes_per_second;
  if (rate == 0) {
    rate = kernel.share * use.facts.wire_share * use.facts.reachable *
           RingRatio(use.pattern, std::max(use.ranks, 2));
  }
  if (kernel.by_parts) {
    rate *= n;
  }
  const double wire = Transfer(size, rate);
  double time =
      SmoothMax(kernel.flat_us + kernel.rank_us * n, kernel.moved_us + wire, kernel.overlap);
  if (kernel.launched) {
    time = Library(parts, use, bytes).WithLaunch(time);
  }
  return {time, kernel.algorithm, "", wire};
}

}  // namespace

Prediction Predict(const SoftwareParts& parts, const SoftwareCase& use, int64_t bytes) {
  if (parts.kernel != nullptr) {
    return PredictKernel(parts, use, bytes);
  }
  if (parts.own != nullptr) {
    return PredictFramework(parts, use, bytes);
  }
  const Library library(parts, use, bytes);
  Prediction prediction = library.Kernel();
  prediction.microseconds = library.WithLaunch(prediction.microseconds);
  return prediction;
}

}  // namespace upfabric::collectives
