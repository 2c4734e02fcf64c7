// The executor through its job: order, iterations, tags, payload modes, autopsies, refusals.

#include "collectives/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectives/executor.h"
#include "tests/testing/job_on_fake.h"

namespace upfabric::collectives {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::upfabric::testing::FakeFabric;

const Algorithm& Find(const AlgorithmRegistry& registry, Collective collective, const char* name) {
  return **registry.Find(collective, name);
}

TEST(JobTest, BackToBackIterationsOfEveryAlgorithmDoNotMix) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Algorithm* algorithm : registry.All()) {
    for (const int ranks : {1, 2, 5}) {
      if (!Serves(*algorithm, ranks)) {
        continue;
      }
      const CollectiveRequest request{
          .collective = algorithm->info().collective, .ranks = ranks, .count = 23, .root = 0};
      SCOPED_TRACE(RequestText(request, *algorithm));
      LocalPayloadTransport transport;
      // Delays of three orders of magnitude: a fast rank runs far ahead of a slow one.
      JobOnFake run({.request = request, .algorithm = algorithm, .iterations = 20, .warmup = 5},
                    {.seed = 9, .delay_ps_max = 1'000'000}, transport);
      ASSERT_TRUE(run.job->finished());
      EXPECT_EQ(run.job->CountWrong(), 0);
      EXPECT_EQ(run.fabric.unclaimed(), 0);
      EXPECT_EQ(transport.held_count(), 0);
    }
  }
}

TEST(JobTest, NoRankLeavesABarrierBeforeTheLastHasEntered) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Algorithm* algorithm : registry.List(Collective::kBarrier)) {
    for (int ranks = 2; ranks <= 17; ++ranks) {
      const Picoseconds last_start(50'000'000);
      std::vector<Picoseconds> starts(static_cast<size_t>(ranks));
      starts[static_cast<size_t>(ranks / 2)] = last_start;
      LocalPayloadTransport transport;
      JobOnFake run({.request = {.collective = Collective::kBarrier, .ranks = ranks},
                     .algorithm = algorithm,
                     .starts = starts},
                    {.seed = 3}, transport);
      ASSERT_TRUE(run.job->finished());
      EXPECT_EQ(run.job->CountWrong(), 0);
      for (const RankTimes& times : run.job->Times()) {
        EXPECT_GE(times.end.since_start(), last_start) << times.rank << " of " << ranks;
      }
    }
  }
}

TEST(JobTest, InPlaceIterationsReduceTheInputOnce) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  LocalPayloadTransport transport;
  JobOnFake run({.request = {.ranks = 4, .count = 10, .in_place = true},
                 .algorithm = &Find(registry, Collective::kAllReduce, "ring"),
                 .iterations = 3},
                {}, transport);
  EXPECT_EQ(run.job->CountWrong(), 0);
}

TEST(JobTest, TimedPartStartsWhenTheWarmUpHasEnded) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const testing::FakeFigures figures;
  LocalPayloadTransport transport;
  // Each sendrecv takes the latency and 1,000 bytes; iterations follow without a gap.
  const int64_t one_ps = figures.latency_ps + 1000 * figures.link_ps_per_byte;
  JobOnFake run({.request = {.collective = Collective::kSendRecv, .ranks = 3, .count = 250},
                 .algorithm = &Find(registry, Collective::kSendRecv, "direct"),
                 .iterations = 4,
                 .warmup = 2},
                {.rated = true}, transport);
  for (const RankTimes& times : run.job->Times()) {
    EXPECT_EQ(times.timed_start.since_start(), Picoseconds(2 * one_ps));
    EXPECT_EQ(times.end.since_start(), Picoseconds(6 * one_ps));
  }
}

TEST(JobTest, ARankStartsWhenItIsTold) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const testing::FakeFigures figures;
  LocalPayloadTransport transport;
  // Rank r sends to r + 1 and starts r x 100 ps late.
  JobOnFake run({.request = {.collective = Collective::kSendRecv, .ranks = 3, .count = 250},
                 .algorithm = &Find(registry, Collective::kSendRecv, "direct"),
                 .starts = {Picoseconds(0), Picoseconds(100), Picoseconds(200)}},
                {.rated = true}, transport);
  const int64_t one_ps = figures.latency_ps + 1000 * figures.link_ps_per_byte;
  EXPECT_EQ(run.job->CountWrong(), 0);
  std::vector<int64_t> starts;
  std::vector<int64_t> ends;
  for (const RankTimes& times : run.job->Times()) {
    starts.push_back(times.timed_start.since_start().count());
    ends.push_back(times.end.since_start().count());
  }
  EXPECT_THAT(starts, ElementsAre(0, 100, 200));
  EXPECT_THAT(ends, ElementsAre(one_ps + 200, one_ps, one_ps + 100));
}

TEST(JobTest, EachRankNeedsAStartOrNone) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  LocalPayloadTransport transport;
  const JobSpec spec{.request = {.collective = Collective::kSendRecv, .ranks = 2, .count = 1},
                     .algorithm = &Find(registry, Collective::kSendRecv, "direct"),
                     .endpoints = {EndpointId(0), EndpointId(1)},
                     .starts = {Picoseconds(1)}};
  const auto job = Job::Create(
      spec, [](EndpointId) { return true; }, transport);
  EXPECT_EQ(job.status().message(), "1 starts for 2 ranks");
}

// 63 blocks of 64 KiB leave each rank; two marks of 16 blocks each are on the way at a time, and
// the link never waits for a block.
TEST(JobTest, SendsArePostedAnInjectionWindowAhead) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const testing::FakeFigures figures;
  constexpr int64_t kBlock = 64 << 10;
  LocalPayloadTransport transport;
  JobOnFake run({.request = {.collective = Collective::kAllToAll, .ranks = 64, .count = kBlock / 4},
                 .algorithm = &Find(registry, Collective::kAllToAll, "direct"),
                 .payload = PayloadMode::kNone},
                {.rated = true}, transport);
  ASSERT_TRUE(run.job->finished());
  for (int endpoint = 0; endpoint < 64; ++endpoint) {
    EXPECT_EQ(run.fabric.waiting_max(EndpointId(endpoint)),
              kMarksMax * kMarkBytes.count() / kBlock);
  }
  EXPECT_EQ(run.fabric.now_ps(), figures.latency_ps + 63 * kBlock * figures.link_ps_per_byte);
}

TEST(JobTest, MessagesLargerThanAMarkFollowEachOtherWithoutAGap) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const testing::FakeFigures figures;
  constexpr int64_t kBlock = 8 << 20;
  LocalPayloadTransport transport;
  JobOnFake run({.request = {.collective = Collective::kAllToAll, .ranks = 8, .count = kBlock / 4},
                 .algorithm = &Find(registry, Collective::kAllToAll, "direct"),
                 .payload = PayloadMode::kNone},
                {.rated = true}, transport);
  EXPECT_EQ(run.fabric.waiting_max(EndpointId(0)), kMarksMax);
  EXPECT_EQ(run.fabric.now_ps(), figures.latency_ps + 7 * kBlock * figures.link_ps_per_byte);
}

// A message leaves when the receiver has taken the one `slots` before it and the news is back.
TEST(JobTest, ASenderWaitsForSlots) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const testing::FakeFigures figures;
  const auto end_ps = [&](int slots) {
    LocalPayloadTransport transport;
    // The ring sends each of its pieces over one connection for each channel.
    JobOnFake run({.request = {.collective = Collective::kAllGather, .ranks = 8, .count = 8},
                   .algorithm = &Find(registry, Collective::kAllGather, "ring"),
                   .slots = slots},
                  {.rated = true}, transport);
    EXPECT_TRUE(run.job->finished());
    EXPECT_EQ(run.job->CountWrong(), 0);
    return run.fabric.now_ps();
  };
  EXPECT_GT(end_ps(1), end_ps(2));
  EXPECT_LE(end_ps(7) - end_ps(0), 2 * figures.latency_ps);  // the last news is still on its way
}

TEST(JobTest, ShortMessagesArePostedAtOnce) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  LocalPayloadTransport transport;
  JobOnFake run({.request = {.collective = Collective::kAllToAll, .ranks = 200, .count = 1},
                 .algorithm = &Find(registry, Collective::kAllToAll, "direct"),
                 .payload = PayloadMode::kNone},
                {.rated = true}, transport);
  EXPECT_EQ(run.fabric.waiting_max(EndpointId(0)), 199);
}

TEST(JobTest, LocalOperationsCostTheirTraffic) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const auto local_bytes = [&](const CollectiveRequest& request, const char* name) {
    LocalPayloadTransport transport;
    JobOnFake run({.request = request, .algorithm = &Find(registry, request.collective, name)}, {},
                  transport);
    return run.fabric.local_bytes(EndpointId(0));
  };
  // 100 elements of 4 bytes in 4 ranks.
  EXPECT_EQ(local_bytes({.ranks = 4, .count = 100}, "one_shot"), (4 + 1) * 400);
  EXPECT_EQ(local_bytes({.ranks = 4, .count = 100}, "two_shot"), (4 + 1) * 100);
  EXPECT_EQ(local_bytes({.ranks = 4, .count = 100}, "ring"), 3 * 3 * 100);
  EXPECT_EQ(local_bytes({.collective = Collective::kAllGather, .ranks = 4, .count = 100}, "ring"),
            2 * 400);
  EXPECT_EQ(local_bytes(
                {.collective = Collective::kAllGather, .ranks = 4, .count = 100, .in_place = true},
                "ring"),
            0);
}

TEST(JobTest, PayloadModesHaveTheSameTimesAndNoneMovesNothing) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const Algorithm* algorithm : registry.All()) {
    const CollectiveRequest request{
        .collective = algorithm->info().collective, .ranks = 4, .count = 50'001, .root = 1};
    SCOPED_TRACE(RequestText(request, *algorithm));
    std::vector<int64_t> ends_ps;
    for (const PayloadMode mode : {PayloadMode::kFull, PayloadMode::kSampled, PayloadMode::kNone}) {
      LocalPayloadTransport transport;
      JobOnFake run({.request = request, .algorithm = algorithm, .payload = mode}, {.rated = true},
                    transport);
      ends_ps.push_back(run.fabric.now_ps());
      EXPECT_EQ(run.job->CountWrong(), mode == PayloadMode::kNone ? -1 : 0);
      if (algorithm->info().collective != Collective::kBarrier) {  // which has no result to hash
        EXPECT_EQ(run.job->PayloadHash() == 0, mode == PayloadMode::kNone);
      }
    }
    EXPECT_THAT(ends_ps, ElementsAre(ends_ps[0], ends_ps[0], ends_ps[0]));
  }
}

TEST(JobTest, WithoutCheckNothingIsCounted) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  LocalPayloadTransport transport;
  JobOnFake run({.request = {.ranks = 2, .count = 4},
                 .algorithm = &Find(registry, Collective::kAllReduce, "ring"),
                 .check = false},
                {}, transport);
  EXPECT_EQ(run.job->CountWrong(), -1);
}

TEST(JobTest, PayloadHashDependsOnSeedAndNotOnTimingOrAlgorithm) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const auto hash = [&](const char* name, uint64_t values_seed, uint64_t delay_seed) {
    LocalPayloadTransport transport;
    JobOnFake run({.request = {.ranks = 5, .count = 77},
                   .algorithm = &Find(registry, Collective::kAllReduce, name),
                   .seed = values_seed},
                  {.seed = delay_seed}, transport);
    return run.job->PayloadHash();
  };
  EXPECT_EQ(hash("ring", 1, 1), hash("ring", 1, 2));
  EXPECT_EQ(hash("ring", 1, 1), hash("two_shot", 1, 3));
  EXPECT_NE(hash("ring", 1, 1), hash("ring", 2, 1));
}

TEST(JobTest, ProcessesThatShareTheRanksAddUpToOneThatHasThemAll) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  JobSpec spec{.request = {.ranks = 6, .count = 77},
               .algorithm = &Find(registry, Collective::kAllReduce, "two_shot")};
  LocalPayloadTransport transport;
  JobOnFake whole(spec, {}, transport);
  for (int rank = 0; rank < 6; ++rank) {
    spec.endpoints.emplace_back(rank);
  }
  FakeFabric fabric(6, {});
  std::vector<std::unique_ptr<Job>> jobs;
  for (int process = 0; process < 3; ++process) {
    const auto owns = [process](EndpointId endpoint) { return endpoint.value() / 2 == process; };
    jobs.push_back(*Job::Create(spec, owns, transport));
    EXPECT_EQ(jobs.back()->Clients().size(), 2u);
    for (const auto& [endpoint, client] : jobs.back()->Clients()) {
      fabric.Attach(endpoint, client);
    }
  }
  fabric.Run();
  uint64_t hash = 0;
  for (const auto& job : jobs) {
    EXPECT_EQ(job->CountWrong(), 0);
    hash += job->PayloadHash();
  }
  EXPECT_EQ(hash, whole.job->PayloadHash());
}

TEST(JobTest, AutopsyNamesRankStreamInstructionAndMessage) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  LocalPayloadTransport transport;
  // Rank 1 is endpoint 2 and rank 2 endpoint 1. Their only message is lost.
  const auto loses = [](const MessageName& name) {
    return name.source == EndpointId(2) && name.destination == EndpointId(1);
  };
  JobOnFake run({.request = {.collective = Collective::kAllToAll, .ranks = 4, .count = 8},
                 .algorithm = &Find(registry, Collective::kAllToAll, "direct")},
                {.loses = loses}, transport);
  EXPECT_FALSE(run.job->finished());
  EXPECT_THAT(run.job->Autopsy(),
              ElementsAre("rank 2 iteration 0: stream 1 instruction 0 of 3, receive into "
                          "output[8, 16) from rank 1 (connection 0, sequence 0), waits for message "
                          "2>1#0x00000000"));
}

TEST(JobTest, AutopsyNamesTheStreamThatIsWaitedFor) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  LocalPayloadTransport transport;
  JobOnFake run({.request = {.ranks = 3, .count = 6},
                 .algorithm = &Find(registry, Collective::kAllReduce, "ring")},
                {.loses = [](const MessageName& name) { return name.tag == 1; }}, transport);
  ASSERT_EQ(run.job->Autopsy().size(), 3u);
  EXPECT_THAT(run.job->Autopsy()[0],
              HasSubstr("stream 0 instruction 3 of 8, receive-reduce into output[2, 4) from rank 2 "
                        "(connection 0, sequence 1), waits for message 0>2#0x00000001"));
}

TEST(JobTest, AutopsyBeforeTheStartSaysSo) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  LocalPayloadTransport transport;
  const auto job = *Job::Create(
      {.request = {.ranks = 1, .count = 6},
       .algorithm = &Find(registry, Collective::kAllReduce, "ring"),
       .endpoints = {EndpointId(0)}},
      [](EndpointId) { return true; }, transport);
  EXPECT_THAT(job->Autopsy(), ElementsAre("rank 0 has not started"));
}

TEST(JobTest, BadSpecsAreRefusedWithTheLimit) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const JobSpec good{.request = {.ranks = 2, .count = 6},
                     .algorithm = &Find(registry, Collective::kAllReduce, "ring"),
                     .endpoints = {EndpointId(0), EndpointId(1)}};
  const auto refusal = [&](const auto& change) {
    JobSpec spec = good;
    change(spec);
    LocalPayloadTransport transport;
    const auto job = Job::Create(
        spec, [](EndpointId) { return true; }, transport);
    EXPECT_EQ(job.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(job.status().message());
  };
  EXPECT_THAT(refusal([](JobSpec& spec) { spec.algorithm = nullptr; }), HasSubstr("no algorithm"));
  EXPECT_THAT(refusal([](JobSpec& spec) { spec.request.ranks = 0; }), HasSubstr("ranks is 0"));
  EXPECT_THAT(refusal([](JobSpec& spec) { spec.request.count = -1; }), HasSubstr("count is -1"));
  EXPECT_THAT(refusal([](JobSpec& spec) { spec.request.collective = Collective::kAllGather; }),
              HasSubstr("all_reduce ring does not serve all_gather"));
  EXPECT_THAT(refusal([](JobSpec& spec) { spec.endpoints.pop_back(); }),
              HasSubstr("1 endpoints for 2 ranks"));
  EXPECT_THAT(refusal([](JobSpec& spec) { spec.endpoints[1] = EndpointId(0); }),
              HasSubstr("two ranks"));
  EXPECT_THAT(refusal([](JobSpec& spec) { spec.iterations = 0; }), HasSubstr("iterations is 0"));
  // 2 messages a connection and iteration: 2^23 iterations.
  EXPECT_THAT(refusal([](JobSpec& spec) { spec.iterations = (1 << 23) + 1; }),
              HasSubstr("allowed for this algorithm and size: 8388608"));
}

TEST(JobTest, AutoPayloadIsFullUpToOneGibibyteOfAllBuffers) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  const Algorithm& ring = Find(registry, Collective::kAllReduce, "ring");
  // Two buffers of float32 in each of 2 ranks: 16 bytes an element.
  EXPECT_EQ(ResolvePayload({.ranks = 2, .count = 1 << 26}, ring), PayloadMode::kFull);
  EXPECT_EQ(ResolvePayload({.ranks = 2, .count = (1 << 26) + 1}, ring), PayloadMode::kSampled);
  EXPECT_EQ(ResolvePayload({.ranks = 2, .count = (1 << 26) + 1, .in_place = true}, ring),
            PayloadMode::kFull);
  // Scratch counts: one_shot has as much of it as input, with two ranks.
  const Algorithm& one_shot = Find(registry, Collective::kAllReduce, "one_shot");
  EXPECT_EQ(ResolvePayload({.ranks = 2, .count = 1 << 26}, one_shot), PayloadMode::kSampled);
}

// 16 GiB in each of 8 ranks, 384 GiB with scratch: the sample alone is stored, and it is checked.
TEST(JobTest, SampledPayloadOfHugeBuffersIsSmall) {
  const AlgorithmRegistry registry = BuiltinAlgorithms();
  for (const char* name : {"ring", "two_shot"}) {
    LocalPayloadTransport transport;
    const CollectiveRequest request{.ranks = 8, .count = int64_t{1} << 32};
    const Algorithm& algorithm = Find(registry, Collective::kAllReduce, name);
    JobOnFake run({.request = request,
                   .algorithm = &algorithm,
                   .payload = ResolvePayload(request, algorithm)},
                  {}, transport);
    ASSERT_TRUE(run.job->finished());
    EXPECT_EQ(run.job->CountWrong(), 0);
  }
}

}  // namespace
}  // namespace upfabric::collectives
