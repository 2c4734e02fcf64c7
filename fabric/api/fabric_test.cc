#include "fabric/api/fabric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/testing/fabric_specs.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric {
namespace {

using ::testing::HasSubstr;
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

FabricSpec SmallReducingFabric() {
  FabricSpec spec = SmallFabric();
  spec.switch_chip.in_switch = testing::InSwitch();
  return spec;
}

Send Multicast(int source, int64_t size) {
  return {source, 0, Bytes(size), 0, Picoseconds(0), 0, testing::SendKind::kMulticast};
}

Send ReduceRead(int reader, int64_t size, Picoseconds delay = Picoseconds(0)) {
  return {reader, 0, Bytes(size), 0, delay, 0, testing::SendKind::kReduceRead};
}

// Every member, the sender too, gets it when it would get a message: the copies cost no time.
TEST(FabricTest, MulticastReachesEveryMemberLikeAMessageAndGoesUpOnce) {
  const Traffic traffic = RunTraffic(SmallReducingFabric(), {Multicast(1, 1024)});
  ASSERT_EQ(traffic.deliveries.size(), 4u);
  for (const auto& [index, endpoint, time] : traffic.deliveries) {
    EXPECT_EQ(time, At(615'000 + 4 * 5'760)) << endpoint;
  }
  for (const ChannelCounters& counters : traffic.counters) {
    const bool sends = counters.to_switch && counters.endpoint == 1;
    EXPECT_EQ(counters.packets, sends || !counters.to_switch ? 4 : 0) << counters.name;
  }
  EXPECT_EQ(traffic.totals.packets_replicated, 4 * 3);
}

// Request: 100 injection + 117.5 wire + 150 pipeline + 117.5 wire + 0.64 of header flits. Answers:
// 100 + 117.5 + 150 + 4 x 5.76, then 4 x 256 B in a unit at 3.6 TB/s (284.4 ps, to a whole tick)
// and 50 of latency. Result: 117.5 + 5.76 + 130 delivery.
TEST(FabricTest, ReduceReadTakesItsPathThereAndBack) {
  const Traffic traffic = RunTraffic(SmallReducingFabric(), {ReduceRead(2, 1024)});
  const int64_t request = 100'000 + 117'500 + 150'000 + 117'500 + 640;
  const int64_t answers = 100'000 + 117'500 + 150'000 + 4 * 5'760;
  EXPECT_EQ(traffic.arrival[0], At(request + answers + 285 + 50'000 + 117'500 + 5'760 + 130'000));
  EXPECT_EQ(traffic.totals.packets_reduced, 4 * 3);
  EXPECT_EQ(traffic.totals.packets_replicated, 3);  // of the request
  for (const ChannelCounters& counters : traffic.counters) {
    const bool reader = counters.endpoint == 2;
    EXPECT_EQ(counters.payload_bytes, counters.to_switch || reader ? 1024 : 0) << counters.name;
  }
}

TEST(FabricTest, UnloadedReduceTimeOfTheViewIsWhatTheEngineTakes) {
  for (const int64_t size : {0, 1, 256, 257, 1024, 10'000}) {
    FabricSpec spec = SmallReducingFabric();
    spec.groups = {{3, 1}};
    const auto fabric = Fabric::Create(spec, {});
    ASSERT_TRUE(fabric.ok());
    const Picoseconds time = RunTraffic(spec, {ReduceRead(0, size)}).arrival[0].since_start();
    EXPECT_EQ((*fabric)->view().UnloadedReduceTime(Bytes(size), 4), time) << size << " B";
  }
}

// One session a port, a block of one packet: each request waits for the result before it.
TEST(FabricTest, AFullSessionTableHoldsRequestsBackAtTheRequester) {
  FabricSpec spec = SmallReducingFabric();
  spec.switch_chip.in_switch->sessions = 4;
  spec.switch_chip.in_switch->session_payload = Bytes(256);
  // The reader is no member of group 1, so its link carries requests alone.
  const auto read = [&spec](int64_t size) {
    return RunTraffic(spec,
                      {{1, 1, Bytes(size), 0, Picoseconds(0), 0, testing::SendKind::kReduceRead}});
  };
  const SimTime one = read(256).arrival[0];
  const Traffic traffic = read(1024);
  // A round trip each, without injection and delivery.
  EXPECT_EQ(traffic.arrival[0],
            one + Picoseconds(3 * (one.since_start().count() - 100'000 - 130'000)));
  const auto up = std::find_if(traffic.counters.begin(), traffic.counters.end(),
                               [](const ChannelCounters& c) { return c.name == "gpu1:0>sw0:0"; });
  EXPECT_GT(up->credit_stall, Picoseconds(3 * 900'000));
}

TEST(FabricTest, GroupsAreRefusedWhereTheyCannotBe) {
  const auto plain = Fabric::Create(SmallFabric(), {});
  EXPECT_EQ((*plain)->SetGroups({{EndpointId(0)}}).code(), absl::StatusCode::kUnimplemented);
  EXPECT_FALSE((*plain)->view().in_switch().has_value());
  const auto fabric = Fabric::Create(SmallReducingFabric(), {});
  EXPECT_EQ((*fabric)->view().in_switch()->groups, 16);
  EXPECT_TRUE((*fabric)->SetGroups({{EndpointId(3), EndpointId(0)}}).ok());
  for (const std::vector<EndpointId>& bad :
       {std::vector<EndpointId>{}, {EndpointId(4)}, {EndpointId(1), EndpointId(1)}}) {
    EXPECT_EQ((*fabric)->SetGroups({bad}).code(), absl::StatusCode::kInvalidArgument);
  }
  const std::vector<std::vector<EndpointId>> many(17, {EndpointId(0)});
  EXPECT_EQ((*fabric)->SetGroups(many).message(), "17 groups; the switches have 16");
}

TEST(FabricTest, InSwitchFiguresThatDoNotFitAreRefused) {
  FabricSpec few = SmallReducingFabric();
  few.switch_chip.in_switch->sessions = 3;
  EXPECT_THAT(std::string(Fabric::Create(few, {}).status().message()), HasSubstr("4 ports"));
  FabricSpec large = SmallReducingFabric();
  large.switch_chip.in_switch->session_payload = Bytes(257 * 256);
  EXPECT_THAT(std::string(Fabric::Create(large, {}).status().message()),
              HasSubstr("1 to 256 packets"));
  FabricSpec channels = SmallReducingFabric();
  channels.switch_chip.virtual_channels = 16;
  EXPECT_THAT(std::string(Fabric::Create(channels, {}).status().message()), HasSubstr("at most 7"));
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

// Two senders fill the queue of an output; a third one comes late. In order of age it waits for all
// that is there, in turn for one packet of each of the others.
TEST(FabricTest, RoundRobinServesInputsInTurn) {
  FabricSpec spec = SmallFabric();
  const std::vector<Send> sends = {{1, 0, Bytes(256 * 100), 0, Picoseconds(0), 0},
                                   {2, 0, Bytes(256 * 100), 0, Picoseconds(0), 0},
                                   {3, 0, Bytes(256), 0, Picoseconds(300'000), 0}};
  const Traffic oldest = RunTraffic(spec, sends);
  EXPECT_GT(oldest.arrival[2], At(300'000 + 615'000 + 40 * 5'760));
  spec.switch_chip.arbitration = Arbitration::kRoundRobin;
  const Traffic in_turn = RunTraffic(spec, sends);
  EXPECT_LT(in_turn.arrival[2], At(300'000 + 615'000 + 4 * 5'760));
  EXPECT_EQ(std::max(in_turn.arrival[0], in_turn.arrival[1]),
            std::max(oldest.arrival[0], oldest.arrival[1]));
}

TEST(FabricTest, WholeMessagesOrDestinationsTakeOneLink) {
  FabricSpec spec = SmallFabric();
  spec.groups = {{4, 2}};
  const auto links_used = [&](Spread spread) {
    spec.endpoint.spread = spread;
    std::vector<Send> sends;
    for (int i = 0; i < 40; ++i) {
      sends.push_back({0, 1, Bytes(20 * 256), 0, Picoseconds(0), 0});
    }
    int used = 0;
    int64_t packets = 0;
    for (const ChannelCounters& counters : RunTraffic(spec, sends).counters) {
      used += counters.to_switch && counters.packets > 0 ? 1 : 0;
      packets += counters.to_switch ? counters.packets : 0;
      EXPECT_EQ(counters.packets % (spread == Spread::kPackets ? 1 : 20), 0);
    }
    EXPECT_EQ(packets, 800);
    return used;
  };
  EXPECT_EQ(links_used(Spread::kPackets), 8);
  EXPECT_GE(links_used(Spread::kMessages), 6);  // 40 balls into 8 bins
  EXPECT_EQ(links_used(Spread::kDestinations), 1);
}

// A buffer of 120 packets and steps of 8. What leaks is back once the ends have compared counts.
TEST(FabricTest, CreditsInStepsAndComparedCountsLoseNothing) {
  FabricSpec spec = SmallFabric();
  spec.switch_chip.buffer_per_vc = Bytes(288 * 120);
  const std::vector<Send> sends = {{0, 1, Bytes(256 * 1'000), 0, Picoseconds(0), 0}};
  const Traffic plain = RunTraffic(spec, sends);
  spec.link.credit_step = Bytes(288 * 8);
  EXPECT_EQ(RunTraffic(spec, sends).arrival,
            plain.arrival);  // the buffer covers the loop and a step
  const FaultSchedule leaks = {
      {SimTime(), CreditLeakFault{{EndpointId(0), 0}, true, 0, Bytes(1 << 20)}}};  // all of them
  EXPECT_THAT(RunTraffic(spec, sends, {}, 1, leaks).blocked, ::testing::SizeIs(1));
  spec.link.credit_resync = Picoseconds(50'000'000);
  const Traffic restored = RunTraffic(spec, sends, {}, 1, leaks);
  EXPECT_THAT(restored.blocked, ::testing::IsEmpty());
  EXPECT_GT(restored.arrival[0], plain.arrival[0]);
}

TEST(FabricTest, ABufferHoldsAPacketBesidesAStepOfCredits) {
  FabricSpec spec = SmallFabric();
  spec.link.credit_step = Bytes(288 * 4);
  spec.endpoint.buffer_per_vc = Bytes(288 * 5 - 17);
  EXPECT_THAT(std::string(Fabric::Create(spec, {}).status().message()),
              ::testing::HasSubstr("endpoint.buffer_per_vc"));
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

// 100 ns to the port; packets of 5.76 ns each, one after another; 130 ns back to the endpoint.
TEST(FabricTest, ASendTellsWhenItHasLeft) {
  std::vector<Send> sends = {{0, 1, Bytes(256 * 100), 0, Picoseconds(0), 0},
                             {0, 2, Bytes(256 * 10), 0, Picoseconds(0), 0}};
  const Traffic untold = RunTraffic(SmallFabric(), sends);
  EXPECT_TRUE(untold.sent.empty());
  sends[0].tell_when_sent = true;
  sends[1].tell_when_sent = true;
  const Traffic told = RunTraffic(SmallFabric(), sends);
  EXPECT_THAT(told.sent,
              ::testing::ElementsAre(testing::Delivery(0, 0, At(100'000 + 100 * 5'760 + 130'000)),
                                     testing::Delivery(1, 0, At(100'000 + 110 * 5'760 + 130'000))));
  EXPECT_EQ(told.deliveries, untold.deliveries);
  EXPECT_EQ(told.Fingerprint(), untold.Fingerprint());
}

// Over two links, the one told is the last of both shares; deliveries come in between.
TEST(FabricTest, NewsOfWhatHasLeftMeetsDeliveries) {
  FabricSpec spec = SmallFabric();
  spec.groups = {{2, 1}};
  std::vector<Send> sends = {{0, 1, Bytes(256 * 401), 0, Picoseconds(0), 0},
                             {1, 0, Bytes(256 * 900), 0, Picoseconds(0), 0},
                             {2, 0, Bytes(8), 0, Picoseconds(0), 0}};
  sends[0].tell_when_sent = true;
  const Traffic traffic = RunTraffic(spec, sends);
  EXPECT_THAT(traffic.sent,
              ::testing::ElementsAre(testing::Delivery(0, 0, At(100'000 + 201 * 5'760 + 130'000))));
  EXPECT_EQ(traffic.totals.messages_delivered, 3);
}

TEST(FabricTest, WhatMemoryDoesNotHoldIsRefused) {
  FabricOptions options;
  options.memory_bytes = 1'000;
  const absl::Status refused = Fabric::Create(SmallFabric(), options).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("each of 1 processes may have 0 MB"));
  options.memory_bytes = 1'000'000'000;
  EXPECT_TRUE(Fabric::Create(SmallFabric(), options).ok());
}

TEST(FabricTest, UnusedVirtualChannelsTakeNoMemoryAndChangeNothing) {
  FabricSpec spec = SmallFabric();
  spec.switch_chip.virtual_channels = 4;
  spec.switch_chip.in_switch = testing::InSwitch();
  std::vector<Send> sends = {
      {0, 1, Bytes(50'000), 0, Picoseconds(0), 0},
      {2, 1, Bytes(50'000), 0, Picoseconds(0), 0},
      {3, 0, Bytes(20'000), 0, Picoseconds(0), 0, testing::SendKind::kReduceRead}};
  FabricOptions one;
  one.virtual_channels = 1;
  EXPECT_EQ(RunTraffic(spec, sends, one).deliveries, RunTraffic(spec, sends).deliveries);
  spec.switch_chip.in_switch.reset();
  spec.endpoints = 64;
  EXPECT_LT((*Fabric::Create(spec, one))->MemoryBytes(),
            (*Fabric::Create(spec, {}))->MemoryBytes() * 4 / 5);
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
