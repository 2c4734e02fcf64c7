#include "collectives/software/library_model.h"

#include <gmock/gmock.h>

#include <cmath>

#include "collectives/software/constants.h"

namespace upfabric::collectives {
namespace {

SoftwareGeneration Hopper() {
  SoftwareGeneration generation;
  generation.name = "hopper";
  for (const auto& info : LibraryConstantInfos()) {
    generation.constants.*info.member = info.start;
  }
  generation.tuning = NcclTuning{.gigabytes_per_second = 370.8,
                                 .channels = 24,
                                 .ll_max = {141, 45, 35},
                                 .ll128_ring_channel = 36.7,
                                 .ll128_tree_channel = {36.7, 36.7, 29},
                                 .tree_channel = {38.7, 41.4, 36},
                                 .nvls_efficiency = 0.85,
                                 .nvls_channels = 16,
                                 .nvls_ranks_min = 5,
                                 .nvls_ranks_few = 0,
                                 .nvls_bytes_min = 0,
                                 .rules_change = {},
                                 .ll128_ring_max = 0};
  return generation;
}

DomainFacts Switched() {
  return {.rate = 450,
          .reachable = 450,
          .pair = 450,
          .latency_us = 0.67,
          .wire_share = 0.8,
          .memory = 3350,
          .in_switch = true,
          .mesh = false};
}

SoftwareCase AllReduce(int ranks) {
  SoftwareCase use;
  use.ranks = ranks;
  use.facts = Switched();
  return use;
}

class LibraryModelTest : public ::testing::Test {
 protected:
  double Time(const SoftwareCase& use, int64_t bytes) {
    return Predict(
               {.library = &generation_, .own = nullptr, .kernel = nullptr, .network = &network_},
               use, bytes)
        .microseconds;
  }

  SoftwareGeneration generation_ = Hopper();
  SoftwareNetwork network_ = {.name = "ib",
                              .latency_us = 5,
                              .simple_us = 20,
                              .ramp_us = 200,
                              .share = 0.9,
                              .ll_gigabytes_per_second = 0.2};
};

// The step from LL to NVLS at 2 MiB is what nccl-tests shows on eight of these accelerators.
TEST_F(LibraryModelTest, TunerChoosesWhatTheLibraryIsSeenToChoose) {
  const SoftwareCase eight = AllReduce(8);
  const LibraryChoice ll = {LibraryAlgorithm::kRing, Protocol::kLl};
  const LibraryChoice nvls = {LibraryAlgorithm::kNvls, Protocol::kSimple};
  EXPECT_EQ(ChooseByTuner(eight, *generation_.tuning, 1 << 20), ll);
  EXPECT_EQ(ChooseByTuner(eight, *generation_.tuning, 2 << 20), nvls);
  EXPECT_EQ(ChooseByTuner(eight, *generation_.tuning, int64_t{8} << 30), nvls);
  // Too few ranks for the switch: rings, Simple for what is large.
  const LibraryChoice ring = {LibraryAlgorithm::kRing, Protocol::kSimple};
  EXPECT_EQ(ChooseByTuner(AllReduce(4), *generation_.tuning, int64_t{1} << 30), ring);
  // A switch that does not reduce, as on the generation before.
  SoftwareCase plain = eight;
  plain.facts.in_switch = false;
  EXPECT_EQ(ChooseByTuner(plain, *generation_.tuning, int64_t{1} << 30), ring);
}

TEST_F(LibraryModelTest, MoreBytesNeverTakeLessWithinAProtocol) {
  for (const char* algorithm : {"ring", "tree", "nvls"}) {
    SoftwareCase use = AllReduce(8);
    use.algorithm = algorithm;
    double before = 0;
    for (int64_t bytes = 8; bytes <= int64_t{16} << 30; bytes *= 2) {
      const double time = Time(use, bytes);
      EXPECT_GE(time, before) << algorithm << " " << bytes;
      before = time;
    }
  }
}

TEST_F(LibraryModelTest, LaunchesDiffer) {
  SoftwareCase use = AllReduce(8);
  const double overlapped = Time(use, 1024);
  use.launch = Launch::kSingleProcess;
  const double single = Time(use, 1024);
  use.launch = Launch::kGraph;
  const double graph = Time(use, 1024);
  EXPECT_LT(graph, overlapped);
  // A host that launches eight kernels one after the other is the limit.
  EXPECT_GT(single, 5 + 8 * 4.5);
  EXPECT_NEAR(overlapped - graph, generation_.constants.launch_us - generation_.constants.graph_us,
              1e-9);
}

TEST_F(LibraryModelTest, ALargeRingIsBoundByLinksOrByItsKernel) {
  SoftwareCase use = AllReduce(8);
  use.algorithm = "ring";
  constexpr int64_t kBytes = int64_t{16} << 30;
  const auto bus = [&] {
    return 2 * 7.0 / 8 * static_cast<double>(kBytes) * 1e-3 / Time(use, kBytes);
  };
  generation_.constants.copy_gigabytes_per_second = 6000;  // far above
  EXPECT_NEAR(bus(), 0.8 * 450, 4);
  generation_.constants.copy_gigabytes_per_second = 600;
  EXPECT_NEAR(bus(), 600 / ((6 * 8 - 4) / 14.0), 2);
}

TEST_F(LibraryModelTest, APairOnAMeshHasOneLink) {
  SoftwareCase use = AllReduce(8);
  use.facts.in_switch = false;
  use.facts.pair = 450.0 / 7;
  use.facts.mesh = true;
  const double all = Time(use, int64_t{4} << 30);
  use.ranks = 2;
  use.facts.reachable = use.facts.pair;
  const double pair = Time(use, int64_t{4} << 30);
  // A pair sends S each way over a seventh of the links; all send 7/4 S over all of them.
  EXPECT_NEAR(pair / all, 7 / (2 * 7.0 / 8), 1.5);
}

TEST_F(LibraryModelTest, AFasterFabricIsFaster) {
  for (const int64_t bytes : {int64_t{8}, int64_t{1} << 20, int64_t{1} << 30}) {
    SoftwareCase use = AllReduce(8);
    const double as_is = Time(use, bytes);
    use.facts.latency_us = 0.3;
    EXPECT_LE(Time(use, bytes), as_is);
    use = AllReduce(8);
    use.facts.rate = use.facts.reachable = use.facts.pair = 300;
    EXPECT_GT(Time(use, bytes), as_is);
  }
}

TEST_F(LibraryModelTest, ANetworkBoundsSeveralDomains) {
  SoftwareCase use = AllReduce(16);
  use.domains = 2;
  use.network = "ib-ndr-8x400";
  use.adapters = {.count = 8, .rate = 400, .reduces_in_net = false};
  constexpr int64_t kBytes = int64_t{16} << 30;
  const double algorithm_bandwidth = static_cast<double>(kBytes) * 1e-3 / Time(use, kBytes);
  EXPECT_LT(algorithm_bandwidth, 0.9 * 400);
  use.adapters.rate = 50;
  EXPECT_NEAR(static_cast<double>(kBytes) * 1e-3 / Time(use, kBytes), 0.9 * 50, 2);
  // Small messages pay the way there and back for each level of the tree.
  use.adapters.rate = 400;
  const double two = Time(use, 8);
  network_.latency_us += 10;
  EXPECT_NEAR(Time(use, 8) - two, 20, 1e-9);
}

TEST_F(LibraryModelTest, FrameworksServeWithinTheirLimits) {
  OwnKernels own;
  for (const auto& info : OwnKernelInfos()) {
    own.*info.member = info.start;
  }
  own.limits = {{.ranks = 8, .below_bytes = 0, .up_to_bytes = 1 << 20}};
  SoftwareCase use = AllReduce(8);
  use.launch = Launch::kGraph;
  const SoftwareParts parts = {
      .library = &generation_, .own = &own, .kernel = nullptr, .network = nullptr};
  EXPECT_EQ(Predict(parts, use, 1024).algorithm, "one_shot");
  EXPECT_EQ(Predict(parts, use, 1 << 20).algorithm, "two_shot");
  EXPECT_EQ(Predict(parts, use, 2 << 20).algorithm, "nvls");
}

TEST(NetworkTest, TheLongestNameWins) {
  SoftwareProfile profile;
  profile.networks.resize(2);
  profile.networks[0].name = "efa";
  profile.networks[1].name = "efa-4x100";
  EXPECT_EQ(FindNetwork(profile, "efa-8x400"), &profile.networks[0]);
  EXPECT_EQ(FindNetwork(profile, "efa-4x100"), &profile.networks[1]);
  EXPECT_EQ(FindNetwork(profile, "roce"), nullptr);
}

TEST(VersionTest, Order) {
  EXPECT_LT(ParseLibraryVersion("2.9.1"), ParseLibraryVersion("2.29"));
  EXPECT_EQ(ParseLibraryVersion("unknown"), LibraryVersion{});
}

}  // namespace
}  // namespace upfabric::collectives
