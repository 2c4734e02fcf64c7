#include "collectives/software/constants.h"

#include <array>

namespace upfabric::collectives {
namespace {

// Starting values: the library's published per-step figures less the latency of a path, the rates
// of kernels that NCCL's tuning assumes, launch figures measured with empty kernels; else guesses.
// Bounds are chosen: a factor of three to ten either way, where it makes sense.
using L = LibraryConstants;
constexpr auto kLibrary = std::to_array<ConstantInfo<L>>({
    {"launch_us", &L::launch_us, 0.5, 30, 6},
    {"graph_us", &L::graph_us, 0.2, 5, 1},
    {"host_rank_us", &L::host_rank_us, 2, 8, 4.5},
    {"host_us", &L::host_us, 0.1, 20, 5},
    {"ll_step_us", &L::ll_step_us, 0.05, 2, 0.4},
    {"ll_busy_us", &L::ll_busy_us, 0.01, 0.6, 0.2},
    {"ll_share", &L::ll_share, 0.05, 1, 0.35},
    {"ll_chain_share", &L::ll_chain_share, 0.01, 1, 0.05},
    {"ll128_step_us", &L::ll128_step_us, 0.3, 4, 1.4},
    {"ll128_share", &L::ll128_share, 0.1, 1, 0.6},
    {"simple_step_us", &L::simple_step_us, 1, 20, 6},
    {"simple_overlap", &L::simple_overlap, 1, 3, 1.3},
    {"copy_gigabytes_per_second", &L::copy_gigabytes_per_second, 200, 6000, 1300},
    {"nvls_us", &L::nvls_us, 2, 60, 20},
    {"nvls_rank_us", &L::nvls_rank_us, 0.01, 2, 0.3},
    {"nvls_share", &L::nvls_share, 0.3, 1.2, 0.8},
    {"nvls_fill", &L::nvls_fill, 0.1, 5, 1.2},
    {"p2p_us", &L::p2p_us, 0.1, 12, 2},
    {"p2p_busy_us", &L::p2p_busy_us, 0.1, 20, 6},
    {"p2p_share", &L::p2p_share, 0.3, 1.3, 0.9},
    {"p2p_channel_gigabytes_per_second", &L::p2p_channel_gigabytes_per_second, 8, 60, 20},
    {"p2p_fill_us", &L::p2p_fill_us, 0.1, 60, 10},
    {"p2p_rank_us", &L::p2p_rank_us, 0.01, 1, 0.2},
});

using O = OwnKernels;
constexpr auto kOwn = std::to_array<ConstantInfo<O>>({
    {"one_shot_us", &O::one_shot_us, 1, 12, 4},
    {"one_shot_share", &O::one_shot_share, 0.1, 1, 0.6},
    {"two_shot_us", &O::two_shot_us, 2, 20, 9},
    {"two_shot_share", &O::two_shot_share, 0.2, 1.2, 0.8},
    {"eager_us", &O::eager_us, 5, 60, 30},
    {"eager_other_us", &O::eager_other_us, 5, 60, 42},
    {"library_share", &O::library_share, 0.2, 1, 1},
});

using N = SoftwareNetwork;
constexpr auto kNetwork = std::to_array<ConstantInfo<N>>({
    {"latency_us", &N::latency_us, 1, 150, 7},
    {"simple_us", &N::simple_us, 1, 400, 40},
    {"ramp_us", &N::ramp_us, 1, 3000, 150},
    {"share", &N::share, 0.4, 1, 0.9},
    {"ll_gigabytes_per_second", &N::ll_gigabytes_per_second, 0.02, 10, 0.5},
});

using K = NamedKernel;
constexpr auto kKernel = std::to_array<ConstantInfo<K>>({
    {"flat_us", &K::flat_us, 1, 30, 5},
    {"rank_us", &K::rank_us, 1e-3, 1, 0.02},
    {"moved_us", &K::moved_us, 0.1, 30, 3},
    {"gigabytes_per_second", &K::gigabytes_per_second, 5, 2000, 30},
    {"share", &K::share, 0.1, 1.2, 0.9},
});

}  // namespace

std::span<const ConstantInfo<LibraryConstants>> LibraryConstantInfos() { return kLibrary; }
std::span<const ConstantInfo<OwnKernels>> OwnKernelInfos() { return kOwn; }
std::span<const ConstantInfo<SoftwareNetwork>> NetworkInfos() { return kNetwork; }
std::span<const ConstantInfo<NamedKernel>> NamedKernelInfos() { return kKernel; }

}  // namespace upfabric::collectives
