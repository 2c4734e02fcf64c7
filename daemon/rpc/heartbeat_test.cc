#include "daemon/rpc/heartbeat.h"

#include "daemon/rpc/control_service.h"
#include "daemon/rpc/rpc_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

using ::testing::HasSubstr;

struct FakePeer {
  explicit FakePeer(absl::StatusOr<v1::GetStatusResponse> with = v1::GetStatusResponse())
      : answer(std::move(with)) {
    auto started = RpcServer::Start({"127.0.0.1", 0}, service);
    EXPECT_TRUE(started.ok()) << started.status();
    server = *std::move(started);
  }

  absl::StatusOr<v1::GetStatusResponse> answer;
  RunBoard board;
  ControlService service{board,
                         {.status = [this] { return answer; },
                          .check = [](const v1::Workload&) { return absl::OkStatus(); },
                          .inject = {}}};
  std::unique_ptr<RpcServer> server;
};

TEST(HeartbeatTest, APeerThatListensIsWell) {
  const FakePeer peer;
  Heartbeat heartbeat(absl::Seconds(10));
  heartbeat.Watch({{2, peer.server->address()}});
  EXPECT_TRUE(heartbeat.health().ok());
  EXPECT_TRUE(heartbeat.CheckNow().ok());
}

TEST(HeartbeatTest, APeerThatNoLongerListensIsGone) {
  FakePeer peer;
  const HostPort address = peer.server->address();
  Heartbeat heartbeat(absl::Seconds(10));
  heartbeat.Watch({{2, address}});
  peer.server.reset();
  EXPECT_FALSE(heartbeat.CheckNow().ok());
  EXPECT_EQ(heartbeat.health(), absl::UnavailableError("daemon 2 at " + address.ToString() +
                                                       " is gone: nobody listens there"));
}

TEST(HeartbeatTest, PeersMayEndOnceTheWatchIsStopped) {
  FakePeer peer;
  Heartbeat heartbeat(absl::Seconds(10));
  heartbeat.Watch({{2, peer.server->address()}});
  heartbeat.Stop();
  peer.server.reset();
  EXPECT_TRUE(heartbeat.CheckNow().ok());
}

TEST(HeartbeatTest, APeerThatSaysWhyTheJobEndsHasAnnouncedIt) {
  const FakePeer peer(absl::AbortedError("daemon 3 is gone"));
  Heartbeat heartbeat(absl::Seconds(10));
  heartbeat.Watch({{0, peer.server->address()}});
  while (heartbeat.health().ok()) {
    std::this_thread::yield();
  }
  EXPECT_EQ(heartbeat.health(), absl::UnavailableError("daemon 3 is gone"));
  EXPECT_TRUE(heartbeat.announced());
}

TEST(HeartbeatTest, ADaemonAloneWatchesNobody) {
  Heartbeat heartbeat(absl::Seconds(10));
  heartbeat.Watch({});
  EXPECT_TRUE(heartbeat.CheckNow().ok());
}

}  // namespace
}  // namespace upfabric::daemon
