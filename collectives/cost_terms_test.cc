// Goal: closed forms know which messages stay inside a pod.

#include "collectives/algorithms/cost_terms.h"

#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "tests/testing/fake_fabric_view.h"

namespace upfabric::collectives {
namespace {

// Two pods of four; a message takes 1 ps inside one and 1,000 ps between them.
class TwoPods final : public testing::FakeFabricView {
 public:
  TwoPods() : FakeFabricView(8, {}, false, 2) {}
  bool ways_meet() const override { return true; }
  Picoseconds InjectionTime(Bytes, int64_t) const override { return Picoseconds(0); }
  Picoseconds UnloadedTimeOf(Bytes, std::span<const fabric::EndpointPair> pairs) const override {
    Picoseconds slowest(1);
    for (const fabric::EndpointPair& pair : pairs) {
      if (pair.source.value() / 4 != pair.destination.value() / 4) {
        slowest = Picoseconds(1'000);
      }
    }
    return slowest;
  }
};

Picoseconds ExchangeOf(int ranks, int group, int size, int stride = 1) {
  const TwoPods view;
  const CollectiveRequest request{.ranks = ranks, .count = 1, .group = group};
  return CostTerms(request, view).Exchange(1, size, stride);
}

TEST(CostTermsTest, SetsInsidePodsDoNotPayForTheNetwork) {
  EXPECT_EQ(ExchangeOf(8, 4, 4), Picoseconds(1));         // each pod by itself
  EXPECT_EQ(ExchangeOf(8, 4, 2, 4), Picoseconds(1'000));  // equal places of both
  EXPECT_EQ(ExchangeOf(8, 4, 8), Picoseconds(1'000));
}

// Ranks that fill no pod: what counts is where they are, not their numbers.
TEST(CostTermsTest, RanksAreInThePodsThatTheRequestSays) {
  EXPECT_EQ(ExchangeOf(4, 2, 2), Picoseconds(1));  // 0, 1 and 4, 5
  EXPECT_EQ(ExchangeOf(4, 2, 4), Picoseconds(1'000));
  EXPECT_EQ(ExchangeOf(2, 1, 2), Picoseconds(1'000));  // 0 and 4
  EXPECT_EQ(ExchangeOf(6, 0, 6), Picoseconds(1'000));  // in no order
}

}  // namespace
}  // namespace upfabric::collectives
