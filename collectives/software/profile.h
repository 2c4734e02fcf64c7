// What a collective library adds to a fabric, as checked values of a software profile.
//
// Models:  launches, steps by protocol, limits of kernels and adapters; proto/upfabric/v1/
//          software.proto says what each number is. Times in microseconds, rates in 10^9 bytes a
//          second, shares of what the fabric offers.
// Omits:   any number that depends on a table, a size or a count of ranks, but for the library's
//          own published rules.

#ifndef UPFABRIC_COLLECTIVES_SOFTWARE_PROFILE_H_
#define UPFABRIC_COLLECTIVES_SOFTWARE_PROFILE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace upfabric::collectives {

// As in "2.29"; {0, 0} where none is known.
struct LibraryVersion {
  int major = 0;
  int minor = 0;
  friend auto operator<=>(const LibraryVersion&, const LibraryVersion&) = default;
};
// "2.29.2" is 2.29; what is no version is {0, 0}.
LibraryVersion ParseLibraryVersion(const std::string& text);

struct LibraryConstants {
  double launch_us = 0;
  double graph_us = 0;
  double host_rank_us = 0;
  double host_us = 0;
  int packet_payload = 128;
  double ll_step_us = 0;
  double ll_busy_us = 0;
  double ll_share = 0;
  double ll_chain_share = 0;
  double ll128_step_us = 0;
  double ll128_share = 0;
  double simple_step_us = 0;
  double simple_overlap = 1;
  double copy_gigabytes_per_second = 0;
  double nvls_us = 0;
  double nvls_rank_us = 0;
  double nvls_share = 0;
  double nvls_fill = 0;
  double p2p_us = 0;
  double p2p_busy_us = 0;
  double p2p_share = 0;
  double p2p_channel_gigabytes_per_second = 0;
  double p2p_fill_us = 0;
  double p2p_rank_us = 0;
};

struct OwnKernelLimit {
  int ranks = 0;
  int64_t below_bytes = 0;
  int64_t up_to_bytes = 0;
};

struct OwnKernels {
  double one_shot_us = 0;
  double one_shot_share = 1;
  double two_shot_us = 0;
  double two_shot_share = 1;
  double eager_us = 0;
  double eager_other_us = 0;
  double library_share = 1;
  std::vector<OwnKernelLimit> limits;
};

// By number of nodes: 1, 2, more.
using ByNodes = std::array<double, 3>;

struct NcclTuning {
  double gigabytes_per_second = 0;
  int channels = 0;
  ByNodes ll_max = {};
  double ll128_ring_channel = 0;
  ByNodes ll128_tree_channel = {};
  ByNodes tree_channel = {};
  double nvls_efficiency = 0;
  int nvls_channels = 0;
  int nvls_ranks_min = 0;
  int nvls_ranks_few = 0;
  int64_t nvls_bytes_min = 0;
  std::optional<LibraryVersion> rules_change;
  double ll128_ring_max = 0;
};

struct SoftwareGeneration {
  std::string name;
  std::vector<std::string> fabrics;
  LibraryConstants constants;
  std::optional<OwnKernels> own;
  std::optional<NcclTuning> tuning;
};

struct SoftwareNetwork {
  std::string name;
  double latency_us = 0;
  double simple_us = 0;
  double ramp_us = 0;
  double share = 1;
  double ll_gigabytes_per_second = 1;
};

struct NamedKernel {
  std::string algorithm;
  double flat_us = 0;
  double rank_us = 0;
  double moved_us = 0;
  double gigabytes_per_second = 0;  // or
  double share = 0;
  double overlap = 1;
  bool launched = false;
  bool by_parts = false;
};

// One adapter for each accelerator of a fabric.
struct AdapterRate {
  std::string fabric;
  int gigabits = 0;
};

struct SoftwareProfile {
  std::string id;
  std::string library;  // another profile's id, or ""
  LibraryVersion version;
  std::vector<SoftwareGeneration> generations;
  std::vector<SoftwareNetwork> networks;
  std::vector<NamedKernel> kernels;
  std::vector<AdapterRate> adapters;
};

// The generation that names the fabric, or null.
const SoftwareGeneration* FindGeneration(const SoftwareProfile& profile, const std::string& fabric);
// The network with the longest name that `network` begins with, or null.
const SoftwareNetwork* FindNetwork(const SoftwareProfile& profile, const std::string& network);

// Gigabits a second of an accelerator's adapter where a network's name does not say.
inline constexpr int kAdapterGigabits = 400;
int AdapterGigabits(const SoftwareProfile& profile, const std::string& fabric);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_SOFTWARE_PROFILE_H_
