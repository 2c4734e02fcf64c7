// One whole daemon in this process: real fabric, real gRPC, real HTTP.

#include "daemon/node.h"

#include <httplib.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "daemon/config/loader.h"
#include "daemon/exit_codes.h"
#include "daemon/rpc/control_client.h"
#include "daemon/solo_group.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/workloads.h"

namespace upfabric::daemon {
namespace {

using ::testing::HasSubstr;

constexpr char kLoopback[] = "127.0.0.1";

v1::Workload AllReduce(const std::vector<int64_t>& sizes) { return testing::AllReduce(8, sizes); }

// A daemon alone, with its simulation in a thread.
class NodeTest : public ::testing::Test {
 protected:
  void StartNode(NodeOptions options) {
    options.fabric = *ResolveFabric("hgx-h100");
    options.listen = {kLoopback, 0};
    options.metrics = {kLoopback, 0};
    auto node =
        Node::Start(std::move(options), {.group = group_, .heartbeat = heartbeat_, .stop = stop_});
    ASSERT_TRUE(node.ok()) << node.status();
    node_ = *std::move(node);
    simulation_ = std::thread([this] { ended_ = node_->Run(); });
    const std::string banner = node_->Banner();
    control_ = Between(banner, "control ", ",");
    metrics_ = Between(banner, "http://", "/metrics");
  }

  // Ends the daemon by RPC.
  void StopNode() {
    EXPECT_TRUE(Connect()->Stop("").ok());
    simulation_.join();
    EXPECT_TRUE(ended_.ok()) << ended_;
  }

  static std::string Between(const std::string& text, const std::string& before,
                             const std::string& after) {
    const size_t start = text.find(before) + before.size();
    return text.substr(start, text.find(after, start) - start);
  }

  std::unique_ptr<ControlClient> Connect() const {
    auto client = ControlClient::Connect(control_);
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }

  std::string Scrape() const {
    httplib::Client client(metrics_);
    const auto response = client.Get("/metrics");
    return response ? response->body : "";
  }

  const StopSignal stop_;
  SoloGroup group_;
  Heartbeat heartbeat_{absl::Seconds(10)};
  std::unique_ptr<Node> node_;
  std::thread simulation_;
  absl::Status ended_;
  std::string control_;
  std::string metrics_;
};

TEST_F(NodeTest, RunsWhatItIsAskedAndShowsIt) {
  StartNode({});
  const auto client = Connect();
  EXPECT_EQ(client->Status()->fabric(), "hgx-h100");
  EXPECT_EQ(client->Status()->endpoints(), 8);
  v1::RunStatistics statistics;
  const auto result = client->StartAndWatch(AllReduce({8, 65536}), nullptr, &statistics);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(ExitCodeOf(*result), kExitDone);
  EXPECT_EQ(result->rows(1).wrong(), 0);
  EXPECT_EQ(statistics.processes_size(), 1);
  const std::string text = Scrape();
  EXPECT_THAT(text, HasSubstr("upfabric_run_info{run=\"run-1\",fabric=\"hgx-h100\""));
  EXPECT_THAT(text, HasSubstr("upfabric_collective_operations_total"));
  EXPECT_THAT(text, HasSubstr(absl::StrCat("upfabric_hops_total ", result->hops(), "\n")));
  StopNode();
}

TEST_F(NodeTest, RefusesABadWorkloadAndGoesOn) {
  StartNode({});
  const auto client = Connect();
  v1::Workload workload = AllReduce({8});
  workload.add_endpoints(8);
  const absl::Status refused = client->StartAndWatch(workload, nullptr, nullptr).status();
  EXPECT_EQ(refused.message(), "-g: 9 ranks, but fabric hgx-h100 has 8 endpoints");
  EXPECT_EQ(ExitCodeOf(refused), kExitBadInput);
  EXPECT_TRUE(client->StartAndWatch(AllReduce({8}), nullptr, nullptr).ok());
  StopNode();
}

TEST_F(NodeTest, ALoopLetsOtherRunsInBetween) {
  NodeOptions options;
  options.loop = AllReduce({4096});
  StartNode(std::move(options));
  EXPECT_TRUE(Connect()->StartAndWatch(AllReduce({8}), nullptr, nullptr).ok());
  EXPECT_THAT(Scrape(), HasSubstr("upfabric_virtual_time_seconds_total"));
  StopNode();
}

v1::FaultSchedule PlaneState(int plane, bool up) {
  v1::FaultSchedule faults;
  v1::Fault& fault = *faults.add_faults();
  (up ? fault.mutable_plane_up() : fault.mutable_plane_down())->set_plane(plane);
  return faults;
}

TEST_F(NodeTest, AnInjectedFaultStandsUntilTheReverse) {
  StartNode({});
  const auto client = Connect();
  const auto run = [&] { return *client->StartAndWatch(AllReduce({1 << 20}), nullptr, nullptr); };
  const v1::Result whole = run();
  const auto injected = client->Inject(PlaneState(1, false));
  ASSERT_TRUE(injected.ok()) << injected.status();
  EXPECT_EQ(injected->row(), 0);
  EXPECT_EQ(client->Status()->standing_faults().faults_size(), 1);
  const v1::Result degraded = run();
  EXPECT_GT(degraded.rows(0).time_ps(), whole.rows(0).time_ps());
  EXPECT_EQ(degraded.faults().faults_size(), 1);
  EXPECT_EQ(run().SerializeAsString(), degraded.SerializeAsString());
  EXPECT_EQ(client->Inject(PlaneState(9, false)).status(),
            absl::InvalidArgumentError("plane 9 is out of range; allowed is 0 to 3"));
  EXPECT_TRUE(client->Inject(PlaneState(1, true)).ok());
  EXPECT_EQ(client->Status()->standing_faults().faults_size(), 0);
  EXPECT_EQ(run().SerializeAsString(), whole.SerializeAsString());
  StopNode();
}

TEST_F(NodeTest, AFaultCanBeInjectedIntoARow) {
  NodeOptions options;
  options.loop = AllReduce({16 << 20});
  options.loop->set_granularity(v1::GRANULARITY_PACKET);
  StartNode(std::move(options));
  const auto client = Connect();
  // Some of these fall between two rows of the loop.
  v1::InjectFaultResponse response;
  for (int i = 0; i < 100 && response.row() == 0; ++i) {
    response = *client->Inject(PlaneState(1, i % 2 == 1));
  }
  EXPECT_EQ(response.run_id(), "loop");
  EXPECT_EQ(response.row(), 1);
  StopNode();
  EXPECT_FALSE(client->Inject(PlaneState(1, true)).ok());
}

TEST_F(NodeTest, ALoopThatFaultsHaveStoppedLeavesTheDaemonServing) {
  NodeOptions options;
  options.loop = AllReduce({4096});
  for (int plane = 0; plane < 4; ++plane) {
    v1::Fault& fault = *options.loop->mutable_faults()->add_faults();
    fault.set_time("0ps");
    fault.mutable_plane_down()->set_plane(plane);
  }
  StartNode(std::move(options));
  EXPECT_TRUE(Connect()->StartAndWatch(AllReduce({8}), nullptr, nullptr).ok());
  EXPECT_EQ(Connect()->Status()->active_run_id(), "");
  StopNode();
}

TEST_F(NodeTest, WritesItsAddressesWhenItServes) {
  const std::string path =
      ::testing::TempDir() + "/upfabric_addresses_" + std::to_string(getpid()) + ".json";
  NodeOptions options;
  options.address_file = path;
  StartNode(std::move(options));
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), "[{\"targets\": [\"" + metrics_ +
                            "\"], \"labels\": {\"daemon\": \"0\", \"__control_address\": \"" +
                            control_ + "\"}}]\n");
  std::remove(path.c_str());
  StopNode();
}

TEST_F(NodeTest, AnAddressFileThatCannotBeWrittenIsBadInput) {
  NodeOptions options;
  options.fabric = *ResolveFabric("hgx-h100");
  options.listen = {kLoopback, 0};
  options.metrics = {kLoopback, 0};
  options.address_file = "/nowhere/addresses.json";
  const auto node =
      Node::Start(std::move(options), {.group = group_, .heartbeat = heartbeat_, .stop = stop_});
  EXPECT_EQ(ExitCodeOf(node.status()), kExitBadInput);
  EXPECT_THAT(std::string(node.status().message()), HasSubstr("--address-file: "));
}

TEST_F(NodeTest, ALoopThatCannotRunIsBadInput) {
  NodeOptions options;
  options.fabric = *ResolveFabric("hgx-h100");
  options.listen = {kLoopback, 0};
  options.metrics = {kLoopback, 0};
  options.loop = AllReduce({-1});
  const auto node =
      Node::Start(std::move(options), {.group = group_, .heartbeat = heartbeat_, .stop = stop_});
  EXPECT_EQ(ExitCodeOf(node.status()), kExitBadInput);
}

}  // namespace
}  // namespace upfabric::daemon
