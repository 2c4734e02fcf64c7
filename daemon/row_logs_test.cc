#include "daemon/row_logs.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "daemon/config/loader.h"
#include "daemon/runner.h"
#include "daemon/solo_group.h"

namespace upfabric::daemon {
namespace {

struct Case {
  const char* fabric;
  v1::Collective collective;
  const char* algorithm;
  int ranks;
};

v1::Workload WorkloadOf(const Case& c, int64_t bytes) {
  v1::Workload workload;
  workload.set_collective(c.collective);
  workload.add_sizes_bytes(bytes);
  for (int rank = 0; rank < c.ranks; ++rank) {
    workload.add_endpoints(rank);
  }
  workload.set_type(v1::DATA_TYPE_FLOAT32);
  const bool reduces =
      c.collective == v1::COLLECTIVE_ALL_REDUCE || c.collective == v1::COLLECTIVE_REDUCE_SCATTER;
  workload.set_op(reduces ? v1::REDUCE_OP_SUM : v1::REDUCE_OP_UNSPECIFIED);
  const bool has_root =
      c.collective == v1::COLLECTIVE_BROADCAST || c.collective == v1::COLLECTIVE_GATHER;
  workload.set_root(has_root ? 0 : -1);
  workload.set_algorithm(c.algorithm);
  workload.set_software("ideal");
  workload.set_payload(v1::PAYLOAD_MODE_NONE);
  workload.set_timing(v1::TIMING_ISOLATED);
  workload.set_iterations(1);
  workload.set_granularity(v1::GRANULARITY_TRAIN);
  workload.set_breakdown(true);
  workload.set_timeline(true);
  return workload;
}

v1::Row RunOn(const v1::Fabric& fabric, const v1::Workload& workload) {
  SoloGroup group;
  auto runner = Runner::Create(fabric, group);
  EXPECT_TRUE(runner.ok()) << runner.status();
  const absl::StatusOr<v1::Result> result = (*runner)->Run(workload, {}, nullptr);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? result->rows(0) : v1::Row();
}

v1::Fabric FabricOf(const char* name) {
  absl::StatusOr<v1::Fabric> fabric = ResolveFabric(name);
  EXPECT_TRUE(fabric.ok()) << fabric.status();
  return *fabric;
}

std::map<std::string, int64_t> PartsOf(const v1::Row& row) {
  std::map<std::string, int64_t> parts;
  for (const v1::BreakdownPart& part : row.breakdown().parts()) {
    parts[part.cause()] += part.time_ps();
  }
  return parts;
}

// Ranks and operations of the chain, without its times.
std::vector<std::tuple<int, int, std::string>> ChainOf(const v1::Row& row) {
  std::vector<std::tuple<int, int, std::string>> chain;
  for (const v1::BreakdownStep& step : row.breakdown().steps()) {
    chain.emplace_back(step.from(), step.rank(), step.operation());
  }
  return chain;
}

TEST(RowLogsTest, PartsSumToTheTimeExactly) {
  constexpr Case kCases[] = {
      {"hgx-h100", v1::COLLECTIVE_ALL_REDUCE, "ring", 8},
      {"hgx-h100", v1::COLLECTIVE_ALL_REDUCE, "in_switch", 8},
      {"hgx-h100", v1::COLLECTIVE_ALL_REDUCE, "two_shot", 5},
      {"hgx-h100", v1::COLLECTIVE_ALL_REDUCE, "one_shot", 1},
      {"mi300x-oam8", v1::COLLECTIVE_BROADCAST, "scatter_gather", 8},
      {"mi300x-oam8", v1::COLLECTIVE_BROADCAST, "chain", 7},
      {"inf2-12", v1::COLLECTIVE_ALL_GATHER, "ring", 12},
      {"tpu-v4-64", v1::COLLECTIVE_ALL_TO_ALL, "direct", 16},
      {"gb200-nvl72", v1::COLLECTIVE_REDUCE_SCATTER, "direct", 72},
      {"ue-leaf-spine-256", v1::COLLECTIVE_SENDRECV, "direct", 20},
      {"ue-leaf-spine-256@uet", v1::COLLECTIVE_ALL_TO_ALL, "direct", 12},
      {"hgx-h100-x4", v1::COLLECTIVE_ALL_TO_ALL, "direct", 32},
  };
  for (const Case& c : kCases) {
    for (const int64_t bytes : {int64_t{0}, int64_t{4096}, int64_t{1} << 20}) {
      const v1::Row row = RunOn(FabricOf(c.fabric), WorkloadOf(c, bytes));
      int64_t sum = 0;
      for (const auto& [cause, time] : PartsOf(row)) {
        EXPECT_GT(time, 0) << cause;
        sum += time;
      }
      EXPECT_EQ(sum, row.time_ps()) << c.fabric << " " << c.algorithm << " " << bytes;
      EXPECT_LE(row.breakdown().bound_ps(), row.time_ps());
      // The chain has no gap: each step begins where the one before it ended.
      if (row.breakdown().steps_left_out() == 0) {
        for (int s = 1; s < row.breakdown().steps_size(); ++s) {
          EXPECT_EQ(row.breakdown().steps(s).begin_ps(), row.breakdown().steps(s - 1).end_ps());
        }
      }
    }
  }
}

// 10 ns more in an element are 10 ns more of its part and of the whole for each time that the chain
// crosses it.
TEST(RowLogsTest, MoreOfAnElementIsMoreOfItsPart) {
  const Case c = {"ualink-pod-8@retimed-dac", v1::COLLECTIVE_ALL_REDUCE, "ring", 8};
  const v1::Workload workload = WorkloadOf(c, 4096);
  const v1::Fabric base = FabricOf(c.fabric);
  const v1::Row before = RunOn(base, workload);
  const auto add = [](v1::Figure* figure) {
    const std::string& text = figure->value();
    const size_t unit = text.find_first_not_of("0123456789.");
    ASSERT_EQ(text.substr(unit), "ns") << text;
    figure->set_value(std::to_string(std::stod(text) + 10) + "ns");
  };
  struct Change {
    const char* cause;
    std::function<void(v1::Fabric&)> make;
  };
  const std::vector<Change> changes = {
      {"phy", [&](v1::Fabric& f) { add(f.mutable_link()->mutable_phy_tx()); }},
      {"phy", [&](v1::Fabric& f) { add(f.mutable_link()->mutable_phy_rx()); }},
      {"fec", [&](v1::Fabric& f) { add(f.mutable_link()->mutable_fec()->mutable_decode()); }},
      {"injection", [&](v1::Fabric& f) { add(f.mutable_endpoint()->mutable_injection()); }},
      {"delivery", [&](v1::Fabric& f) { add(f.mutable_endpoint()->mutable_delivery()); }},
  };
  for (const Change& change : changes) {
    v1::Fabric changed = base;
    change.make(changed);
    const v1::Row after = RunOn(changed, workload);
    ASSERT_EQ(ChainOf(after), ChainOf(before)) << change.cause;
    std::map<std::string, int64_t> was = PartsOf(before);
    std::map<std::string, int64_t> is = PartsOf(after);
    const int64_t more = after.time_ps() - before.time_ps();
    EXPECT_GT(more, 0);
    EXPECT_EQ(more % 10'000, 0) << change.cause;
    EXPECT_EQ(is[change.cause] - was[change.cause], more) << change.cause;
    is.erase(change.cause);
    was.erase(change.cause);
    EXPECT_EQ(is, was) << change.cause;
  }
}

TEST(RowLogsTest, ATimelineHasEveryInstructionAndEveryMessage) {
  const Case c = {"hgx-h100", v1::COLLECTIVE_ALL_REDUCE, "ring", 4};
  const v1::Row row = RunOn(FabricOf(c.fabric), WorkloadOf(c, 4096));
  ASSERT_EQ(row.timeline().ranks_size(), 4);
  EXPECT_EQ(row.timeline().instructions_left_out(), 0);
  std::set<std::tuple<int, int, int, int64_t>> sent;
  std::set<std::tuple<int, int, int, int64_t>> received;
  for (const v1::RankTimeline& rank : row.timeline().ranks()) {
    for (const v1::StreamTimeline& stream : rank.streams()) {
      int64_t end = 0;
      for (const v1::InstructionTime& entry : stream.instructions()) {
        EXPECT_LE(end, entry.start_ps());
        EXPECT_LE(entry.start_ps(), entry.arrival_ps());
        EXPECT_LE(entry.arrival_ps(), entry.finish_ps());
        end = entry.finish_ps();
        if (entry.operation() == "send") {
          sent.emplace(rank.rank(), entry.peer(), entry.connection(), entry.sequence());
        } else {
          received.emplace(entry.peer(), rank.rank(), entry.connection(), entry.sequence());
        }
      }
      EXPECT_LE(end, row.time_ps());
    }
  }
  EXPECT_EQ(sent.size(), 4u * 6u);
  EXPECT_EQ(sent, received);
}

TEST(RowLogsTest, WhatAMessageWaitedForIsToldApart) {
  // Seven senders to one receiver: the last packet waits behind the others at the switch.
  v1::Row row = RunOn(FabricOf("hgx-h100"),
                      WorkloadOf({"hgx-h100", v1::COLLECTIVE_GATHER, "direct", 8}, 1 << 20));
  EXPECT_GT(PartsOf(row)["queueing"], row.time_ps() / 2);
  EXPECT_EQ(PartsOf(row).count("waiting"), 0u);
  // Buffers of a mesh that are shorter than its credit loops at that rate.
  v1::Fabric mesh = FabricOf("dojo-tile");
  mesh.mutable_switch_()->mutable_buffer_per_vc()->set_value("64KiB");
  row = RunOn(mesh, WorkloadOf({"dojo-tile", v1::COLLECTIVE_ALL_TO_ALL, "direct", 25}, 1 << 20));
  EXPECT_GT(PartsOf(row)["credit stall"], row.time_ps() / 2);
  // One of a hundred flits fails and goes again.
  v1::Workload workload = WorkloadOf({"hgx-h100", v1::COLLECTIVE_ALL_REDUCE, "ring", 8}, 1 << 20);
  const int64_t clean_ps = RunOn(FabricOf("hgx-h100"), workload).time_ps();
  for (int link = 0; link < 18; ++link) {
    v1::Fault& fault = *workload.mutable_faults()->add_faults();
    fault.set_time("0us");
    fault.mutable_error_rate()->mutable_target()->set_endpoint(3);
    fault.mutable_error_rate()->mutable_target()->set_link(link);
    fault.mutable_error_rate()->set_flit_error_rate("1/100");
  }
  row = RunOn(FabricOf("hgx-h100"), workload);
  EXPECT_GT(PartsOf(row)["replay"], 0);
  EXPECT_GT(row.time_ps(), clean_ps);
}

TEST(RowLogsTest, StepsNameTheChannelsOfTheirMessage) {
  const v1::Row row = RunOn(FabricOf("mi300x-oam8"),
                            WorkloadOf({"mi300x-oam8", v1::COLLECTIVE_BROADCAST, "chain", 2}, 64));
  ASSERT_EQ(row.breakdown().steps_size(), 1);
  ASSERT_EQ(row.breakdown().steps(0).channels_size(), 1);
  EXPECT_EQ(row.breakdown().steps(0).channels(0), "gpu0:0>gpu1:6");
}

TEST(RowLogsTest, LatencyIsThatOfTheMessagesAlone) {
  // A message that waits for nothing takes what the view says, on any rank.
  v1::Workload workload =
      WorkloadOf({"hgx-h100", v1::COLLECTIVE_SENDRECV, "direct", 8}, int64_t{1} << 20);
  workload.set_breakdown(false);
  workload.set_timeline(false);
  workload.set_latency(true);
  const v1::Row row = RunOn(FabricOf("hgx-h100"), workload);
  EXPECT_EQ(row.latency().messages(), 8);
  EXPECT_EQ(row.latency().p50_ps(), row.time_ps());
  EXPECT_EQ(row.latency().max_ps(), row.time_ps());
  EXPECT_FALSE(row.has_breakdown() || row.has_timeline());
}

TEST(RowLogsTest, MulticastsAndReduceReadsCount) {
  v1::Workload workload =
      WorkloadOf({"hgx-h100", v1::COLLECTIVE_ALL_REDUCE, "in_switch", 8}, 1 << 20);
  workload.set_latency(true);
  const v1::Row row = RunOn(FabricOf("hgx-h100"), workload);
  EXPECT_GT(row.latency().messages(), 0);
  EXPECT_EQ(row.latency().messages() % (8 * (1 + 8)), 0);  // of each rank a read, and eight copies
  EXPECT_LE(row.latency().p50_ps(), row.latency().p99_ps());
  EXPECT_LE(row.latency().p99_ps(), row.latency().max_ps());
  EXPECT_LT(row.latency().max_ps(), row.time_ps());
}

TEST(RowLogsTest, RankTimesEndWithTheRow) {
  v1::Workload workload =
      WorkloadOf({"mi300x-oam8", v1::COLLECTIVE_BROADCAST, "chain", 7}, 1 << 16);
  workload.set_rank_times(true);
  const v1::Row row = RunOn(FabricOf("mi300x-oam8"), workload);
  ASSERT_EQ(row.rank_times_size(), 7);
  int64_t last = 0;
  for (const v1::RankTime& time : row.rank_times()) {
    EXPECT_EQ(time.start_ps(), 0);
    last = std::max(last, time.end_ps());
  }
  EXPECT_EQ(last, row.time_ps());
  EXPECT_LT(row.rank_times(0).end_ps(), last);  // the root is done first
}

}  // namespace
}  // namespace upfabric::daemon
