#include "daemon/mpi/waiter.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

using ::testing::HasSubstr;

TEST(WaiterTest, ReturnsWhenThePollIsTrue) {
  Waiter waiter({});
  int polls = 0;
  EXPECT_TRUE(waiter.Wait([&polls]() -> absl::StatusOr<bool> { return ++polls == 5; }).ok());
  EXPECT_EQ(polls, 5);
}

TEST(WaiterTest, APollThatIsTrueAtOnceCountsNoWait) {
  Waiter waiter({});
  EXPECT_TRUE(waiter.Wait([]() -> absl::StatusOr<bool> { return true; }).ok());
  EXPECT_EQ(waiter.waited(), absl::ZeroDuration());
}

TEST(WaiterTest, EndsWithTheErrorOfThePoll) {
  Waiter waiter({});
  EXPECT_EQ(waiter.Wait([]() -> absl::StatusOr<bool> { return absl::UnavailableError("gone"); }),
            absl::UnavailableError("gone"));
}

TEST(WaiterTest, EndsAfterItsLimit) {
  Waiter waiter({.limit = absl::Milliseconds(2), .peer_health = nullptr});
  const absl::Status status = waiter.Wait([]() -> absl::StatusOr<bool> { return false; });
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no answer for 2ms"));
  EXPECT_GE(waiter.waited(), absl::Milliseconds(2));
}

TEST(WaiterTest, EndsWithWhatIsWrongWithAPeer) {
  Waiter waiter({.limit = absl::InfiniteDuration(),
                 .peer_health = [] { return absl::UnavailableError("daemon 2 is gone"); }});
  EXPECT_EQ(waiter.Wait([]() -> absl::StatusOr<bool> { return false; }),
            absl::UnavailableError("daemon 2 is gone"));
}

}  // namespace
}  // namespace upfabric::daemon
