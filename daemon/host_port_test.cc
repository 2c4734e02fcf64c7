#include "daemon/host_port.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

TEST(HostPortTest, ReadsNamesAddressesAndBrackets) {
  EXPECT_EQ(ParseHostPort("127.0.0.1:50051", "--listen")->ToString(), "127.0.0.1:50051");
  EXPECT_EQ(ParseHostPort("[::1]:0", "--listen")->host, "::1");
  EXPECT_EQ(ParseHostPort("[::1]:7", "--listen")->ToString(), "[::1]:7");
  EXPECT_EQ(ParseHostPort("node0:9464", "--metrics")->port, 9464);
}

TEST(HostPortTest, RefusesWhatIsNotOneNamingTheFlag) {
  for (const char* text : {"", "50051", ":1", "a:", "a:b", "a:-1", "a:65536", "[::1:5"}) {
    const auto parsed = ParseHostPort(text, "--listen");
    ASSERT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(parsed.status().message()), ::testing::StartsWith("--listen: \""));
  }
}

TEST(HostPortTest, KnowsWhatOnlyThisMachineCanReach) {
  EXPECT_TRUE((HostPort{"127.0.0.1", 1}).IsLoopback());
  EXPECT_TRUE((HostPort{"127.1.2.3", 1}).IsLoopback());
  EXPECT_TRUE((HostPort{"::1", 1}).IsLoopback());
  EXPECT_TRUE((HostPort{"localhost", 1}).IsLoopback());
  EXPECT_FALSE((HostPort{"0.0.0.0", 1}).IsLoopback());
  EXPECT_FALSE((HostPort{"node0", 1}).IsLoopback());
  EXPECT_FALSE((HostPort{"127.example.org", 1}).IsLoopback());
}

}  // namespace
}  // namespace upfabric::daemon
