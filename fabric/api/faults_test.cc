// Link errors and faults on small fabrics with round numbers, each fault with its closed form.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fabric/api/fabric.h"
#include "tests/testing/fabric_specs.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RunTraffic;
using testing::Send;
using testing::SmallFabric;
using testing::Traffic;

constexpr Picoseconds kNow(0);
constexpr LinkRef kFirstLink = {EndpointId(0), 0};

SimTime At(int64_t picoseconds) { return SimTime(Picoseconds(picoseconds)); }

// A full packet: 18 flits of 16 B at 20 ps a byte.
constexpr int64_t kPacket = 18 * 16 * 20;
constexpr int64_t kPath = 615'000;
// From one start of a failed packet to the next: itself, both ways of the wire (25 + 25.6 + 40 +
// 6.9 + 20 ns) and the turnaround of 50 ns.
constexpr int64_t kGap = kPacket + 2 * 117'500 + 50'000;

FabricSpec WithErrors(Ratio rate) {
  FabricSpec spec = SmallFabric();
  spec.link.has_errors = true;
  spec.link.errors.flit_error_rate = rate;
  spec.link.errors.flit = Bytes(16);
  spec.link.errors.retry = {Bytes(1 << 16), Bytes(1024), Picoseconds(50'000)};
  return spec;
}

Traffic RunWith(const FabricSpec& spec, const std::vector<Send>& sends,
                const FaultSchedule& faults) {
  return RunTraffic(spec, sends, {}, 1, faults);
}

template <typename Member>
int64_t Sum(const Traffic& traffic, Member member) {
  int64_t sum = 0;
  for (const ChannelCounters& counters : traffic.counters) {
    sum += counters.*member;
  }
  return sum;
}

TEST(LinkErrorsTest, CompletionGrowsByTheGaps) {
  const std::vector<Send> sends = {{0, 1, Bytes(256 * 10'000), 0, kNow, 0}};
  const Traffic clean = RunTraffic(WithErrors(Ratio(0)), sends);
  EXPECT_EQ(clean.arrival[0], At(kPath + 10'000 * kPacket));
  const Traffic traffic = RunTraffic(WithErrors(Ratio(1, 10'000)), sends);
  int64_t most = 0;
  for (const ChannelCounters& counters : traffic.counters) {
    most = std::max(most, counters.replays);
    EXPECT_EQ(counters.busy.count(), counters.packets * kPacket + counters.replays * kGap);
  }
  const Picoseconds growth = traffic.arrival[0] - clean.arrival[0];
  EXPECT_GT(most, 0);
  EXPECT_GE(growth, Picoseconds(most * kGap));
  EXPECT_LE(growth, Picoseconds(Sum(traffic, &ChannelCounters::replays) * kGap));
}

// Packets alone in the fabric: each is late by a whole number of gaps, some by several.
TEST(LinkErrorsTest, AReplayedFlitCanFailAgain) {
  std::vector<Send> sends;
  for (int64_t i = 0; i < 500; ++i) {
    sends.push_back({0, 1, Bytes(256), 0, Picoseconds(1 + 10'000'000 * i), 0});
  }
  const Traffic traffic = RunTraffic(WithErrors(Ratio(1, 100)), sends);
  int64_t gaps = 0;
  int64_t gaps_max = 0;
  for (size_t i = 0; i < sends.size(); ++i) {
    const int64_t late =
        (traffic.arrival[i] - At(kPath + kPacket)).count() - sends[i].delay.count();
    ASSERT_EQ(late % kGap, 0);
    gaps += late / kGap;
    gaps_max = std::max(gaps_max, late / kGap);
  }
  EXPECT_EQ(gaps, Sum(traffic, &ChannelCounters::replays));
  EXPECT_GE(gaps_max, 3);
}

TEST(LinkErrorsTest, ARateOfZeroChangesNothing) {
  const std::vector<Send> sends = {{0, 1, Bytes(300'000), 0, kNow, 0},
                                   {2, 1, Bytes(300'000), 0, kNow, 0}};
  const Traffic without = RunTraffic(SmallFabric(), sends);
  const Traffic with = RunTraffic(WithErrors(Ratio(0)), sends);
  EXPECT_EQ(without.arrival, with.arrival);
  EXPECT_EQ(without.Fingerprint(), with.Fingerprint());
}

TEST(LinkErrorsTest, AWindowThatWouldLimitTheSenderIsRefused) {
  FabricSpec spec = WithErrors(Ratio(0));
  // Both ways 235 ns, turnaround 50 ns, 1,024 B between acks and a packet of 288 B at 20 ps a byte.
  spec.link.errors.retry.window = Bytes(15'562);
  EXPECT_TRUE(Fabric::Create(spec, {}).ok());
  spec.link.errors.retry.window = Bytes(15'561);
  const absl::Status status = Fabric::Create(spec, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("link.errors.retry.window"));
}

TEST(FaultsTest, ARaisedErrorRateIsSeenFromItsTimeOn) {
  const std::vector<Send> sends = {{0, 1, Bytes(256 * 5'000), 0, kNow, 0},
                                   {0, 1, Bytes(256 * 5'000), 0, Picoseconds(100'000'000), 0}};
  const Traffic traffic = RunWith(WithErrors(Ratio(0)), sends,
                                  {{At(90'000'000), ErrorRateFault{kFirstLink, Ratio(1, 1'000)}}});
  EXPECT_EQ(traffic.arrival[0], At(kPath + 5'000 * kPacket));
  EXPECT_GT(Sum(traffic, &ChannelCounters::replays), 50);
  for (const ChannelCounters& counters : traffic.counters) {
    EXPECT_TRUE(counters.endpoint == 0 || counters.replays == 0);
  }
  EXPECT_EQ(traffic.totals.faults, 1);
}

// Keeps four messages in flight from endpoint 0 to 1, until `count` have arrived; each arrival is
// answered.
class StreamClient final : public MessagePortClient {
 public:
  StreamClient(int self, Bytes size, int count) : self_(self), size_(size), count_(count) {}
  void OnStart(MessagePort& port) override {
    port_ = &port;
    for (int i = 0; i < count_; ++i) {
      port.PostRecv(EndpointId(1 - self_), static_cast<uint32_t>(i), 0);
    }
    for (int i = 0; self_ == 0 && i < 4; ++i) {
      Post(size_);
    }
  }
  void OnReceived(SimTime now, uint32_t) override {
    arrivals_.push_back(now);
    if (self_ == 1) {
      Post(Bytes(0));
    } else if (posted_ < count_) {
      Post(size_);
    }
  }
  void OnLocalDone(SimTime, uint32_t) override {}
  void OnTimer(SimTime, uint32_t) override {}
  const std::vector<SimTime>& arrivals() const { return arrivals_; }

 private:
  void Post(Bytes size) {
    port_->PostSend({EndpointId(1 - self_), static_cast<uint32_t>(posted_++), size, 0});
  }
  int self_;
  Bytes size_;
  int count_;
  MessagePort* port_ = nullptr;
  int posted_ = 0;
  std::vector<SimTime> arrivals_;
};

// Messages of 18 x 17 x 16 packets come every 272 packet times on 18 planes and every 288 on 17.
TEST(FaultsTest, APlaneDownCostsItsShareOfTheBandwidthUntilItIsUpAgain) {
  FabricSpec spec = SmallFabric();
  spec.endpoints = 2;
  spec.groups = {{18, 1}};
  const auto fabric = Fabric::Create(spec, {});
  ASSERT_TRUE(fabric.ok());
  ASSERT_TRUE((*fabric)
                  ->SetFaults({{At(100'000'000), PlaneStateFault{5, false}},
                               {At(200'000'000), PlaneStateFault{5, true}}})
                  .ok());
  StreamClient sender(0, Bytes(256 * 18 * 17 * 16), 180);
  StreamClient receiver(1, Bytes(0), 180);
  (*fabric)->Attach(EndpointId(0), &sender);
  (*fabric)->Attach(EndpointId(1), &receiver);
  sim::LocalExchange exchange;
  ASSERT_TRUE((*fabric)->RunRow(exchange).ok());
  ASSERT_EQ(receiver.arrivals().size(), 180u);
  const auto spacing_around = [&](int64_t microseconds) {
    const auto& arrivals = receiver.arrivals();
    const auto after =
        std::lower_bound(arrivals.begin(), arrivals.end(), At(microseconds * 1'000'000));
    return (*after - *(after - 1)).count();
  };
  for (const int64_t microseconds : {20, 90, 230, 270}) {
    EXPECT_EQ(spacing_around(microseconds), 272 * kPacket) << microseconds;
  }
  for (const int64_t microseconds : {130, 160, 190}) {
    EXPECT_EQ(spacing_around(microseconds), 288 * kPacket) << microseconds;
  }
  int64_t returned = 0;
  for (const ChannelCounters& counters : (*fabric)->Counters()) {
    returned += counters.shares_returned;
    EXPECT_TRUE(counters.up);
    EXPECT_TRUE(counters.plane == 5 || counters.shares_returned == 0);
  }
  EXPECT_GT(returned, 0);
  EXPECT_EQ((*fabric)->Totals().faults, 2);
}

// One link: the message waits for it, and is then posted as if at that time.
TEST(FaultsTest, WithoutALinkAMessageWaitsForTheNextOne) {
  const Traffic traffic = RunWith(SmallFabric(), {{0, 1, Bytes(256), 0, Picoseconds(2'000'000), 0}},
                                  {{At(1'000'000), LinkStateFault{{EndpointId(1), 0}, false}},
                                   {At(5'000'000), LinkStateFault{{EndpointId(1), 0}, true}}});
  EXPECT_EQ(traffic.arrival[0], At(5'000'000 + kPath + kPacket));
  EXPECT_THAT(traffic.failures, IsEmpty());
}

TEST(FaultsTest, AMessageWithoutALinkForGoodFailsTheRowByName) {
  const Traffic traffic = RunWith(SmallFabric(), {{0, 1, Bytes(256), 0, Picoseconds(2'000'000), 0}},
                                  {{At(1'000'000), LinkStateFault{{EndpointId(1), 0}, false}}});
  EXPECT_EQ(traffic.arrival[0], At(-1));
  EXPECT_THAT(traffic.failures, ElementsAre("no link is left from gpu0 to gpu1 at 2us, and none "
                                            "comes up: down are sw0:0>gpu1:0 since 1us"));
}

// A message of 2,000 packets on two links, 1,000 each. The second link goes down when its share has
// sent 100 packets (the last starts at 99 packet times): one more leaves, and 899 go back (130 ns)
// and are injected again (100 ns) behind the 1,000 of the first link.
TEST(FaultsTest, TheRestOfAShareGoesToAnotherLink) {
  FabricSpec spec = SmallFabric();
  spec.groups = {{1, 2}};
  const FaultSchedule faults = {
      {At(100'000 + 99 * kPacket + 1), LinkStateFault{{EndpointId(0), 1}, false}}};
  const Traffic traffic = RunWith(spec, {{0, 1, Bytes(256 * 2'000), 0, kNow, 0}}, faults);
  EXPECT_EQ(traffic.arrival[0], At(kPath + 1'899 * kPacket));
  for (const ChannelCounters& counters : traffic.counters) {
    if (counters.endpoint == 0 && counters.to_switch) {
      EXPECT_EQ(counters.packets, counters.link == 0 ? 1'899 : 101);
      EXPECT_EQ(counters.shares_returned, counters.link == 0 ? 0 : 1);
      EXPECT_EQ(counters.up, counters.link == 0);
    }
  }
}

// Three packets on each of two links, the second with 1 lane of 100. When it goes down its share
// has sent one; one more leaves, 576 ns each, long after the third has left on the first link.
TEST(FaultsTest, WhatWasSplitHasLeftWhenAllOfItHas) {
  FabricSpec spec = SmallFabric();
  spec.groups = {{1, 2}};
  spec.link.lanes = 100;
  spec.link.lane_rate = Bandwidth(Ratio(4'250'000'000));
  const LinkRef slow = {EndpointId(0), 1};
  std::vector<Send> sends = {{0, 1, Bytes(256 * 6), 0, kNow, 0}};
  sends[0].tell_when_sent = true;
  const Traffic traffic = RunWith(
      spec, sends, {{At(0), LaneFault{slow, 1}}, {At(100'000 + 1), LinkStateFault{slow, false}}});
  EXPECT_THAT(traffic.sent,
              ElementsAre(testing::Delivery(0, 0, At(100'000 + 2 * 100 * kPacket + 130'000))));
}

TEST(FaultsTest, LinksBetweenSwitchesLoseLanesOnly) {
  FabricSpec spec = SmallFabric();
  ClosSpec clos;
  clos.endpoints_per_leaf = 2;
  spec.shape = clos;
  const std::vector<Send> sends = {{.source = 0, .destination = 2, .size = Bytes(100'000)}};
  const LinkRef trunk = {EndpointId(-1), 0};
  const SimTime whole = RunTraffic(spec, sends).arrival[0];
  const SimTime half =
      RunTraffic(spec, sends, {}, 1, {{SimTime(), LaneFault{trunk, 1}}}).arrival[0];
  EXPECT_GT(half - whole, Picoseconds(100'000 * 20));
  const auto message = [&spec](const Fault& fault) {
    return std::string((*Fabric::Create(spec, {}))->SetFaults({fault}).message());
  };
  EXPECT_THAT(message({SimTime(), LinkStateFault{trunk}}), HasSubstr("that go down"));
  EXPECT_THAT(message({SimTime(), CreditLeakFault{trunk, true, 0, Bytes(1)}}),
              HasSubstr("links between switches do not leak credits"));
  EXPECT_THAT(message({SimTime(), LaneFault{{EndpointId(-1), 2}, 1}}),
              HasSubstr("trunk 2 is out of range; allowed is 0 to 1"));
  spec.shape = std::monostate();
  EXPECT_THAT(message({SimTime(), LaneFault{trunk, 1}}), HasSubstr("no links between switches"));
}

// Half the lanes: packets take twice as long; the way down is fast, but cannot run ahead.
TEST(FaultsTest, FewerLanesTakeLonger) {
  const std::vector<Send> sends = {{0, 1, Bytes(256 * 100), 0, kNow, 0}};
  const Traffic up = RunWith(SmallFabric(), sends, {{At(0), LaneFault{{EndpointId(0), 0}, 1}}});
  EXPECT_EQ(up.arrival[0], At(kPath + 200 * kPacket));
  const Traffic down = RunWith(SmallFabric(), sends, {{At(0), LaneFault{{EndpointId(1), 0}, 1}}});
  EXPECT_EQ(down.arrival[0], At(kPath + 200 * kPacket));
  // Restored after 40 packets, 80 packet times.
  const Traffic restored =
      RunWith(SmallFabric(), sends,
              {{At(0), LaneFault{{EndpointId(0), 0}, 1}},
               {At(100'000 + 80 * kPacket), LaneFault{{EndpointId(0), 0}, 2}}});
  EXPECT_EQ(restored.arrival[0], At(kPath + 140 * kPacket));
}

TEST(FaultsTest, ASlowEndpointInjectsLater) {
  const Traffic traffic =
      RunWith(SmallFabric(), {{0, 1, Bytes(256), 0, kNow, 0}, {1, 0, Bytes(256), 0, kNow, 0}},
              {{At(0), SlowEndpointFault{EndpointId(0), Ratio(5, 2), Ratio(1)}}});
  EXPECT_EQ(traffic.arrival[0], At(kPath + 150'000 + kPacket));  // 2.5 x 100 ns
  EXPECT_EQ(traffic.arrival[1], At(kPath + kPacket));
}

class LocalClient final : public MessagePortClient {
 public:
  void OnStart(MessagePort& port) override { port.PostLocal(Bytes(1'000'000), 0); }
  void OnReceived(SimTime, uint32_t) override {}
  void OnLocalDone(SimTime now, uint32_t) override { done_ = now; }
  void OnTimer(SimTime, uint32_t) override {}
  SimTime done() const { return done_; }

 private:
  SimTime done_;
};

// 1 MB at 1 TB/s and 250 ns, three times as long.
TEST(FaultsTest, ASlowEndpointCopiesMoreSlowly) {
  const auto fabric = Fabric::Create(SmallFabric(), {});
  ASSERT_TRUE(fabric.ok());
  ASSERT_TRUE(
      (*fabric)->SetFaults({{At(0), SlowEndpointFault{EndpointId(0), Ratio(1), Ratio(3)}}}).ok());
  LocalClient client;
  (*fabric)->Attach(EndpointId(0), &client);
  sim::LocalExchange exchange;
  ASSERT_TRUE((*fabric)->RunRow(exchange).ok());
  EXPECT_EQ(client.done(), At(3 * 1'250'000));
}

TEST(FaultsTest, LeakedCreditsAreNamedAndComeBackWithTheNextRow) {
  FabricSpec spec = SmallFabric();
  spec.switch_chip.buffer_per_vc = Bytes(288 * 10);
  const auto fabric = Fabric::Create(spec, {});
  ASSERT_TRUE(fabric.ok());
  const std::vector<Send> sends = {{0, 1, Bytes(256), 0, kNow, 0}};
  const auto run = [&](const FaultSchedule& faults) {
    EXPECT_TRUE((*fabric)->SetFaults(faults).ok());
    testing::ScriptedClient sender(sends, 0);
    testing::ScriptedClient receiver(sends, 1);
    (*fabric)->Attach(EndpointId(0), &sender);
    (*fabric)->Attach(EndpointId(1), &receiver);
    sim::LocalExchange exchange;
    EXPECT_TRUE((*fabric)->RunRow(exchange).ok());
    return receiver.arrivals().size();
  };
  const auto leak = [](int64_t packets) {
    return FaultSchedule{{At(0), CreditLeakFault{kFirstLink, true, 0, Bytes(288 * packets)}}};
  };
  EXPECT_EQ(run(leak(9)), 1u);
  EXPECT_THAT((*fabric)->Blocked(), IsEmpty());
  EXPECT_EQ(run(leak(10)), 0u);
  EXPECT_THAT((*fabric)->Blocked(),
              ElementsAre("gpu0:0>sw0:0 waits for credits; 2880 B of them have leaked"));
  EXPECT_EQ((*fabric)->Counters()[0].leaked_wire_bytes, 288 * 19);
  EXPECT_EQ(run({}), 1u);
  EXPECT_THAT((*fabric)->Blocked(), IsEmpty());
}

TEST(FaultsTest, WhatAFabricDoesNotHaveIsRefused) {
  const auto fabric = Fabric::Create(SmallFabric(), {});
  ASSERT_TRUE(fabric.ok());
  const auto refused = [&](const Fault& fault, const std::string& message) {
    const absl::Status status = (*fabric)->SetFaults({fault});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << message;
    EXPECT_THAT(std::string(status.message()), HasSubstr("faults[0]: " + message));
  };
  refused({At(0), LinkStateFault{{EndpointId(4), 0}, false}}, "endpoint 4");
  refused({At(0), LinkStateFault{{EndpointId(0), 1}, false}}, "link 1");
  refused({At(0), PlaneStateFault{1, false}}, "plane 1");
  refused({At(0), LaneFault{kFirstLink, 3}}, "lanes 3");
  refused({At(0), LaneFault{kFirstLink, 0}}, "lanes 0");
  refused({At(0), ErrorRateFault{kFirstLink, Ratio(1, 1'000)}}, "flit_error_rate: the fabric");
  refused({At(0), SlowEndpointFault{EndpointId(0), Ratio(1, 2), Ratio(1)}}, "injection_factor");
  refused({At(0), SlowEndpointFault{EndpointId(0), Ratio(1), Ratio(101)}}, "memory_factor");
  refused({At(0), CreditLeakFault{kFirstLink, true, 1, Bytes(1)}}, "virtual_channel 1");
  refused({At(0), CreditLeakFault{kFirstLink, true, 0, Bytes(0)}}, "space 0 B");
  EXPECT_EQ((*fabric)->SetFaults({{At(-1), PlaneStateFault{0, false}}}).code(),
            absl::StatusCode::kInvalidArgument);
}

// Takes a plane down at the start of the first window after a given time, as an operator would.
class InjectingExchange final : public sim::WindowExchange {
 public:
  InjectingExchange(Fabric& fabric, sim::Ticks after) : fabric_(fabric), after_(after) {}
  absl::StatusOr<sim::Ticks> Swap(std::span<const std::vector<sim::CrossingRecord>>,
                                  sim::Ticks next, std::vector<sim::CrossingRecord>&) override {
    if (!injected_ && next > after_ && next != sim::kNever) {
      injected_ = true;
      time_ = At(next);  // a tick is 1 ps here
      UPF_CHECK(fabric_.SetFaults({{time_, PlaneStateFault{1, false}}}).ok());
    }
    return next;
  }
  SimTime time() const { return time_; }

 private:
  Fabric& fabric_;
  sim::Ticks after_;
  bool injected_ = false;
  SimTime time_;
};

TEST(FaultsTest, AFaultInjectedWhileRunningIsAsIfItHadBeenPlanned) {
  FabricSpec spec = SmallFabric();
  spec.groups = {{3, 1}};
  spec.switch_chip.buffer_per_vc = Bytes(288 * 4);
  std::vector<Send> sends;
  for (int i = 0; i < 60; ++i) {
    sends.push_back({1 + i % 3, 0, Bytes(20'000 + i), 0, Picoseconds(1 + i * 100'000), 0});
  }
  for (const sim::Ticks after : {500'000, 2'000'000, 5'000'000}) {
    const auto fabric = Fabric::Create(spec, {});
    ASSERT_TRUE(fabric.ok());
    std::vector<std::unique_ptr<testing::ScriptedClient>> clients;
    for (int e = 0; e < spec.endpoints; ++e) {
      clients.push_back(std::make_unique<testing::ScriptedClient>(sends, e));
      (*fabric)->Attach(EndpointId(e), clients.back().get());
    }
    InjectingExchange exchange(**fabric, after);
    ASSERT_TRUE((*fabric)->RunRow(exchange).ok());
    const Traffic planned = RunWith(spec, sends, {{exchange.time(), PlaneStateFault{1, false}}});
    EXPECT_GT(Sum(planned, &ChannelCounters::shares_returned), 0);
    ASSERT_EQ(clients[0]->arrivals().size(), sends.size());
    for (const auto& [index, time] : clients[0]->arrivals()) {
      EXPECT_EQ(time, planned.arrival[index]) << index;
    }
  }
}

}  // namespace
}  // namespace upfabric::fabric
