// Goal: whatever the fabric and its faults, a collective gives the right result, at times that do
// not depend on how it is computed. Method: random collectives (algorithm, ranks on any endpoints,
// type, operation, count, root, in place, iterations) with payload on random fabrics, half of them
// with faults; each by trains and by single packets, with random windows, on 1, 2 and 3 partitions.
// Results against the reference values, times against the lower bound. Only faults may keep a rank
// from finishing, and then the same ones everywhere.
//
// UPFABRIC_SEEDS=FIRST:COUNT runs other seeds.

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/testing/job_on_fabric.h"
#include "tests/testing/job_on_fake.h"
#include "tests/testing/seed_range.h"

namespace upfabric::collectives {
namespace {

using fabric::FabricOptions;
using fabric::testing::SeedBlock;

void ExpectRight(const JobCase& made, const JobOutcome& outcome) {
  EXPECT_FALSE(outcome.hung);
  EXPECT_EQ(outcome.wrong, 0);
  if (made.faults.empty()) {
    EXPECT_TRUE(outcome.finished);
  }
  if (!outcome.finished) {
    return;
  }
  EXPECT_EQ(outcome.held, 0);
  const LowerBound bound = BoundOf(made.spec, made.job);
  for (const auto& [rank, end] : outcome.end) {
    EXPECT_LE(bound.rank_end[static_cast<size_t>(rank)], end.since_start()) << "rank " << rank;
  }
  EXPECT_LE(bound.last_end, outcome.last_end.since_start());
}

void ExpectSame(const JobOutcome& expected, const JobOutcome& actual, const char* how) {
  SCOPED_TRACE(how);
  EXPECT_FALSE(actual.hung);
  EXPECT_EQ(expected.finished, actual.finished);
  EXPECT_EQ(expected.deliveries, actual.deliveries);
  EXPECT_EQ(expected.sent, actual.sent);
  EXPECT_EQ(expected.received, actual.received);
  EXPECT_EQ(expected.replays, actual.replays);
  EXPECT_EQ(expected.autopsy, actual.autopsy);
  EXPECT_EQ(actual.wrong, 0);
  if (expected.finished && actual.finished) {
    EXPECT_EQ(expected.end, actual.end);
    EXPECT_EQ(expected.hash, actual.hash);
  }
}

class ProgramsTest : public ::testing::TestWithParam<SeedBlock> {};

TEST_P(ProgramsTest, ResultIsRightAndDoesNotDependOnHowItIsComputed) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (int64_t i = 0; i < GetParam().count && !HasFailure(); ++i) {
    const auto seed = static_cast<uint64_t>(GetParam().first + i);
    const JobCase made = RandomJobCase(seed, registry);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " +
                 RequestText(made.job.request, *made.job.algorithm));
    const auto run = [&](const FabricOptions& options, int partitions) {
      return RunJobOnFabric(made.spec, made.job, options, partitions, made.faults);
    };
    const JobOutcome expected = run(made.options, 1);
    ExpectRight(made, expected);
    FabricOptions packets = made.options;
    packets.trains = false;
    packets.random_window_seed = seed + 1;
    FabricOptions windows = made.options;
    windows.random_window_seed = seed + 2;
    ExpectSame(expected, run(packets, 1), "single packets");
    ExpectSame(expected, run(windows, 2), "2 partitions");
    ExpectSame(expected, run(packets, 3), "3 partitions, single packets");
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ProgramsTest,
                         ::testing::ValuesIn(fabric::testing::SeedBlocks(2'000, 100)),
                         [](const auto& block) {
                           return fabric::testing::SeedBlockName(block.param);
                         });

// Else the test above says little.
TEST(ProgramsCasesTest, EveryAlgorithmIsThereAndMostJobsFinishInSpiteOfReplays) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  std::set<const Algorithm*> algorithms;
  int finished = 0;
  int with_replays = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const JobCase made = RandomJobCase(seed, registry);
    const JobOutcome outcome = RunJobOnFabric(made.spec, made.job, made.options, 1, made.faults);
    algorithms.insert(made.job.algorithm);
    finished += outcome.finished ? 1 : 0;
    with_replays += outcome.finished && outcome.replays > 0 ? 1 : 0;
  }
  EXPECT_EQ(algorithms.size(), registry.All().size());
  EXPECT_GE(finished, 340);
  EXPECT_GE(with_replays, 30);
}

}  // namespace
}  // namespace upfabric::collectives
