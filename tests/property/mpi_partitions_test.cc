// Goal: a fabric shared out over the processes of an MPI job gives what one process gives. Method:
// every process of the job runs this program; the random traffic and the random collectives of
// engine_independence_test and programs_test, each first alone and whole in every process, then as
// one partition a process over the daemon's exchange and payload transport. Each process compares
// what it owns, and all of them their fingerprints.

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/mpi/group.h"
#include "tests/testing/job_on_fabric.h"
#include "tests/testing/job_on_fake.h"
#include "tests/testing/seed_range.h"
#include "tests/testing/traffic_case.h"

namespace upfabric::daemon {
namespace {

using collectives::JobCase;
using collectives::JobOutcome;
using fabric::FabricOptions;
using fabric::testing::Traffic;
using fabric::testing::TrafficCase;

constexpr int64_t kSeeds = 30;

// MPI starts once in a process: main() owns it and the tests borrow it.
MpiEnvironment* g_environment = nullptr;  // NOLINT: GoogleTest has no other way to pass it

MpiGroupOptions Options() { return {.wait = {.limit = absl::Minutes(1), .peer_health = nullptr}}; }

// By trains in even seeds, by packets in odd ones; windows at random.
FabricOptions PartitionOf(FabricOptions options, const ProcessGroup& group) {
  options.trains = options.seed % 2 == 0;
  options.random_window_seed = options.seed + 1;
  options.partition = group.index();
  options.partitions = group.size();
  return options;
}

// Calls each(seed) for the seeds of this run.
template <typename Each>
void ForSeeds(const Each& each) {
  for (const auto& block : fabric::testing::SeedBlocks(kSeeds, kSeeds)) {
    for (int64_t i = 0; i < block.count; ++i) {
      SCOPED_TRACE(absl::StrCat("seed ", block.first + i));
      each(static_cast<uint64_t>(block.first + i));
    }
  }
}

// The delivery hashes of all endpoints, from every process's share of them.
std::map<int, uint64_t> AllHashes(ProcessGroup& group, const fabric::Fabric& fabric) {
  std::string mine;
  for (const auto& [endpoint, hash] : fabric.DeliveryHashes()) {
    absl::StrAppend(&mine, endpoint.value(), " ", hash, " ");
  }
  std::map<int, uint64_t> hashes;
  const auto texts = group.AllGather(mine);
  UPF_CHECK(texts.ok());
  for (const std::string& text : *texts) {
    std::istringstream in(text);
    int endpoint = 0;
    uint64_t hash = 0;
    while (in >> endpoint >> hash) {
      EXPECT_TRUE(hashes.emplace(endpoint, hash).second) << "gpu" << endpoint << " has two owners";
    }
  }
  return hashes;
}

// The sum over all processes.
uint64_t SumOverAll(ProcessGroup& group, uint64_t mine) {
  const auto texts = group.AllGather(absl::StrCat(mine));
  UPF_CHECK(texts.ok());
  uint64_t sum = 0;
  for (const std::string& text : *texts) {
    sum += std::stoull(text);
  }
  return sum;
}

std::unique_ptr<RowSession> StartRow(ProcessGroup& group, const fabric::Fabric& fabric) {
  return group.StartRow([&](EndpointId endpoint) { return fabric.OwnerOf(endpoint); }, {});
}

void ExpectShareOf(const Traffic& whole, const Traffic& mine, const fabric::Fabric& fabric) {
  std::vector<fabric::testing::Delivery> deliveries;
  for (const fabric::testing::Delivery& delivery : whole.deliveries) {
    if (fabric.Owns(EndpointId(std::get<1>(delivery)))) {
      deliveries.push_back(delivery);
    }
  }
  EXPECT_EQ(deliveries, mine.deliveries);
  std::map<std::string, fabric::ChannelCounters> by_name;
  for (const fabric::ChannelCounters& counters : whole.counters) {
    by_name[counters.name] = counters;
  }
  for (const fabric::ChannelCounters& own : mine.counters) {
    const fabric::ChannelCounters& expected = by_name[own.name];
    EXPECT_EQ(expected.packets, own.packets) << own.name;
    EXPECT_EQ(expected.busy, own.busy) << own.name;
    EXPECT_EQ(expected.credit_stall, own.credit_stall) << own.name;
    EXPECT_EQ(expected.queue_packets_max, own.queue_packets_max) << own.name;
    EXPECT_EQ(expected.replays, own.replays) << own.name;
    EXPECT_EQ(expected.shares_returned, own.shares_returned) << own.name;
  }
}

TEST(MpiPartitionsTest, TrafficIsThatOfOneProcess) {
  MpiGroup group(*g_environment, Options());
  uint64_t crossed = 0;
  ForSeeds([&](uint64_t seed) {
    const TrafficCase made = fabric::testing::RandomTrafficCase(seed);
    const Traffic whole =
        fabric::testing::RunTraffic(made.spec, made.sends, made.options, 1, made.faults);
    fabric::testing::TrafficPartition part(made.spec, made.sends, PartitionOf(made.options, group),
                                           made.faults);
    const auto row = StartRow(group, part.fabric());
    part.Run(row->exchange());
    Traffic mine;
    mine.arrival.assign(made.sends.size(), SimTime(Picoseconds(-1)));
    part.AddTo(mine);
    EXPECT_FALSE(mine.hung);
    ExpectShareOf(whole, mine, part.fabric());
    std::map<int, uint64_t> expected;
    for (const auto& [endpoint, hash] : whole.hashes) {
      expected[endpoint.value()] = hash;
    }
    EXPECT_EQ(expected, AllHashes(group, part.fabric()));
    crossed += SumOverAll(group, static_cast<uint64_t>(mine.totals.records_crossed));
  });
  EXPECT_EQ(crossed > 0, group.size() > 1);
}

TEST(MpiPartitionsTest, CollectivesAreThoseOfOneProcess) {
  const collectives::AlgorithmRegistry registry = collectives::BuiltinAlgorithms();
  MpiGroup group(*g_environment, Options());
  ForSeeds([&](uint64_t seed) {
    const JobCase made = collectives::RandomJobCase(seed, registry);
    SCOPED_TRACE(collectives::RequestText(made.job.request, *made.job.algorithm));
    const JobOutcome whole =
        collectives::RunJobOnFabric(made.spec, made.job, made.options, 1, made.faults);
    collectives::JobPartition part(made.spec, made.job, PartitionOf(made.options, group),
                                   made.faults);
    const auto row = StartRow(group, part.fabric());
    part.Run(row->exchange(), row->transport());
    JobOutcome mine;
    part.AddTo(mine);
    EXPECT_FALSE(mine.hung);
    EXPECT_EQ(mine.wrong, 0);
    EXPECT_TRUE(row->DamagedMessages().empty());
    EXPECT_EQ(whole.deliveries, AllHashes(group, part.fabric()));
    EXPECT_EQ(whole.finished, SumOverAll(group, mine.finished ? 0 : 1) == 0);
    EXPECT_EQ(whole.finished ? whole.hash : 0, SumOverAll(group, whole.finished ? mine.hash : 0));
    for (const auto& [rank, end] : mine.end) {
      EXPECT_TRUE(!whole.finished || whole.end.at(rank) == end) << "rank " << rank;
    }
  });
}

}  // namespace
}  // namespace upfabric::daemon

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (!upfabric::daemon::RunningUnderMpirun()) {
    std::fprintf(stderr, "run this test with mpirun\n");
    return 2;
  }
  auto environment = upfabric::daemon::MpiEnvironment::Init();
  if (!environment.ok()) {
    std::fprintf(stderr, "%s\n", environment.status().ToString().c_str());
    return 3;
  }
  upfabric::daemon::g_environment = environment->get();
  return RUN_ALL_TESTS();
}
