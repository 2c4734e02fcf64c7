// Goal: every algorithm gives the right result on real shapes for any number of ranks and any size.
// Method: each with full payload on a preset of switches, a mesh and a torus, for 1 to 17, 32 and
// 72 ranks.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/config/loader.h"
#include "fabric/config/from_proto.h"
#include "tests/testing/job_on_fabric.h"
#include "tests/testing/job_on_fake.h"

namespace upfabric::collectives {
namespace {

// Elements of 2 bytes: nothing, less than one for each rank, not one more than others for each; for
// some numbers of ranks also 1 MiB and an odd rest, by which all algorithms have many channels
// and pieces.
std::vector<int64_t> CountsFor(int ranks) {
  switch (ranks) {
    case 3:
    case 8:
    case 17:
      return {0, 1, 7, 512, (int64_t{1} << 19) + 1};
    case 72:
      return {512};
    default:
      return {7, 512};
  }
}

class AlgorithmsOnPresetsTest : public ::testing::TestWithParam<std::string> {};

TEST_P(AlgorithmsOnPresetsTest, EveryResultIsRight) {
  const auto preset = daemon::ResolveFabric(GetParam());
  ASSERT_TRUE(preset.ok()) << preset.status();
  const auto spec = fabric::FabricSpecFromProto(*preset);
  ASSERT_TRUE(spec.ok()) << spec.status();
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  fabric::FabricOptions options;
  for (const Algorithm* algorithm : registry.All()) {
    const AlgorithmInfo& info = algorithm->info();
    if (info.limits.needs_in_switch && !spec->switch_chip.in_switch.has_value()) {
      continue;
    }
    for (const int ranks : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 32, 72}) {
      if (ranks > spec->endpoints || !Serves(*algorithm, ranks)) {
        continue;
      }
      for (const int64_t all : CountsFor(ranks)) {
        const int64_t count = CutsByRank(info.collective) ? all / ranks : all;
        const CollectiveRequest request{.collective = info.collective,
                                        .type = DataType::kBfloat16,
                                        .ranks = ranks,
                                        .count = count,
                                        .root = HasRoot(info.collective) ? ranks / 3 : -1};
        SCOPED_TRACE(RequestText(request, *algorithm));
        JobSpec job{.request = request, .algorithm = algorithm};
        for (int rank = 0; rank < ranks; ++rank) {
          job.endpoints.emplace_back(rank);
        }
        const JobOutcome outcome = RunJobOnFabric(*spec, job, options);
        ASSERT_TRUE(outcome.finished);
        ASSERT_EQ(outcome.wrong, 0);
        ASSERT_EQ(outcome.held, 0);
        options.check_deadlock = false;  // once is enough
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, AlgorithmsOnPresetsTest,
                         ::testing::Values("gb200-nvl72", "cs-wafer", "tpu-v4-64"),
                         [](const auto& named) {
                           std::string name = named.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace upfabric::collectives
