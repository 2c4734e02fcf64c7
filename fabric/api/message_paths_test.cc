#include "fabric/api/message_paths.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "fabric/api/spec_checks.h"
#include "tests/testing/draws.h"
#include "tests/testing/fabric_shapes.h"
#include "tests/testing/fabric_specs.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric {
namespace {

using testing::Draws;
using testing::Send;
using testing::SmallFabric;

struct Watched {
  bool ran = false;
  std::vector<SimTime> arrival;  // by send
  std::vector<MessagePath> paths;
};

// Runs messages on one partition with all of them watched.
Watched RunWatched(const FabricSpec& spec, const std::vector<Send>& sends, bool trains = true,
                   const FaultSchedule& faults = {}) {
  FabricOptions options;
  options.trains = trains && !Scatters(spec);
  const std::unique_ptr<Fabric> fabric = *Fabric::Create(spec, options);
  Watched watched;
  if (!fabric->SetFaults(faults).ok()) {
    return watched;
  }
  std::vector<WatchedMessage> messages;
  for (size_t i = 0; i < sends.size(); ++i) {
    const SimTime posted(sends[i].delay);
    messages.push_back({EndpointId(sends[i].source), EndpointId(sends[i].destination),
                        static_cast<uint32_t>(i), posted, posted});
  }
  UPF_CHECK(fabric->Watch(messages).ok());
  std::vector<std::unique_ptr<testing::ScriptedClient>> clients;
  for (int e = 0; e < spec.all_endpoints(); ++e) {
    clients.push_back(std::make_unique<testing::ScriptedClient>(sends, e));
    fabric->Attach(EndpointId(e), clients.back().get());
  }
  sim::LocalExchange exchange;
  watched.ran = fabric->RunRow(exchange).ok() && fabric->Blocked().empty();
  watched.arrival.assign(sends.size(), SimTime());
  for (const auto& client : clients) {
    for (const auto& [index, time] : client->arrivals()) {
      watched.arrival[index] = time;
    }
  }
  watched.paths = fabric->WatchedPaths();
  return watched;
}

Picoseconds PartOf(const MessagePath& path, PathCause cause) {
  Picoseconds sum;
  for (const PathPart& part : path.parts) {
    sum += part.cause == cause ? part.length : Picoseconds(0);
  }
  return sum;
}

Picoseconds SumOf(const MessagePath& path) {
  Picoseconds sum;
  for (const PathPart& part : path.parts) {
    sum += part.length;
  }
  return sum;
}

std::vector<Send> RandomMessages(const FabricSpec& spec, Draws& draws) {
  std::vector<Send> messages;
  for (Send send : testing::RandomSends(spec, draws)) {
    send.after_received = 0;
    if (send.kind == testing::SendKind::kMessage && send.destination != send.source) {
      messages.push_back(send);
    }
  }
  return messages;
}

// Goal: whatever the shape, the kinds of switches, errors and faults, every message that arrives
// has a path whose parts add up to its time, in either granularity.
TEST(MessagePathsTest, PartsAddUpToTheTimeOfEveryMessageOfRandomTraffic) {
  int paths = 0;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(seed);
    Draws draws(seed);
    FabricSpec spec = testing::RandomFabric(draws);
    testing::DrawShape(draws, spec);
    if (spec.endpoints < 2 || !Fabric::Create(spec, {}).ok()) {
      continue;
    }
    const std::vector<Send> sends = RandomMessages(spec, draws);
    FaultSchedule faults;
    if (seed % 4 == 0) {
      faults = testing::RandomFaults(spec, draws);
    }
    const Watched watched = RunWatched(spec, sends, true, faults);
    if (!watched.ran) {
      continue;
    }
    const Watched packets = RunWatched(spec, sends, false, faults);
    ASSERT_EQ(watched.paths.size(), sends.size());
    for (size_t i = 0; i < sends.size(); ++i) {
      const MessagePath& path = watched.paths[i];
      EXPECT_EQ(path.delivered, watched.arrival[path.message]);
      EXPECT_EQ(SumOf(path), path.delivered - SimTime(sends[path.message].delay));
      EXPECT_EQ(path.channels, packets.paths[i].channels);
      EXPECT_EQ(PartOf(path, PathCause::kQueueing), PartOf(packets.paths[i], PathCause::kQueueing));
      EXPECT_EQ(PartOf(path, PathCause::kCreditStall),
                PartOf(packets.paths[i], PathCause::kCreditStall));
      ++paths;
    }
  }
  EXPECT_GT(paths, 2'000);
}

// Two links and a switch: each element of a link is crossed twice, and so is 10 ns more of it.
TEST(MessagePathsTest, TenNanosecondsMoreOfAnElementMoveItsPartByThatTimesItsCrossings) {
  constexpr Picoseconds kMore{10'000};
  FabricSpec base = SmallFabric();
  base.link.retimers = {{"dsp", Picoseconds(50'000)}};
  const std::vector<Send> incast = {{1, 0, Bytes(40'000), 0, Picoseconds(0), 0},
                                    {2, 0, Bytes(40'000), 0, Picoseconds(0), 0}};
  struct Case {
    PathCause cause;
    int crossings;
    void (*add)(FabricSpec&, Picoseconds);
  };
  const Case cases[] = {
      {PathCause::kPhy, 2, [](FabricSpec& s, Picoseconds more) { s.link.phy_tx += more; }},
      {PathCause::kPhy, 2, [](FabricSpec& s, Picoseconds more) { s.link.phy_rx += more; }},
      {PathCause::kFec, 2, [](FabricSpec& s, Picoseconds more) { s.link.fec.decode += more; }},
      {PathCause::kRetimer, 2,
       [](FabricSpec& s, Picoseconds more) { s.link.retimers[0].latency += more; }},
      {PathCause::kWire, 2, [](FabricSpec& s, Picoseconds more) { s.link.propagation += more; }},
      {PathCause::kSwitch, 1,
       [](FabricSpec& s, Picoseconds more) { s.switch_chip.pipeline += more; }},
      {PathCause::kInjection, 1,
       [](FabricSpec& s, Picoseconds more) { s.endpoint.injection += more; }},
      {PathCause::kDelivery, 1,
       [](FabricSpec& s, Picoseconds more) { s.endpoint.delivery += more; }},
  };
  const MessagePath before = RunWatched(base, incast).paths[1];
  EXPECT_GT(PartOf(before, PathCause::kQueueing), Picoseconds(0));
  for (const Case& element : cases) {
    FabricSpec changed = base;
    element.add(changed, kMore);
    const MessagePath after = RunWatched(changed, incast).paths[1];
    EXPECT_EQ(PartOf(after, element.cause) - PartOf(before, element.cause),
              kMore * element.crossings);
    EXPECT_EQ(after.delivered - before.delivered, kMore * element.crossings);
  }
}

// 40,000 B are 156 full packets of 5.76 ns and one of 64 B; the second message is behind the first.
TEST(MessagePathsTest, WhatTheSourcePostedBeforeIsSerialization) {
  const FabricSpec spec = SmallFabric();
  const std::vector<Send> one = {{1, 0, Bytes(25'600), 0, Picoseconds(0), 0}};
  const std::vector<Send> two = {one[0], {1, 2, Bytes(25'600), 0, Picoseconds(0), 0}};
  const Picoseconds alone = PartOf(RunWatched(spec, one).paths[0], PathCause::kSerialization);
  EXPECT_EQ(alone, Picoseconds(100 * 5'760));  // 100 packets of 16 data and 2 header flits
  const MessagePath behind = RunWatched(spec, two).paths[1];
  EXPECT_EQ(PartOf(behind, PathCause::kSerialization), alone * 2);
  EXPECT_EQ(PartOf(behind, PathCause::kQueueing), Picoseconds(0));
}

TEST(MessagePathsTest, FlitErrorsAreReplay) {
  FabricSpec spec = SmallFabric();
  const std::vector<Send> sends = {{1, 0, Bytes(400'000), 0, Picoseconds(0), 0}};
  EXPECT_EQ(PartOf(RunWatched(spec, sends).paths[0], PathCause::kReplay), Picoseconds(0));
  spec.link.has_errors = true;
  spec.link.errors.flit = Bytes(640);
  spec.link.errors.flit_error_rate = Ratio(1, 50);
  spec.link.errors.retry = {Bytes(1 << 20), Bytes(0), Picoseconds(100'000)};
  const Watched watched = RunWatched(spec, sends);
  EXPECT_GT(PartOf(watched.paths[0], PathCause::kReplay), Picoseconds(100'000));
  EXPECT_EQ(SumOf(watched.paths[0]), watched.arrival[0].since_start());
}

TEST(MessagePathsTest, NothingIsWrittenDownOnceTheWatchHasEnded) {
  const std::unique_ptr<Fabric> fabric = *Fabric::Create(SmallFabric(), {});
  ASSERT_TRUE(fabric->Watch({{EndpointId(0), EndpointId(1), 0, SimTime(), SimTime()}}).ok());
  ASSERT_TRUE(fabric->Watch({}).ok());
  EXPECT_TRUE(fabric->WatchedPaths().empty());
}

}  // namespace
}  // namespace upfabric::fabric
