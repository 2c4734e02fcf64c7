#include "daemon/metrics/metrics_server.h"

#include <httplib.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<MetricsServer> StartServer(MetricsServer::Callbacks callbacks) {
  auto server = MetricsServer::Start({"127.0.0.1", 0}, std::move(callbacks));
  EXPECT_TRUE(server.ok()) << server.status();
  return std::move(server).value();
}

TEST(MetricsServerTest, ServesTheExpositionWithItsContentType) {
  const auto server = StartServer(
      {.metrics = [] { return "upfabric_hops_total 1\n"; }, .healthy = [] { return true; }});
  EXPECT_GT(server->address().port, 0);
  httplib::Client client("127.0.0.1", server->address().port);
  const auto response = client.Get("/metrics");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "upfabric_hops_total 1\n");
  EXPECT_EQ(response->get_header_value("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(client.Get("/elsewhere")->status, 404);
}

TEST(MetricsServerTest, HealthFollowsTheDaemon) {
  std::atomic<bool> healthy = true;
  const auto server = StartServer(
      {.metrics = [] { return std::nullopt; }, .healthy = [&healthy] { return healthy.load(); }});
  httplib::Client client("127.0.0.1", server->address().port);
  EXPECT_EQ(client.Get("/healthz")->status, 200);
  healthy = false;
  EXPECT_EQ(client.Get("/healthz")->status, 503);
  EXPECT_EQ(client.Get("/metrics")->status, 503);
}

TEST(MetricsServerTest, APortInUseIsBadInput) {
  const MetricsServer::Callbacks callbacks{.metrics = [] { return std::nullopt; },
                                           .healthy = [] { return true; }};
  const auto first = StartServer(callbacks);
  const auto second = MetricsServer::Start(first->address(), callbacks);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("--metrics: " + first->address().ToString() + " is in use"));
}

TEST(MetricsServerTest, AHostThatIsNotThisMachineIsBadInput) {
  const auto server = MetricsServer::Start({"192.0.2.1", 0}, {});
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace upfabric::daemon
