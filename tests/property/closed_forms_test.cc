// Goal: on simple cases the engine takes the time that a formula on paper gives. Method: the
// formula from the fabric's figures, written out here, for each protocol; equal to the picosecond
// where nothing contends, else within a stated share. docs/model.md lists them.

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "collectives/selector.h"
#include "tests/testing/fabric_specs.h"
#include "tests/testing/job_on_fabric.h"
#include "tests/testing/job_on_fake.h"
#include "tests/testing/traffic.h"

namespace upfabric::fabric {
namespace {

using collectives::Collective;
using collectives::CollectiveRequest;
using collectives::JobOutcome;
using collectives::JobSpec;
using testing::RunTraffic;
using testing::Send;
using testing::SmallFabric;
using testing::Traffic;

constexpr Picoseconds kNow(0);

// Injection 100, two links of 25 + 25.6 + 40 + 6.9 + 20 ns, switch 150, delivery 130 ns.
constexpr int64_t kPath = 615'000;
// 18 flits of 16 B at 20 ps a byte.
constexpr int64_t kPacket = 18 * 16 * 20;

struct Protocol {
  const char* name;
  ProtocolSpec spec;
  int64_t payload;   // of a full packet
  Ratio wire_bytes;  // of a full packet
};

std::vector<Protocol> Protocols() {
  return {{"nvlink", testing::Nvlink(), 256, Ratio(18 * 16)},
          // 4 beats, request 8 B, response 4 B, 0.8 B of flow control; 628 of a flit's 640 B.
          {"ualink", testing::Ualink(), 256, Ratio(2'688, 10) * Ratio(640, 628)},
          {"ethernet", testing::Ethernet(), 4'096, Ratio(4'096 + 54)}};
}

FabricSpec FabricOf(const Protocol& protocol, int endpoints = 4) {
  FabricSpec spec = SmallFabric();
  spec.protocol = protocol.spec;
  spec.endpoints = endpoints;
  return spec;
}

// kPath and `packets` full packets, one after another, rounded up to a picosecond once.
SimTime After(const Protocol& protocol, int64_t packets) {
  const Ratio wire = protocol.wire_bytes * Ratio(20) * Ratio(packets);
  return SimTime(Picoseconds(kPath + wire.Ceil()));
}

TEST(ClosedFormsTest, AMessageTakesItsPathAndItsWireBytes) {
  for (const Protocol& protocol : Protocols()) {
    for (const int64_t packets : {1, 2, 7, 1'000, 1'000'003}) {
      const Bytes size(packets * protocol.payload);
      EXPECT_EQ(RunTraffic(FabricOf(protocol), {{0, 1, size, 0, kNow, 0}}).arrival[0],
                After(protocol, packets))
          << protocol.name << ", " << packets << " packets";
    }
  }
}

// The output is busy from the first packet to the last, whoever sent them.
TEST(ClosedFormsTest, AnIncastEndsWithTheLastPacketOfAllSenders) {
  for (const Protocol& protocol : Protocols()) {
    for (const int senders : {2, 3, 15}) {
      constexpr int64_t kPackets = 2'000;
      std::vector<Send> sends;
      for (int i = 1; i <= senders; ++i) {
        sends.push_back({i, 0, Bytes(kPackets * protocol.payload), 0, kNow, 0});
      }
      const Traffic traffic = RunTraffic(FabricOf(protocol, senders + 1), sends);
      const auto [first, last] =
          std::minmax_element(traffic.arrival.begin(), traffic.arrival.end());
      EXPECT_EQ(*last, After(protocol, senders * kPackets)) << protocol.name;
      // They take turns: the first one is done one packet of each other before.
      EXPECT_EQ(*first, After(protocol, senders * kPackets - (senders - 1))) << protocol.name;
    }
  }
}

// Whatever the shift, nobody meets anybody: each is as if alone.
TEST(ClosedFormsTest, APermutationTakesAsLongAsOneMessage) {
  for (const Protocol& protocol : Protocols()) {
    for (const int shift : {1, 3, 7}) {
      FabricSpec spec = FabricOf(protocol, 8);
      spec.groups = {{2, 1}, {1, 2}};
      std::vector<Send> sends;
      for (int i = 0; i < 8; ++i) {
        sends.push_back({i, (i + shift) % 8, Bytes(400 * protocol.payload), 0, kNow, 0});
      }
      for (const SimTime arrival : RunTraffic(spec, sends).arrival) {
        EXPECT_EQ(arrival, After(protocol, 100)) << protocol.name;
      }
    }
  }
}

JobSpec JobOf(const collectives::AlgorithmRegistry& registry, const CollectiveRequest& request,
              std::string_view algorithm) {
  JobSpec job{.request = request, .algorithm = *registry.Find(request.collective, algorithm)};
  for (int rank = 0; rank < request.ranks; ++rank) {
    job.endpoints.emplace_back(rank);
  }
  return job;
}

// Chunks of 4 KiB are one message of 16 packets a step. U = path + 16 packets; a reduction reads
// two and writes one chunk at 1 TB/s, 250 ns late.
TEST(ClosedFormsTest, ARingTakesItsStepsOneAfterAnother) {
  const collectives::AlgorithmRegistry registry = collectives::BuiltinAlgorithms();
  constexpr int64_t kStep = kPath + 16 * kPacket;
  constexpr int64_t kReduce = 250'000 + 3 * 4'096;
  for (const int ranks : {2, 3, 8}) {
    FabricSpec spec = SmallFabric();
    spec.endpoints = ranks;
    const auto time = [&](const CollectiveRequest& request) {
      const JobOutcome outcome =
          collectives::RunJobOnFabric(spec, JobOf(registry, request, "ring"));
      EXPECT_EQ(outcome.wrong, 0);
      return outcome.last_end.since_start().count();
    };
    EXPECT_EQ(time({.collective = Collective::kAllGather,
                    .ranks = ranks,
                    .count = 1'024,
                    .in_place = true}),
              (ranks - 1) * kStep);
    EXPECT_EQ(time({.collective = Collective::kReduceScatter,
                    .ranks = ranks,
                    .count = 1'024,
                    .in_place = true}),
              (ranks - 1) * (kStep + kReduce));
    EXPECT_EQ(time({.ranks = ranks, .count = 1'024 * ranks, .in_place = true}),
              (ranks - 1) * (2 * kStep + kReduce));
  }
}

// Each endpoint sends to all others at the full rate of its links: (n - 1) S / links after the
// path, up to where messages of different sources meet at an output.
TEST(ClosedFormsTest, AnAllToAllRunsAtFullRate) {
  const collectives::AlgorithmRegistry registry = collectives::BuiltinAlgorithms();
  for (const Protocol& protocol : Protocols()) {
    for (const int ranks : {2, 4, 16, 72}) {
      FabricSpec spec = FabricOf(protocol, ranks);
      spec.groups = {{6, 1}};
      const int64_t packets = 600;
      const CollectiveRequest request{.collective = Collective::kAllToAll,
                                      .ranks = ranks,
                                      .count = packets * protocol.payload / 4};
      JobSpec job = JobOf(registry, request, "direct");
      job.payload = collectives::PayloadMode::kNone;
      const auto time = static_cast<double>(
          collectives::RunJobOnFabric(spec, job).last_end.since_start().count());
      const auto form =
          static_cast<double>(After(protocol, (ranks - 1) * packets / 6).since_start().count());
      EXPECT_GE(time, form) << protocol.name << ", " << ranks << " ranks";
      EXPECT_LE(time, 1.001 * form) << protocol.name << ", " << ranks << " ranks";
    }
  }
}

// Estimated over executed time, on six links.
double FormOverTime(const collectives::AlgorithmRegistry& registry,
                    const CollectiveRequest& request, std::string_view algorithm) {
  FabricSpec spec = SmallFabric();
  spec.endpoints = request.ranks;
  spec.groups = {{6, 1}};
  spec.switch_chip.in_switch = testing::InSwitch();
  JobSpec job = JobOf(registry, request, algorithm);
  job.payload = collectives::PayloadMode::kNone;
  const auto fabric = *Fabric::Create(spec, {});
  const SimTime end = collectives::RunJobOnFabric(spec, job).last_end;
  return static_cast<double>(job.algorithm->Cost(request, fabric->view()).count()) /
         static_cast<double>(end.since_start().count());
}

// Those of collectives/ALGORITHMS.md, by which `auto` chooses.
TEST(ClosedFormsTest, FormsOfAlgorithmsAreNearTheFabric) {
  const collectives::AlgorithmRegistry registry = collectives::BuiltinAlgorithms();
  for (const collectives::Algorithm* algorithm : registry.All()) {
    const collectives::AlgorithmInfo& info = algorithm->info();
    for (const int ranks : {2, 4, 8}) {
      if (!collectives::Serves(*algorithm, ranks)) {
        continue;
      }
      for (const int64_t count : {1'000, 100'000, 1'600'000}) {
        const CollectiveRequest request{.collective = info.collective,
                                        .ranks = ranks,
                                        .count = count,
                                        .root = collectives::HasRoot(info.collective) ? 0 : -1};
        // Reads and results of in_switch hold each other up, and so do the pieces of two trees that
        // meet at a rank, and the parts of a torus; the forms leave that out.
        const bool meets = info.limits.needs_in_switch || info.name == "double_binary_tree" ||
                           info.name == "torus";
        EXPECT_NEAR(FormOverTime(registry, request, info.name), 1.0, meets ? 0.2 : 0.07)
            << collectives::RequestText(request, *algorithm);
      }
    }
  }
}

// Where ways meet, neighbors on a ring do not: a ring's form holds there too, and `auto` sees that
// an exchange of all with all takes longer than it would behind one switch.
TEST(ClosedFormsTest, RingsAreNearTheFabricOnARingAndExchangesAreKnownToBeSlower) {
  const collectives::AlgorithmRegistry registry = collectives::BuiltinAlgorithms();
  FabricSpec spec = SmallFabric();
  spec.endpoints = 12;
  spec.groups.clear();
  TorusSpec ring;
  ring.axes = {{.size = 12}};
  spec.shape = ring;
  spec.switch_chip.virtual_channels = 2;
  const auto fabric = *Fabric::Create(spec, {});
  const auto form_over_time = [&](const CollectiveRequest& request, std::string_view algorithm) {
    JobSpec job = JobOf(registry, request, algorithm);
    job.payload = collectives::PayloadMode::kNone;
    const SimTime end = collectives::RunJobOnFabric(spec, job).last_end;
    return static_cast<double>(job.algorithm->Cost(request, fabric->view()).count()) /
           static_cast<double>(end.since_start().count());
  };
  for (const int64_t count : {1'200, 1'200'000}) {
    for (const char* name : {"ring", "ring_bidirectional"}) {
      EXPECT_NEAR(form_over_time({.ranks = 12, .count = count}, name), 1.0, 0.1) << name << count;
    }
  }
  const CollectiveRequest large{.ranks = 12, .count = 1'200'000};
  EXPECT_NEAR(form_over_time(large, "two_shot"), 1.0, 0.4);
  const auto chosen =
      collectives::SelectAlgorithm(registry, collectives::kAutoAlgorithm, large, fabric->view());
  ASSERT_TRUE(chosen.ok());
  EXPECT_EQ((*chosen)->info().name.substr(0, 4), "ring");
}

// Each element of both links, alone, adds exactly its figure; the path of the view says the same.
TEST(ClosedFormsTest, EachElementAddsExactlyItsFigure) {
  using Change = std::pair<Picoseconds, void (*)(FabricSpec&)>;
  const std::vector<Change> changes = {
      {Picoseconds(2 * 50'000),
       [](FabricSpec& s) {
         s.link.retimers.push_back({"dsp", Picoseconds(50'000)});
       }},
      {Picoseconds(4 * 50'000),
       [](FabricSpec& s) {
         s.link.retimers.assign(2, {"dsp", Picoseconds(50'000)});
       }},
      {Picoseconds(2 * 93'100), [](FabricSpec& s) { s.link.propagation = Picoseconds(100'000); }},
      {Picoseconds(-2 * (25'600 + 40'000)), [](FabricSpec& s) { s.link.has_fec = false; }},
      // Another codeword of 5,440 bits at 425 Gb/s is collected.
      {Picoseconds(2 * 12'800), [](FabricSpec& s) { s.link.fec.interleave = 3; }},
      {Picoseconds(2 * 7'000), [](FabricSpec& s) { s.link.fec.decode = Picoseconds(47'000); }},
      {Picoseconds(-2 * 25'000), [](FabricSpec& s) { s.link.phy_tx = Picoseconds(0); }},
      {Picoseconds(-2 * 20'000), [](FabricSpec& s) { s.link.phy_rx = Picoseconds(0); }},
      {Picoseconds(1), [](FabricSpec& s) { s.switch_chip.pipeline = Picoseconds(150'001); }},
      {Picoseconds(-99'999), [](FabricSpec& s) { s.endpoint.injection = Picoseconds(1); }},
      {Picoseconds(70'000), [](FabricSpec& s) { s.endpoint.delivery = Picoseconds(200'000); }},
  };
  for (const Protocol& protocol : Protocols()) {
    const FabricSpec base = FabricOf(protocol);
    const std::vector<Send> sends = {{0, 1, Bytes(100'000), 0, kNow, 0}};
    const SimTime before = RunTraffic(base, sends).arrival[0];
    for (size_t i = 0; i < changes.size(); ++i) {
      FabricSpec changed = base;
      changes[i].second(changed);
      EXPECT_EQ(RunTraffic(changed, sends).arrival[0] - before, changes[i].first)
          << protocol.name << ", change " << i;
    }
  }
}

}  // namespace
}  // namespace upfabric::fabric
