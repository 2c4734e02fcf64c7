#include "collectives/selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectives/patterns/groups.h"
#include "tests/testing/fake_fabric_view.h"
#include "tests/testing/job_on_fake.h"

namespace upfabric::collectives {
namespace {

using ::testing::HasSubstr;
using ::upfabric::testing::FakeFabricView;
using ::upfabric::testing::FakeFigures;

TEST(AlgorithmRegistryTest, UnknownNameListsTheKnownOnesSorted) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const absl::Status status = registry.Find(Collective::kAllReduce, "tree").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(
      status.message(),
      "no algorithm 'tree' for all_reduce; known: double_binary_tree, hierarchical, in_switch, "
      "one_shot, recursive_doubling, recursive_halving_doubling, ring, ring_bidirectional, "
      "torus, two_shot");
}

TEST(AlgorithmRegistryTest, EveryCollectiveHasAnAlgorithmAndEveryAlgorithmADescription) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Collective collective :
       {Collective::kAllReduce, Collective::kAllGather, Collective::kReduceScatter,
        Collective::kAllToAll, Collective::kBroadcast, Collective::kSendRecv, Collective::kReduce,
        Collective::kGather, Collective::kScatter, Collective::kBarrier}) {
    EXPECT_FALSE(registry.List(collective).empty());
  }
  for (const Algorithm* algorithm : registry.All()) {
    EXPECT_FALSE(algorithm->info().description.empty());
  }
}

// Serves up to 4 ranks at a fixed cost.
class LimitedAlgorithm final : public Algorithm {
 public:
  LimitedAlgorithm(std::string_view name, int64_t cost_ps)
      : info_{.name = name,
              .collective = Collective::kAllReduce,
              .description = "limited",
              .limits = {.ranks_min = 2, .ranks_max = 4, .count_max = 100, .in_place = false}},
        cost_(cost_ps) {}
  const AlgorithmInfo& info() const override { return info_; }
  std::unique_ptr<RankProgram> MakeProgram(const CollectiveRequest&, int) const override {
    return nullptr;
  }
  Picoseconds Cost(const CollectiveRequest&, const fabric::FabricView&) const override {
    return cost_;
  }

 private:
  AlgorithmInfo info_;
  Picoseconds cost_;
};

TEST(SelectorTest, AutoTakesTheCheapestThatServesAndTiesTheFirst) {
  AlgorithmRegistry registry;
  registry.Add(std::make_unique<LimitedAlgorithm>("dear", 7));
  registry.Add(std::make_unique<LimitedAlgorithm>("cheap", 5));
  registry.Add(std::make_unique<LimitedAlgorithm>("also_cheap", 5));
  const FakeFabricView view(4, {});
  const auto chosen = SelectAlgorithm(registry, kAutoAlgorithm, {.ranks = 3, .count = 1}, view);
  ASSERT_TRUE(chosen.ok());
  EXPECT_EQ((*chosen)->info().name, "cheap");
}

TEST(SelectorTest, CandidatesComeCheapestFirst) {
  AlgorithmRegistry registry;
  registry.Add(std::make_unique<LimitedAlgorithm>("dear", 7));
  registry.Add(std::make_unique<LimitedAlgorithm>("cheap", 5));
  registry.Add(std::make_unique<LimitedAlgorithm>("also_cheap", 5));
  const FakeFabricView view(4, {});
  const auto candidates = Candidates(registry, {.ranks = 3, .count = 1}, view);
  ASSERT_TRUE(candidates.ok());
  std::vector<std::string_view> names;
  for (const Algorithm* candidate : *candidates) {
    names.push_back(candidate->info().name);
  }
  EXPECT_THAT(names, ::testing::ElementsAre("cheap", "also_cheap", "dear"));
  EXPECT_EQ(Candidates(registry, {.ranks = 5, .count = 1}, view).status().message(),
            "all_reduce also_cheap serves 2 to 4 ranks, not 5");
}

TEST(SelectorTest, RefusalsNameTheLimit) {
  AlgorithmRegistry registry;
  registry.Add(std::make_unique<LimitedAlgorithm>("limited", 7));
  const FakeFabricView view(8, {});
  const auto refusal = [&](std::string_view name, const CollectiveRequest& request) {
    return SelectAlgorithm(registry, name, request, view).status();
  };
  for (const std::string_view name : {std::string_view("limited"), kAutoAlgorithm}) {
    const absl::Status ranks = refusal(name, {.ranks = 5, .count = 1});
    EXPECT_EQ(ranks.code(), absl::StatusCode::kUnimplemented);
    EXPECT_EQ(ranks.message(), "all_reduce limited serves 2 to 4 ranks, not 5");
    EXPECT_THAT(std::string(refusal(name, {.ranks = 2, .count = 101}).message()),
                HasSubstr("at most 100 elements, not 101"));
    EXPECT_THAT(std::string(refusal(name, {.ranks = 2, .count = 1, .in_place = true}).message()),
                HasSubstr("no in-place form"));
  }
  EXPECT_EQ(refusal("unknown", {.ranks = 2, .count = 1}).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(refusal(kAutoAlgorithm, {.ranks = 0, .count = 1}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal(kAutoAlgorithm, {.collective = Collective::kSendRecv, .ranks = 2}).code(),
            absl::StatusCode::kUnimplemented);
}

TEST(RanksOfPodTest, IsTheNumberInARowIfAllPodsHaveAsMany) {
  const auto group = [](const std::vector<int>& endpoints, int pods) {
    std::vector<EndpointId> ids(endpoints.begin(), endpoints.end());
    return RanksOfPod(ids, FakeFabricView(8, {}, false, pods));
  };
  EXPECT_EQ(group({0, 1, 2, 3, 4, 5, 6, 7}, 2), 4);
  EXPECT_EQ(group({6, 7, 0, 1}, 2), 2);
  EXPECT_EQ(group({0, 1, 2, 3}, 2), 4);  // one pod
  EXPECT_EQ(group({0, 1, 2, 3, 4, 5}, 2), 0);
  EXPECT_EQ(group({0, 4, 1, 5}, 2), 1);
  EXPECT_EQ(group({0, 1, 2, 3, 4, 5, 6, 7}, 1), 0);
}

TEST(AxesOfRanksTest, AreThoseOfTheFabricIfTheRanksFillIt) {
  class Torus final : public FakeFabricView {
   public:
    Torus() : FakeFabricView(12, {}) {}
    std::vector<int> axes() const override { return {4, 3}; }
  };
  std::vector<EndpointId> all;
  for (int endpoint = 0; endpoint < 12; ++endpoint) {
    all.emplace_back(endpoint);
  }
  EXPECT_EQ(AxesOfRanks(all, Torus()), (std::array<int, 3>{4, 3, 1}));
  EXPECT_EQ(AxesOfRanks(all, FakeFabricView(12, {})), (std::array<int, 3>{}));
  std::swap(all[0], all[1]);
  EXPECT_EQ(AxesOfRanks(all, Torus()), (std::array<int, 3>{}));
  all.resize(4);
  EXPECT_EQ(AxesOfRanks(all, Torus()), (std::array<int, 3>{}));
}

TEST(GroupsTest, HierarchicalTakesThePodsOrTheDivisorNearTheRoot) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const Algorithm& algorithm = **registry.Find(Collective::kAllReduce, "hierarchical");
  const auto size = [](int ranks, int group) {
    return GroupSize({.ranks = ranks, .group = group});
  };
  EXPECT_EQ(size(72, 36), 36);
  EXPECT_EQ(size(72, 0), 9);
  EXPECT_EQ(size(72, 7), 9);
  EXPECT_EQ(size(72, 1), 9);
  EXPECT_EQ(size(16, 0), 4);
  EXPECT_EQ(CheckRequest(algorithm, {.ranks = 13, .count = 1}).message(),
            "all_reduce hierarchical serves ranks in groups of equal size, which 13 do not make");
  // The first message of rank 1 leaves its group of two for the group's other member alone.
  const auto program = algorithm.MakeProgram({.ranks = 8, .count = 64, .group = 2}, 1);
  EXPECT_EQ(program->length(0), 1);
  EXPECT_EQ(program->At(0, 0).peer, 0);
}

TEST(ValidateRequestTest, NamesFieldValueAndLimit) {
  EXPECT_TRUE(ValidateRequest({.ranks = 1, .count = 0}).ok());
  EXPECT_EQ(ValidateRequest({.ranks = 65'537}).message(), "ranks is 65537; allowed: 1 to 65536");
  EXPECT_EQ(ValidateRequest({.ranks = 1, .count = int64_t{1} << 55}).message(),
            "count is 36028797018963968; allowed: 0 to 18014398509481984");
  EXPECT_EQ(
      ValidateRequest({.collective = Collective::kBroadcast, .ranks = 4, .root = 4}).message(),
      "root is 4; allowed: 0 to 3");
  EXPECT_EQ(ValidateRequest({.collective = Collective::kAllToAll, .in_place = true}).message(),
            "all_to_all has no in-place form");
}

// Closed forms against executions on the fabric they describe, from latency-bound to
// bandwidth-bound.
TEST(CostTest, ClosedFormsAreNearExecutionsOnAQuietFabric) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const FakeFigures figures;
  for (const Algorithm* algorithm : registry.All()) {
    for (const int ranks : {1, 2, 4, 16}) {
      if (!Serves(*algorithm, ranks)) {
        continue;
      }
      for (const int64_t count : {1, 1'000, 100'000, 1'600'000}) {
        const CollectiveRequest request{
            .collective = algorithm->info().collective, .ranks = ranks, .count = count, .root = 0};
        SCOPED_TRACE(RequestText(request, *algorithm));
        LocalPayloadTransport transport;
        JobOnFake run({.request = request, .algorithm = algorithm, .payload = PayloadMode::kNone},
                      {.rated = true, .figures = figures}, transport);
        const auto cost =
            static_cast<double>(algorithm->Cost(request, FakeFabricView(ranks, figures)).count());
        const auto time = static_cast<double>(run.fabric.now_ps());
        if (time == 0) {
          EXPECT_EQ(cost, 0);
          continue;
        }
        // Reads and results of in_switch hold each other up; the form leaves that out.
        const double tolerance = algorithm->info().limits.needs_in_switch ? 0.2 : 0.1;
        EXPECT_NEAR(cost / time, 1.0, tolerance) << cost << " against " << time;
      }
    }
  }
}

TEST(CostTest, NothingToMoveCostsNothing) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Algorithm* algorithm : registry.All()) {
    if (algorithm->info().collective == Collective::kBarrier) {
      continue;  // its tokens move whatever the count
    }
    const CollectiveRequest request{
        .collective = algorithm->info().collective, .ranks = 4, .count = 0, .root = 0};
    EXPECT_EQ(algorithm->Cost(request, FakeFabricView(4, {})), Picoseconds(0))
        << RequestText(request, *algorithm);
  }
}

TEST(SelectorTest, InSwitchIsOfferedOnlyWhereSwitchesReduce) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const CollectiveRequest request{.ranks = 16, .count = 1 << 24};
  const auto select = [&](std::string_view name, bool has_in_switch) {
    return SelectAlgorithm(registry, name, request, FakeFabricView(16, {}, has_in_switch));
  };
  EXPECT_NE((*select(kAutoAlgorithm, true))->info().name, "in_switch");  // only by name
  EXPECT_NE((*select(kAutoAlgorithm, false))->info().name, "in_switch");
  EXPECT_TRUE(select("in_switch", true).ok());
  const absl::Status refused = select("in_switch", false).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(refused.message(),
            "all_reduce in_switch needs switches that copy and reduce; this fabric has none");
}

TEST(SelectorTest, AutoChangesFromOneShotOverTwoShotToRingWithSize) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const FakeFabricView view(16, {}, /*has_in_switch=*/false);
  const auto chosen = [&](int64_t count) {
    return std::string(
        (*SelectAlgorithm(registry, kAutoAlgorithm, {.ranks = 16, .count = count}, view))
            ->info()
            .name);
  };
  EXPECT_EQ(chosen(16), "one_shot");
  EXPECT_EQ(chosen(1 << 18), "two_shot");
  // The ring reduces one channel while others are on the way.
  EXPECT_EQ(chosen(1 << 24), "ring");
}

}  // namespace
}  // namespace upfabric::collectives
