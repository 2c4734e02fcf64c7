// Goal: the all-reduce by switches is right, and not earlier than physics allow, on the real
// fabric. Method: jobs with full payload on random fabrics whose switches reduce, for rank counts
// and sizes that do and do not divide, on one and on three partitions; each result against the
// reference, the times against the lower bound, the closed form and the bytes on the links.

#include <gtest/gtest.h>

#include <string>

#include "fabric/api/fabric.h"
#include "tests/testing/fabric_specs.h"
#include "tests/testing/job_on_fabric.h"
#include "tests/testing/job_on_fake.h"

namespace upfabric::collectives {
namespace {

using fabric::Fabric;
using fabric::FabricOptions;
using fabric::FabricSpec;
using fabric::testing::Draws;

JobSpec InSwitchJob(const AlgorithmRegistry& registry, const FabricSpec& spec,
                    const CollectiveRequest& request, PayloadMode payload, int iterations) {
  JobSpec job{.request = request,
              .algorithm = *registry.Find(Collective::kAllReduce, "in_switch"),
              .payload = payload,
              .iterations = iterations};
  for (int rank = 0; rank < request.ranks; ++rank) {
    job.endpoints.emplace_back(spec.endpoints - 1 - rank);
  }
  return job;
}

// Rank r runs on endpoint ranks - 1 - r, or further up where there are more endpoints.
JobOutcome RunJob(const FabricSpec& spec, const CollectiveRequest& request, PayloadMode payload,
                  const FabricOptions& options = {}, int partitions = 1, int iterations = 1) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const JobOutcome outcome = RunJobOnFabric(
      spec, InSwitchJob(registry, spec, request, payload, iterations), options, partitions);
  EXPECT_TRUE(outcome.finished);
  return outcome;
}

void ExpectNotBeforeBound(const FabricSpec& spec, const CollectiveRequest& request, int iterations,
                          const JobOutcome& outcome) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const LowerBound bound =
      BoundOf(spec, InSwitchJob(registry, spec, request, PayloadMode::kNone, iterations));
  for (const auto& [rank, end] : outcome.end) {
    EXPECT_LE(bound.rank_end[static_cast<size_t>(rank)], end.since_start()) << "rank " << rank;
  }
  EXPECT_LE(bound.last_end, outcome.last_end.since_start());
}

void ExpectRight(const FabricSpec& spec, const CollectiveRequest& request, PayloadMode payload,
                 int iterations = 1) {
  SCOPED_TRACE(absl::StrCat(request.ranks, " ranks, count ", request.count,
                            request.in_place ? ", in place" : ""));
  const JobOutcome outcome = RunJob(spec, request, payload, {}, 1, iterations);
  EXPECT_EQ(outcome.wrong, 0);
  EXPECT_EQ(outcome.held, 0);
  ExpectNotBeforeBound(spec, request, iterations, outcome);
}

FabricSpec RandomReducingFabric(Draws& draws, int endpoints) {
  FabricSpec spec = fabric::testing::RandomFabric(draws);
  spec.endpoints = endpoints;
  spec.switch_chip.in_switch = fabric::testing::RandomInSwitch(draws, spec);
  return spec;
}

FabricSpec Nvl72() {
  FabricSpec spec = fabric::testing::SmallFabric();
  spec.endpoints = 72;
  spec.groups = {{18, 1}};
  spec.switch_chip.in_switch = fabric::testing::InSwitch();
  return spec;
}

TEST(InSwitchAllReduceTest, EveryRankCountGivesTheReference) {
  for (const int ranks : {2, 3, 4, 5, 6, 7, 8, 9, 16}) {
    for (const int64_t count : {0, 1, ranks - 1, ranks + 1, 997, 20'003}) {
      const auto seed = static_cast<uint64_t>(ranks * 100'000 + count);
      SCOPED_TRACE("seed " + std::to_string(seed));
      Draws draws(seed);
      const FabricSpec spec = RandomReducingFabric(draws, ranks + static_cast<int>(seed % 2));
      ExpectRight(spec, {.ranks = ranks, .count = count, .in_place = seed % 3 == 0},
                  PayloadMode::kFull, 1 + static_cast<int>(seed % 2));
    }
  }
}

TEST(InSwitchAllReduceTest, ARackOf72GivesTheReference) {
  for (const int64_t count : {5, 21'605, 300'007}) {
    ExpectRight(Nvl72(), {.ranks = 72, .count = count}, PayloadMode::kFull);
  }
}

TEST(InSwitchAllReduceTest, ManyPiecesGiveTheReference) {
  FabricSpec spec = Nvl72();
  spec.endpoints = 3;
  for (const PayloadMode payload : {PayloadMode::kFull, PayloadMode::kSampled}) {
    ExpectRight(spec, {.ranks = 3, .count = 2'500'001}, payload, 2);
    ExpectRight(spec, {.type = DataType::kBfloat16, .ranks = 2, .count = 3'000'003}, payload);
  }
}

TEST(InSwitchAllReduceTest, ResultDoesNotDependOnPartitionsTrainsOrWindows) {
  for (uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draws draws(seed + 77);
    const int ranks = static_cast<int>(draws.Between(2, 9));
    const FabricSpec spec = RandomReducingFabric(draws, ranks);
    const CollectiveRequest request{.ranks = ranks, .count = draws.Between(1, 60'000)};
    const JobOutcome expected = RunJob(spec, request, PayloadMode::kFull, {.seed = seed});
    FabricOptions other{.seed = seed, .trains = false, .random_window_seed = seed + 1};
    for (const int partitions : {1, 3}) {
      const JobOutcome actual = RunJob(spec, request, PayloadMode::kFull, other, partitions);
      EXPECT_EQ(expected.end, actual.end);
      EXPECT_EQ(expected.hash, actual.hash);
      EXPECT_EQ(actual.wrong, 0);
      EXPECT_EQ(expected.sent, actual.sent);
      EXPECT_EQ(expected.received, actual.received);
    }
  }
}

// S + S/n each way: answers and results up, results and everyone's down.
TEST(InSwitchAllReduceTest, EachEndpointCarriesItsDataOnceAndItsChunkOnce) {
  for (const int ranks : {2, 8, 72}) {
    FabricSpec spec = Nvl72();
    spec.endpoints = ranks;
    const int64_t count = int64_t{ranks} * 5'000;
    const JobOutcome outcome = RunJob(spec, {.ranks = ranks, .count = count}, PayloadMode::kNone);
    for (int endpoint = 0; endpoint < ranks; ++endpoint) {
      EXPECT_EQ(outcome.sent.at(endpoint), 4 * (count + count / ranks));
      EXPECT_EQ(outcome.received.at(endpoint), 4 * (count + count / ranks));
    }
  }
}

TEST(InSwitchAllReduceTest, ClosedFormIsNearTheFabric) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const Algorithm* algorithm = *registry.Find(Collective::kAllReduce, "in_switch");
  for (const int ranks : {2, 4, 8, 72}) {
    FabricSpec spec = Nvl72();
    spec.endpoints = ranks;
    const auto fabric = *Fabric::Create(spec, {});
    for (const int64_t count : {72, 72'000, 1'440'000, 7'200'000}) {
      if (count > 1'440'000 && ranks > 8) {
        continue;  // no other case, but much longer
      }
      const CollectiveRequest request{.ranks = ranks, .count = count};
      const auto time = static_cast<double>(
          RunJob(spec, request, PayloadMode::kNone).last_end.since_start().count());
      const auto cost = static_cast<double>(algorithm->Cost(request, fabric->view()).count());
      EXPECT_NEAR(cost / time, 1.0, 0.2) << ranks << " ranks, count " << count;
    }
  }
}

}  // namespace
}  // namespace upfabric::collectives
