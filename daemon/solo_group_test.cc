#include "daemon/solo_group.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SoloGroupTest, GathersItsOwnString) {
  SoloGroup group;
  EXPECT_THAT(*group.AllGather("mine"), ElementsAre("mine"));
}

TEST(SoloGroupTest, AnErrorInAWindowStopsTheExchange) {
  SoloGroup group;
  int windows = 0;
  const auto row =
      group.StartRow([](EndpointId) { return 0; }, {.on_window = [&windows] {
                       return ++windows < 3 ? absl::OkStatus() : absl::CancelledError("stopped");
                     }});
  std::vector<fabric::sim::CrossingRecord> incoming;
  EXPECT_EQ(*row->exchange().Swap({}, 5, incoming), 5);
  EXPECT_EQ(*row->exchange().Swap({}, 6, incoming), 6);
  EXPECT_EQ(row->exchange().Swap({}, 7, incoming).status(), absl::CancelledError("stopped"));
}

TEST(SoloGroupTest, NewsComeWithTheStartOfTheNextWindowIfThereIsOne) {
  SoloGroup group;
  std::vector<fabric::sim::Ticks> starts;
  const auto row = group.StartRow(
      [](EndpointId) { return 0; },
      {.news = [] { return "news"; },
       .on_news = [&](const std::string&, fabric::sim::Ticks start) { starts.push_back(start); }});
  std::vector<fabric::sim::CrossingRecord> incoming;
  EXPECT_TRUE(row->exchange().Swap({}, 5, incoming).ok());
  EXPECT_TRUE(row->exchange().Swap({}, fabric::sim::kNever, incoming).ok());
  EXPECT_THAT(starts, ElementsAre(5));
}

TEST(SoloGroupTest, APayloadArrivesOnceUnderItsName) {
  SoloGroup group;
  const auto row = group.StartRow([](EndpointId) { return 0; }, {});
  const collectives::MessageName name{EndpointId(1), EndpointId(2), 3};
  const collectives::MessageName other{EndpointId(2), EndpointId(1), 3};
  row->transport().Send(name, {std::byte{7}});
  row->transport().Send(other, {std::byte{8}, std::byte{9}});
  EXPECT_THAT(row->transport().Take(name), ElementsAre(std::byte{7}));
  EXPECT_THAT(row->transport().Take(other), ElementsAre(std::byte{8}, std::byte{9}));
  EXPECT_THAT(row->DamagedMessages(), IsEmpty());
  EXPECT_DEATH(row->transport().Take(name), "broken invariant");
}

}  // namespace
}  // namespace upfabric::daemon
