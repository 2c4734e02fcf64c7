#include "collectives/endpoint_tasks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/testing/job_on_fake.h"

namespace upfabric::collectives {
namespace {

struct TaskSpec {
  Collective collective = Collective::kAllReduce;
  const char* algorithm = "";
  std::vector<int> endpoints;
  std::vector<size_t> after = {};
  Picoseconds compute = {};
  int64_t count = 1000;
};

// Several jobs at once on a fake fabric.
class TasksOnFake {
 public:
  TasksOnFake(const std::vector<TaskSpec>& specs, int endpoints,
              testing::FakeFabric::Options options)
      : registry_(BuiltinAlgorithms()), fabric_(endpoints, std::move(options)) {
    int64_t sequence_base = 0;
    std::vector<JobTask> tasks;
    for (const TaskSpec& task : specs) {
      JobSpec spec;
      spec.request = {.collective = task.collective,
                      .ranks = static_cast<int>(task.endpoints.size()),
                      .count = task.count,
                      .root = 0};
      spec.algorithm = *registry_.Find(task.collective, task.algorithm);
      for (const int endpoint : task.endpoints) {
        spec.endpoints.emplace_back(endpoint);
      }
      spec.starts.assign(task.endpoints.size(), task.compute);
      spec.sequence_base = sequence_base;
      sequence_base += Job::SequencesOf(spec);
      jobs_.push_back(*Job::Create(
          spec, [](EndpointId) { return true; }, transport_));
      tasks.push_back({.job = jobs_.back().get(), .after = task.after});
    }
    clients_ = JoinTasks(tasks);
    for (const auto& [endpoint, client] : clients_) {
      fabric_.Attach(endpoint, client.get());
    }
    fabric_.Run();
  }

  void ExpectRight() const {
    for (const auto& job : jobs_) {
      ASSERT_TRUE(job->finished()) << job->Autopsy().front();
      EXPECT_EQ(job->CountWrong(), 0);
    }
    EXPECT_EQ(fabric_.unclaimed(), 0);
    EXPECT_EQ(transport_.held_count(), 0);
  }
  RankTimes TimesOf(size_t job, size_t rank) const { return jobs_[job]->Times()[rank]; }

 private:
  AlgorithmRegistry registry_;
  LocalPayloadTransport transport_;
  testing::FakeFabric fabric_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::vector<std::pair<EndpointId, std::unique_ptr<fabric::MessagePortClient>>> clients_;
};

TEST(EndpointTasksTest, TasksThatShareEndpointsAreAllRight) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const TasksOnFake run(
        {{Collective::kAllReduce, "ring", {0, 1, 2, 3, 4, 5}},
         {Collective::kAllReduce, "ring", {5, 3, 1, 0}},
         {Collective::kAllToAll, "direct", {2, 3, 4}, {0}},
         {Collective::kAllGather, "ring", {0, 1, 2, 3, 4, 5}, {1, 2}, Picoseconds(500)},
         {Collective::kBroadcast, "chain", {3}, {0}}},
        6, {.seed = seed});
    run.ExpectRight();
  }
}

TEST(EndpointTasksTest, AnEndpointBeginsWhenItHasFinishedWhatComesBefore) {
  constexpr Picoseconds kCompute{7'000'000};
  const TasksOnFake run({{Collective::kBroadcast, "chain", {0, 1, 2, 3}},
                         {Collective::kAllGather, "direct", {3, 2}, {0}, kCompute},
                         {Collective::kAllGather, "direct", {4, 5}, {0}}},
                        6, {.rated = true});
  run.ExpectRight();
  // Rank 0 of the second is endpoint 3, the last one of the chain; rank 1 is endpoint 2.
  EXPECT_EQ(run.TimesOf(1, 0).timed_start, run.TimesOf(0, 3).end + kCompute);
  EXPECT_EQ(run.TimesOf(1, 1).timed_start, run.TimesOf(0, 2).end + kCompute);
  EXPECT_LT(run.TimesOf(1, 1).timed_start, run.TimesOf(1, 0).timed_start);
  // Those that take no part in what comes before do not wait for it.
  EXPECT_EQ(run.TimesOf(2, 0).timed_start, SimTime());
}

TEST(EndpointTasksTest, DisjointTasksTakeAsLongAsAlone) {
  const TaskSpec ring = {Collective::kAllReduce, "ring", {0, 1, 2}};
  const TaskSpec other = {Collective::kAllToAll, "direct", {3, 4, 5}, {}, {}, 5000};
  const TasksOnFake alone({ring}, 6, {.rated = true});
  const TasksOnFake both({other, ring}, 6, {.rated = true});
  both.ExpectRight();
  EXPECT_EQ(both.TimesOf(1, 0).end, alone.TimesOf(0, 0).end);
}

TEST(EndpointTasksTest, WhatSharesLinksTakesLonger) {
  const TaskSpec direct = {Collective::kAllToAll, "direct", {0, 1, 2}, {}, {}, 1 << 20};
  const TasksOnFake alone({direct}, 3, {.rated = true});
  const TasksOnFake both({direct, direct}, 3, {.rated = true});
  both.ExpectRight();
  EXPECT_GT(both.TimesOf(1, 0).end, alone.TimesOf(0, 0).end);
}

}  // namespace
}  // namespace upfabric::collectives
