#include "daemon/rpc/injection_box.h"

#include <vector>

#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

v1::InjectFaultRequest PlaneDown(int plane) {
  v1::InjectFaultRequest request;
  request.add_faults()->mutable_plane_down()->set_plane(plane);
  return request;
}

TEST(InjectionBoxTest, TheOldestComesFirstUntilItIsAnswered) {
  InjectionBox box;
  EXPECT_FALSE(box.waiting());
  std::vector<int> rows;
  for (int plane = 0; plane < 2; ++plane) {
    box.Post(PlaneDown(plane), [&rows](const absl::StatusOr<v1::InjectFaultResponse>& response) {
      rows.push_back(response->row());
    });
  }
  EXPECT_TRUE(box.waiting());
  EXPECT_EQ(box.First()->faults(0).plane_down().plane(), 0);
  EXPECT_EQ(box.First()->faults(0).plane_down().plane(), 0);
  v1::InjectFaultResponse response;
  response.set_row(5);
  box.AnswerFirst(response);
  EXPECT_EQ(box.First()->faults(0).plane_down().plane(), 1);
  response.set_row(6);
  box.AnswerFirst(response);
  EXPECT_FALSE(box.waiting());
  EXPECT_EQ(rows, (std::vector<int>{5, 6}));
}

TEST(InjectionBoxTest, RefusesTooManyAndAfterItsClose) {
  InjectionBox box;
  std::vector<absl::StatusCode> codes;
  const auto answer = [&codes](const absl::StatusOr<v1::InjectFaultResponse>& response) {
    codes.push_back(response.status().code());
  };
  for (size_t i = 0; i <= InjectionBox::kWaitingMax; ++i) {
    box.Post(PlaneDown(0), answer);
  }
  ASSERT_EQ(codes.size(), 1u);
  EXPECT_EQ(codes[0], absl::StatusCode::kResourceExhausted);
  box.Close(absl::UnavailableError("stopped"));
  EXPECT_EQ(codes.size(), 1 + InjectionBox::kWaitingMax);
  box.Post(PlaneDown(0), answer);
  EXPECT_EQ(codes.back(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace upfabric::daemon
