#include "daemon/daemon_options.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(std::vector<std::string> arguments) {
  const auto options = ParseDaemonOptions(arguments);
  EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(options.status().message().find('\n'), absl::string_view::npos);
  return std::string(options.status().message());
}

TEST(DaemonOptionsTest, DefaultsAreLoopbackAndFreePorts) {
  const auto options = ParseDaemonOptions({"--fabric", "hgx-h100"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->fabric, "hgx-h100");
  EXPECT_EQ(options->listen.ToString(), "127.0.0.1:0");
  EXPECT_EQ(options->metrics.ToString(), "127.0.0.1:0");
  EXPECT_EQ(options->peer_timeout, absl::Seconds(10));
  EXPECT_EQ(options->loop, "");
}

TEST(DaemonOptionsTest, TheFabricIsRequired) { EXPECT_THAT(ErrorOf({}), HasSubstr("--fabric")); }

TEST(DaemonOptionsTest, AnUnknownFlagIsNamed) {
  EXPECT_THAT(ErrorOf({"--fabric", "x", "--fast"}), HasSubstr("--fast"));
}

TEST(DaemonOptionsTest, AnAddressThatOthersCanReachNeedsInsecure) {
  EXPECT_THAT(ErrorOf({"--fabric", "x", "--listen", "0.0.0.0:1"}),
              HasSubstr("--listen: other machines can reach 0.0.0.0:1"));
  EXPECT_THAT(ErrorOf({"--fabric", "x", "--metrics", "0.0.0.0:1"}), HasSubstr("--metrics: "));
  EXPECT_TRUE(ParseDaemonOptions({"--fabric", "x", "--listen", "0.0.0.0:1", "--insecure"}).ok());
}

TEST(DaemonOptionsTest, BadValuesNameTheirFlag) {
  EXPECT_THAT(ErrorOf({"--fabric", "x", "--listen", "50051"}), HasSubstr("--listen: \"50051\""));
  EXPECT_THAT(ErrorOf({"--fabric", "x", "--bytes", "1X"}), HasSubstr("--bytes: "));
  EXPECT_THAT(ErrorOf({"--fabric", "x", "--peer-timeout", "10"}), HasSubstr("--peer-timeout: "));
  EXPECT_THAT(ErrorOf({"--fabric", "x", "--peer-timeout", "0s"}), HasSubstr("--peer-timeout: "));
}

TEST(DaemonOptionsTest, FaultsAreOfTheLoop) {
  EXPECT_THAT(ErrorOf({"--fabric", "x", "--faults", "f.yaml"}), HasSubstr("--faults: "));
  DaemonOptions options;
  options.loop = "all_reduce";
  options.faults = "/nowhere/f.yaml";
  EXPECT_THAT(std::string(LoopWorkload(options, 8).status().message()),
              HasSubstr("/nowhere/f.yaml: cannot be read"));
}

TEST(DaemonOptionsTest, HelpIsNoError) {
  EXPECT_THAT(ParseDaemonOptions({"--help"})->help, HasSubstr("--fabric"));
}

TEST(LoopWorkloadTest, ACollectiveLoopsOnAllEndpoints) {
  const auto options =
      ParseDaemonOptions({"--fabric", "x", "--loop", "all_reduce", "--bytes", "64K"});
  const auto workload = LoopWorkload(*options, 8);
  ASSERT_TRUE(workload.ok()) << workload.status();
  EXPECT_EQ(workload->collective(), v1::COLLECTIVE_ALL_REDUCE);
  EXPECT_EQ(workload->endpoints_size(), 8);
  EXPECT_EQ(workload->sizes_bytes(0), 65536);
}

TEST(LoopWorkloadTest, WhatIsNeitherACollectiveNorAFileIsRefused) {
  DaemonOptions options;
  options.loop = "all_reduse";
  EXPECT_THAT(std::string(LoopWorkload(options, 8).status().message()), HasSubstr("--loop: "));
  options.loop = "/nowhere/loop.yaml";
  EXPECT_FALSE(LoopWorkload(options, 8).ok());
}

}  // namespace
}  // namespace upfabric::daemon
