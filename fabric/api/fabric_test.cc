#include "fabric/api/fabric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/testing/fabric_specs.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric {
namespace {

using testing::RunTraffic;
using testing::Send;
using testing::SmallFabric;
using testing::Traffic;

SimTime At(int64_t picoseconds) { return SimTime(Picoseconds(picoseconds)); }

Picoseconds PathLatency(const FabricSpec& spec) {
  const auto fabric = Fabric::Create(spec, {});
  UPF_CHECK(fabric.ok());
  Picoseconds sum;
  for (const PathElement& element : (*fabric)->view().UnloadedPath()) {
    sum += element.latency;
  }
  return sum;
}

// Two links of 25 + 25.6 + 40 + 6.9 + 20 ns, injection 100, switch 150, delivery 130: 615 ns; and
// a packet of one data flit and two header flits: 3 x 16 B x 20 ps = 0.96 ns.
TEST(FabricTest, SmallMessageTakesTheUnloadedPathAndItsSerialization) {
  const Traffic traffic = RunTraffic(SmallFabric(), {{0, 1, Bytes(8), 0, Picoseconds(0), 0}});
  EXPECT_EQ(traffic.arrival[0], At(615'000 + 960));
}

TEST(FabricTest, UnloadedTimeOfTheViewIsWhatTheEngineTakes) {
  for (const int64_t size : {0, 1, 16, 255, 256, 257, 512, 513, 4096, 100'000}) {
    FabricSpec spec = SmallFabric();
    spec.groups = {{2, 1}, {1, 3}};
    const Traffic traffic = RunTraffic(spec, {{3, 2, Bytes(size), 0, Picoseconds(0), 0}});
    const auto fabric = Fabric::Create(spec, {});
    ASSERT_TRUE(fabric.ok());
    EXPECT_EQ(traffic.arrival[0].since_start(), (*fabric)->view().UnloadedTime(Bytes(size)))
        << size << " B";
  }
}

TEST(FabricTest, RemovingAnElementChangesTheUnloadedTimeByItsFigure) {
  const FabricSpec base = SmallFabric();
  const std::vector<Send> one = {{0, 1, Bytes(4096), 0, Picoseconds(0), 0}};
  const SimTime whole = RunTraffic(base, one).arrival[0];
  FabricSpec no_fec = base;
  no_fec.link.has_fec = false;
  EXPECT_EQ(whole - RunTraffic(no_fec, one).arrival[0], Picoseconds(2 * (25'600 + 40'000)));
  FabricSpec no_phy = base;
  no_phy.link.phy_rx = Picoseconds(0);
  EXPECT_EQ(whole - RunTraffic(no_phy, one).arrival[0], Picoseconds(2 * 20'000));
  FabricSpec retimed = base;
  retimed.link.retimers = {{"dsp", Picoseconds(50'000)}};
  EXPECT_EQ(RunTraffic(retimed, one).arrival[0] - whole, Picoseconds(2 * 50'000));
  FabricSpec fast_switch = base;
  fast_switch.switch_chip.pipeline = Picoseconds(1'000);
  EXPECT_EQ(whole - RunTraffic(fast_switch, one).arrival[0], Picoseconds(149'000));
  EXPECT_EQ(PathLatency(base) - PathLatency(fast_switch), Picoseconds(149'000));
}

// Cut-through: a long message adds its serialization once, not once a hop.
TEST(FabricTest, BandwidthOfOneLinkIsItsRateTimesFramingEfficiency) {
  const int64_t packets = 10'000;
  const Traffic traffic =
      RunTraffic(SmallFabric(), {{0, 1, Bytes(packets * 256), 0, Picoseconds(0), 0}});
  EXPECT_EQ(traffic.arrival[0], At(615'000 + packets * 5'760));
}

TEST(FabricTest, MessageIsSprayedEvenlyOverAllLinks) {
  FabricSpec spec = SmallFabric();
  spec.groups = {{4, 2}};
  const Traffic traffic = RunTraffic(spec, {{0, 1, Bytes(80 * 256), 0, Picoseconds(0), 0}});
  int channels = 0;
  for (const ChannelCounters& counters : traffic.counters) {
    if (counters.packets > 0) {
      EXPECT_EQ(counters.packets, 10);
      EXPECT_EQ(counters.busy, Picoseconds(10 * 5'760));
      EXPECT_EQ(counters.wire_bytes, 10 * 288);
      ++channels;
    }
  }
  EXPECT_EQ(channels, 16);  // 8 links up, 8 down
}

// Three senders share one output: each gets a third, and all end with the last packet.
TEST(FabricTest, IncastSharesTheOutputAndStallsOnCredits) {
  FabricSpec spec = SmallFabric();
  spec.switch_chip.buffer_per_vc = Bytes(288 * 4);
  const int64_t packets = 1'000;
  const Bytes size(packets * 256);
  const Traffic traffic = RunTraffic(spec, {{1, 0, size, 0, Picoseconds(0), 0},
                                            {2, 0, size, 0, Picoseconds(0), 0},
                                            {3, 0, size, 0, Picoseconds(0), 0}});
  const SimTime last = *std::max_element(traffic.arrival.begin(), traffic.arrival.end());
  EXPECT_GE(last, At(615'000 + 3 * packets * 5'760));
  // Four packets of buffer do not cover the loop of credits: 267.5 + 117.5 + 2 x 5.76 ns.
  Picoseconds stall;
  for (const ChannelCounters& counters : traffic.counters) {
    if (counters.to_switch) {
      stall += counters.credit_stall;
    }
  }
  EXPECT_GT(stall, Picoseconds(1'000'000));
}

TEST(FabricTest, QueuePeakCountsPacketsThatWaitForAnOutput) {
  // Two single packets arrive at the same instant: the second waits for the first.
  const Traffic traffic = RunTraffic(SmallFabric(), {{1, 0, Bytes(256), 0, Picoseconds(0), 0},
                                                     {2, 0, Bytes(256), 0, Picoseconds(0), 0}});
  const auto output =
      std::find_if(traffic.counters.begin(), traffic.counters.end(),
                   [](const ChannelCounters& c) { return c.name == "sw0:0>gpu0:0"; });
  ASSERT_NE(output, traffic.counters.end());
  EXPECT_EQ(output->queue_packets_max, 2);
  EXPECT_EQ(traffic.arrival[0], At(615'000 + 5'760));
  EXPECT_EQ(traffic.arrival[1], At(615'000 + 2 * 5'760));
}

// A full virtual channel does not hold up another one.
TEST(FabricTest, VirtualChannelPassesABlockedOne) {
  FabricSpec spec = SmallFabric();
  spec.switch_chip.virtual_channels = 2;
  spec.switch_chip.buffer_per_vc = Bytes(288);
  const std::vector<Send> sends = {{0, 1, Bytes(256 * 1000), 0, Picoseconds(0), 0},
                                   {0, 1, Bytes(256), 1, Picoseconds(1'000'000), 0}};
  const Traffic traffic = RunTraffic(spec, sends);
  EXPECT_LT(traffic.arrival[1], At(1'000'000 + 615'000 + 3 * 5'760));
  EXPECT_GT(traffic.arrival[0], At(100'000'000));
}

TEST(FabricTest, RowsStartOnAQuietFabric) {
  const auto fabric = Fabric::Create(SmallFabric(), {});
  ASSERT_TRUE(fabric.ok());
  const std::vector<Send> sends = {{0, 1, Bytes(10'000), 0, Picoseconds(0), 0},
                                   {2, 1, Bytes(10'000), 0, Picoseconds(0), 0}};
  std::vector<std::vector<std::pair<EndpointId, uint64_t>>> hashes;
  for (int row = 0; row < 2; ++row) {
    std::vector<testing::ScriptedClient> clients;
    for (int e = 0; e < 4; ++e) {
      clients.emplace_back(sends, e);
    }
    for (int e = 0; e < 4; ++e) {
      (*fabric)->Attach(EndpointId(e), &clients[static_cast<size_t>(e)]);
    }
    sim::LocalExchange exchange;
    ASSERT_TRUE((*fabric)->RunRow(exchange).ok());
    hashes.push_back((*fabric)->DeliveryHashes());
  }
  EXPECT_EQ(hashes[0], hashes[1]);
  EXPECT_EQ((*fabric)->Totals().messages_delivered, 4);  // counters add up over rows
}

class LocalOperations final : public MessagePortClient {
 public:
  void OnStart(MessagePort& port) override {
    port.PostLocal(Bytes(1'000), 0);
    port.PostLocal(Bytes(2'000), 1);
  }
  void OnReceived(SimTime, uint32_t) override {}
  void OnLocalDone(SimTime now, uint32_t) override { done.push_back(now); }
  void OnTimer(SimTime, uint32_t) override {}
  std::vector<SimTime> done;
};

// 1 TB/s is 1 ps a byte; the fixed 250 ns of the two overlap.
TEST(FabricTest, LocalOperationsShareTheMemory) {
  const auto fabric = Fabric::Create(SmallFabric(), {});
  ASSERT_TRUE(fabric.ok());
  LocalOperations client;
  (*fabric)->Attach(EndpointId(0), &client);
  sim::LocalExchange exchange;
  ASSERT_TRUE((*fabric)->RunRow(exchange).ok());
  ASSERT_EQ(client.done.size(), 2u);
  EXPECT_EQ(client.done[0], At(250'000 + 1'000));
  EXPECT_EQ(client.done[1], At(250'000 + 3'000));
}

TEST(FabricTest, TwoFabricsInOneProcessDoNotMeet) {
  const std::vector<Send> sends = {{0, 1, Bytes(10'000), 0, Picoseconds(0), 0}};
  const Traffic alone = RunTraffic(SmallFabric(), sends);
  const auto other = Fabric::Create(SmallFabric(), {});
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(RunTraffic(SmallFabric(), sends).Fingerprint(), alone.Fingerprint());
  EXPECT_EQ((*other)->Totals().hops, 0);
}

TEST(FabricTest, WindowIsTheSmallestDelayAndNamesIt) {
  FabricSpec spec = SmallFabric();
  auto fabric = Fabric::Create(spec, {});
  ASSERT_TRUE(fabric.ok());
  EXPECT_EQ((*fabric)->Window(), Picoseconds(100'000));
  EXPECT_EQ((*fabric)->WindowLimit(), "endpoint>port injection");
  spec.link.has_fec = false;
  fabric = Fabric::Create(spec, {});
  ASSERT_TRUE(fabric.ok());
  EXPECT_EQ((*fabric)->Window(), Picoseconds(51'900));  // 25 + 6.9 + 20 ns
}

TEST(FabricTest, ZeroDelayBetweenComponentsDoesNotLoad) {
  FabricSpec spec = SmallFabric();
  spec.endpoint.injection = Picoseconds(0);
  const auto fabric = Fabric::Create(spec, {});
  EXPECT_EQ(fabric.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(fabric.status().message()), ::testing::HasSubstr("injection is 0"));
}

TEST(FabricTest, BufferSmallerThanAPacketIsRefused) {
  FabricSpec spec = SmallFabric();
  spec.switch_chip.buffer_per_vc = Bytes(287);
  const auto fabric = Fabric::Create(spec, {});
  EXPECT_EQ(fabric.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(fabric.status().message()), ::testing::HasSubstr("288 B"));
}

TEST(FabricTest, TooManyLinksAreRefused) {
  FabricSpec spec = SmallFabric();
  spec.groups = {{256, 1}};
  EXPECT_EQ(Fabric::Create(spec, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(FabricTest, PartitionsShareTheFabricsMemory) {
  FabricSpec spec = SmallFabric();
  spec.endpoints = 32;
  spec.groups = {{8, 1}};
  const auto whole = Fabric::Create(spec, {});
  ASSERT_TRUE(whole.ok());
  for (int p = 0; p < 4; ++p) {
    FabricOptions options;
    options.partition = p;
    options.partitions = 4;
    const auto part = Fabric::Create(spec, options);
    ASSERT_TRUE(part.ok());
    EXPECT_LT((*part)->MemoryBytes(), (*whole)->MemoryBytes() * 2 / 5);
  }
}

}  // namespace
}  // namespace upfabric::fabric
