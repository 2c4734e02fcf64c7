#include "collectives/count_matrix.h"

#include <gtest/gtest.h>

#include <random>

#include "collectives/prove/prover.h"
#include "tests/testing/job_on_fake.h"

namespace upfabric::collectives {
namespace {

TEST(CountMatrixTest, BlocksStandInTheOrderOfTheOtherEnd) {
  const CountMatrix matrix(3, {1, 2, 0,     //
                               10, 20, 30,  //
                               0, 5, 7});
  EXPECT_EQ(matrix.Count(1, 2), 30);
  EXPECT_EQ(matrix.SendOffset(1, 2), 30);
  EXPECT_EQ(matrix.RecvOffset(1, 2), 0);
  EXPECT_EQ(matrix.RecvOffset(2, 1), 22);
  EXPECT_EQ(matrix.SendCount(1), 60);
  EXPECT_EQ(matrix.RecvCount(2), 37);
  EXPECT_EQ(matrix.CountMax(), 60);
  EXPECT_EQ(matrix.SourceOf(1, 1), 0);
  EXPECT_EQ(matrix.SourceOf(1, 2), 1);
  EXPECT_EQ(matrix.SourceOf(1, 26), 2);
  EXPECT_EQ(matrix.SourceOf(2, 0), 1);  // rank 0 has nothing for rank 2
}

std::vector<int64_t> RandomCounts(int ranks, std::mt19937_64& draw) {
  std::vector<int64_t> counts;
  for (int i = 0; i < ranks * ranks; ++i) {
    const auto count = static_cast<int64_t>(draw() % 100);
    counts.push_back(draw() % 3 == 0 ? 0 : count * count);
  }
  return counts;
}

TEST(CountMatrixTest, EveryAlgorithmThatServesOneIsRightAndProved) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  int served = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    std::mt19937_64 draw(seed);
    const int ranks = 1 + static_cast<int>(draw() % 9);
    const CountMatrix matrix(ranks, RandomCounts(ranks, draw));
    const CollectiveRequest request{.collective = Collective::kAllToAll,
                                    .ranks = ranks,
                                    .count = (matrix.CountMax() + ranks - 1) / ranks,
                                    .matrix = &matrix};
    for (const Algorithm* algorithm : registry.List(Collective::kAllToAll)) {
      if (!CheckRequest(*algorithm, request).ok()) {
        EXPECT_FALSE(algorithm->info().limits.matrix);
        continue;
      }
      ++served;
      for (const PayloadMode mode : {PayloadMode::kFull, PayloadMode::kSampled}) {
        LocalPayloadTransport transport;
        JobOnFake run({.request = request, .algorithm = algorithm, .payload = mode, .seed = seed},
                      {.seed = seed}, transport);
        ASSERT_TRUE(run.job->finished()) << run.job->Autopsy().front();
        EXPECT_EQ(run.job->CountWrong(), 0) << seed << " " << algorithm->info().name;
        EXPECT_EQ(run.fabric.unclaimed(), 0);
      }
      EXPECT_TRUE(Prove(*algorithm, request).findings.empty()) << seed;
    }
  }
  EXPECT_GE(served, 120);
}

// One block that is not the right one is seen.
TEST(CountMatrixTest, AWrongBlockIsWrong) {
  class Swapping final : public PayloadTransport {
   public:
    void Send(const MessageName& name, std::vector<std::byte> bytes) override {
      if (bytes.size() == 4 * 8 && ++seen_ == 2) {
        bytes = first_;
      }
      first_ = first_.empty() && bytes.size() == 4 * 8 ? bytes : first_;
      inner_.Send(name, std::move(bytes));
    }
    std::vector<std::byte> Take(const MessageName& name) override { return inner_.Take(name); }

   private:
    LocalPayloadTransport inner_;
    std::vector<std::byte> first_;
    int seen_ = 0;
  };
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const CountMatrix matrix(3, {0, 8, 3, 8, 0, 5, 1, 8, 0});
  Swapping transport;
  JobOnFake run(
      {.request = {.collective = Collective::kAllToAll, .ranks = 3, .count = 5, .matrix = &matrix},
       .algorithm = *registry.Find(Collective::kAllToAll, "direct")},
      {}, transport);
  ASSERT_TRUE(run.job->finished());
  EXPECT_EQ(run.job->CountWrong(), 8);
}

TEST(CountMatrixTest, IsForAllToAllOfAsManyRanks) {
  const CountMatrix matrix(3, std::vector<int64_t>(9, 1));
  EXPECT_FALSE(ValidateRequest({.ranks = 3, .count = 1, .matrix = &matrix}).ok());
  EXPECT_FALSE(ValidateRequest(
                   {.collective = Collective::kAllToAll, .ranks = 4, .count = 1, .matrix = &matrix})
                   .ok());
  EXPECT_TRUE(ValidateRequest(
                  {.collective = Collective::kAllToAll, .ranks = 3, .count = 1, .matrix = &matrix})
                  .ok());
}

}  // namespace
}  // namespace upfabric::collectives
