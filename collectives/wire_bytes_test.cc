// Bytes that algorithms send, against the figures of ALGORITHMS.md.

#include <gtest/gtest.h>

#include <bit>
#include <functional>
#include <string>

#include "collectives/patterns/groups.h"
#include "tests/testing/job_on_fake.h"

namespace upfabric::collectives {
namespace {

// Elements sent by all ranks, and by a rank that is not the root where n divides the count and
// channels, slices and pieces are one; null where ranks differ or n does not divide its parts.
struct Figure {
  Collective collective;
  const char* name;
  std::function<int64_t(int64_t n, int64_t count)> all_ranks;
  std::function<int64_t(int64_t n, int64_t count)> one_rank;
};

// The largest power of two in n, and its logarithm.
int64_t Core(int64_t n) { return static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(n))); }
int64_t CoreSteps(int64_t n) { return std::bit_width(static_cast<uint64_t>(n)) - 1; }

// Bits of all numbers below n.
int64_t SetBits(int64_t n) {
  int64_t bits = 0;
  for (int64_t i = 0; i < n; ++i) {
    bits += std::popcount(static_cast<uint64_t>(i));
  }
  return bits;
}

int64_t GroupOf(int64_t n) { return GroupSize({.ranks = static_cast<int>(n)}); }

// Blocks that pass the edges of a binomial tree: one an edge for each rank below it.
int64_t TreeBlocks(int64_t n) { return SetBits(n); }

const Figure kFigures[] = {
    {Collective::kAllReduce, "one_shot", [](auto n, auto c) { return n * (n - 1) * c; },
     [](auto n, auto c) { return (n - 1) * c; }},
    {Collective::kAllReduce, "two_shot", [](auto n, auto c) { return 2 * (n - 1) * c; },
     [](auto n, auto c) { return 2 * (n - 1) * c / n; }},
    {Collective::kAllReduce, "ring", [](auto n, auto c) { return 2 * (n - 1) * c; },
     [](auto n, auto c) { return 2 * (n - 1) * c / n; }},
    {Collective::kAllReduce, "recursive_doubling",
     [](auto n, auto c) { return (Core(n) * CoreSteps(n) + 2 * (n - Core(n))) * c; },
     [](auto n, auto c) { return CoreSteps(n) * c; }},
    {Collective::kAllReduce, "recursive_halving_doubling",
     [](auto n, auto c) { return 2 * (n - 1) * c; },
     [](auto n, auto c) { return 2 * (Core(n) - 1) * c / Core(n); }},
    {Collective::kAllReduce, "ring_bidirectional", [](auto n, auto c) { return 2 * (n - 1) * c; },
     nullptr},
    {Collective::kAllReduce, "double_binary_tree", [](auto n, auto c) { return 2 * (n - 1) * c; },
     nullptr},
    {Collective::kAllReduce, "hierarchical", [](auto n, auto c) { return 2 * (n - 1) * c; },
     [](auto n, auto c) { return 2 * (n - 1) * c / n; }},
    {Collective::kAllReduce, "torus", [](auto n, auto c) { return 2 * (n - 1) * c; }, nullptr},
    // Answers to the reads, and the results.
    {Collective::kAllReduce, "in_switch", [](auto n, auto c) { return n * c + c; },
     [](auto n, auto c) { return c + c / n; }},
    {Collective::kAllGather, "direct", [](auto n, auto c) { return n * (n - 1) * c; },
     [](auto n, auto c) { return (n - 1) * c; }},
    {Collective::kAllGather, "ring", [](auto n, auto c) { return n * (n - 1) * c; },
     [](auto n, auto c) { return (n - 1) * c; }},
    {Collective::kAllGather, "recursive_doubling", [](auto n, auto c) { return n * (n - 1) * c; },
     nullptr},
    {Collective::kAllGather, "bruck", [](auto n, auto c) { return n * (n - 1) * c; },
     [](auto n, auto c) { return (n - 1) * c; }},
    {Collective::kAllGather, "pat", [](auto n, auto c) { return n * (n - 1) * c; },
     [](auto n, auto c) { return (n - 1) * c; }},
    {Collective::kAllGather, "in_switch", [](auto n, auto c) { return n * c; },
     [](auto, auto c) { return c; }},
    {Collective::kReduceScatter, "direct", [](auto n, auto c) { return n * (n - 1) * c; },
     [](auto n, auto c) { return (n - 1) * c; }},
    {Collective::kReduceScatter, "ring", [](auto n, auto c) { return n * (n - 1) * c; },
     [](auto n, auto c) { return (n - 1) * c; }},
    {Collective::kReduceScatter, "recursive_halving",
     [](auto n, auto c) { return (n * (Core(n) - 1) + (n - Core(n)) * (n + 1)) * c; },
     [](auto n, auto c) { return (n - 1) * c; }},
    {Collective::kReduceScatter, "pat", [](auto n, auto c) { return n * (n - 1) * c; },
     [](auto n, auto c) { return (n - 1) * c; }},
    {Collective::kReduceScatter, "in_switch", [](auto n, auto c) { return n * n * c; },
     [](auto n, auto c) { return n * c; }},
    {Collective::kAllToAll, "pairwise", [](auto n, auto c) { return n * (n - 1) * c; },
     [](auto n, auto c) { return (n - 1) * c; }},
    {Collective::kAllToAll, "direct", [](auto n, auto c) { return n * (n - 1) * c; },
     [](auto n, auto c) { return (n - 1) * c; }},
    {Collective::kAllToAll, "bruck", [](auto n, auto c) { return n * SetBits(n) * c; },
     [](auto n, auto c) { return SetBits(n) * c; }},
    {Collective::kAllToAll, "hierarchical",
     [](auto n, auto c) {
       return n * ((GroupOf(n) - 1) * (n / GroupOf(n)) + (n / GroupOf(n) - 1) * GroupOf(n)) * c;
     },
     [](auto n, auto c) {
       return ((GroupOf(n) - 1) * (n / GroupOf(n)) + (n / GroupOf(n) - 1) * GroupOf(n)) * c;
     }},
    {Collective::kBroadcast, "flat", [](auto n, auto c) { return (n - 1) * c; },
     [](auto, auto) { return int64_t{0}; }},
    {Collective::kBroadcast, "scatter_gather", [](auto n, auto c) { return (n - 1) * c; },
     [](auto n, auto c) { return (n - 2) * (c / (n - 1)); }},
    {Collective::kBroadcast, "chain", [](auto n, auto c) { return (n - 1) * c; },
     [](auto, auto c) { return c; }},
    {Collective::kBroadcast, "binomial", [](auto n, auto c) { return (n - 1) * c; },
     [](auto, auto) { return int64_t{0}; }},
    {Collective::kBroadcast, "in_switch", [](auto, auto c) { return c; },
     [](auto, auto) { return int64_t{0}; }},
    {Collective::kSendRecv, "direct", [](auto n, auto c) { return n * c; },
     [](auto, auto c) { return c; }},
    {Collective::kReduce, "direct", [](auto n, auto c) { return (n - 1) * c; },
     [](auto, auto c) { return c; }},
    {Collective::kReduce, "binomial", [](auto n, auto c) { return (n - 1) * c; },
     [](auto, auto c) { return c; }},
    {Collective::kReduce, "chain", [](auto n, auto c) { return (n - 1) * c; },
     [](auto, auto c) { return c; }},
    {Collective::kReduce, "in_switch", [](auto n, auto c) { return n * c; },
     [](auto, auto c) { return c; }},
    {Collective::kGather, "direct", [](auto n, auto c) { return (n - 1) * c; },
     [](auto, auto c) { return c; }},
    {Collective::kGather, "binomial", [](auto n, auto c) { return TreeBlocks(n) * c; }, nullptr},
    {Collective::kScatter, "direct", [](auto n, auto c) { return (n - 1) * c; },
     [](auto, auto) { return int64_t{0}; }},
    {Collective::kScatter, "binomial", [](auto n, auto c) { return TreeBlocks(n) * c; }, nullptr},
    {Collective::kScatter, "read",
     [](auto n, auto c) { return (n - 1) * (c + std::min<int64_t>(c, 1)); }, nullptr},
    // Tokens of one element, whatever the count.
    {Collective::kBarrier, "dissemination",
     [](auto n, auto) { return n * std::bit_width(static_cast<uint64_t>(n) - 1); },
     [](auto n, auto) { return std::bit_width(static_cast<uint64_t>(n) - 1); }},
};

TEST(WireBytesTest, EveryAlgorithmHasItsFigure) {
  EXPECT_EQ(std::size(kFigures), BuiltinAlgorithms().All().size());
}

TEST(WireBytesTest, AllRanksTogetherSendWhatTheFigureSaysForAnyCount) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Figure& figure : kFigures) {
    const Algorithm* algorithm = *registry.Find(figure.collective, figure.name);
    for (const int ranks : {2, 3, 5, 16}) {
      if (!Serves(*algorithm, ranks)) {
        continue;
      }
      for (const int64_t count : {0, 1, 7, 100'003}) {
        const CollectiveRequest request{
            .collective = figure.collective, .ranks = ranks, .count = count, .root = ranks - 1};
        LocalPayloadTransport transport;
        JobOnFake run({.request = request, .algorithm = algorithm, .payload = PayloadMode::kNone},
                      {}, transport);
        int64_t sent = 0;
        for (int rank = 0; rank < ranks; ++rank) {
          sent += run.fabric.sent_bytes(EndpointId(rank));
        }
        EXPECT_EQ(sent, 4 * figure.all_ranks(ranks, count)) << RequestText(request, *algorithm);
        if (count == 0 && figure.collective != Collective::kBarrier) {
          EXPECT_EQ(run.fabric.messages(), 0);
        }
      }
    }
  }
}

TEST(WireBytesTest, EachRankSendsWhatTheFigureSaysWhereTheCountDivides) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Figure& figure : kFigures) {
    const Algorithm* algorithm = *registry.Find(figure.collective, figure.name);
    for (const int ranks : {3, 5, 16}) {
      if (!Serves(*algorithm, ranks) || figure.one_rank == nullptr) {
        continue;
      }
      const int64_t count = ranks * (ranks - 1);
      const CollectiveRequest request{
          .collective = figure.collective, .ranks = ranks, .count = count, .root = 0};
      LocalPayloadTransport transport;
      JobOnFake run({.request = request, .algorithm = algorithm, .payload = PayloadMode::kNone}, {},
                    transport);
      // Rank 1; the root is rank 0.
      EXPECT_EQ(run.fabric.sent_bytes(EndpointId(ranks - 2)), 4 * figure.one_rank(ranks, count))
          << RequestText(request, *algorithm);
    }
  }
}

}  // namespace
}  // namespace upfabric::collectives
