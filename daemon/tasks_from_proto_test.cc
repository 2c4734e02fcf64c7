#include "daemon/tasks_from_proto.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

namespace upfabric::daemon {
namespace {

using ::testing::ElementsAre;

class TasksFromProtoTest : public ::testing::Test {
 protected:
  TasksFromProtoTest() {
    collectives::RegisterBuiltins(registry_);
    const bool read = google::protobuf::TextFormat::ParseFromString(
        "software: 'ideal' payload: PAYLOAD_MODE_AUTO timing: TIMING_ISOLATED iterations: 1 "
        "granularity: GRANULARITY_TRAIN "
        "tasks { name: 'a' collective: COLLECTIVE_ALL_REDUCE bytes: 1024 type: DATA_TYPE_FLOAT32 "
        "        op: REDUCE_OP_SUM algorithm: 'auto' endpoints { count: 4 } } "
        "tasks { name: 'b' collective: COLLECTIVE_ALL_GATHER bytes: 64 type: DATA_TYPE_INT32 "
        "        algorithm: 'ring' endpoints { first: 1 count: 3 step: 2 } endpoints { first: 6 } "
        "        after: 'a' compute: '20us' }",
        &workload_);
    EXPECT_TRUE(read);
  }

  absl::StatusOr<CheckedWorkload> Check() const {
    return CheckWorkload(workload_, {.id = "toy", .endpoints = 8}, registry_);
  }
  std::string Refusal() const { return std::string(Check().status().message()); }
  v1::Task& second() { return *workload_.mutable_tasks(1); }

  collectives::AlgorithmRegistry registry_;
  v1::Workload workload_;
};

TEST_F(TasksFromProtoTest, EachIsAWorkloadOfItsOwn) {
  const auto checked = Check();
  ASSERT_TRUE(checked.ok()) << checked.status();
  ASSERT_EQ(checked->tasks.size(), 2u);
  EXPECT_EQ(checked->request.ranks, 6);  // endpoints that take part: 0 to 3, 5, 6
  EXPECT_EQ(checked->sizes.size(), 1u);
  const CheckedTask& b = checked->tasks[1];
  EXPECT_EQ(b.name, "b");
  EXPECT_THAT(b.work.endpoints,
              ElementsAre(EndpointId(1), EndpointId(3), EndpointId(5), EndpointId(6)));
  EXPECT_EQ(b.work.request.collective, collectives::Collective::kAllGather);
  EXPECT_THAT(b.work.sizes, ElementsAre(Bytes(64)));
  EXPECT_THAT(b.after, ElementsAre(0u));
  EXPECT_EQ(b.compute, Picoseconds(20'000'000));
}

TEST_F(TasksFromProtoTest, AnErrorNamesTheTask) {
  second().add_after("c");
  EXPECT_EQ(Refusal(), "task b: after: no task before it has the name \"c\"");
  second().mutable_after()->RemoveLast();
  second().set_compute("20 meters");
  EXPECT_EQ(Refusal(), "task b: compute: \"20 meters\"; allowed is a time up to 1 s: 20us");
  second().set_compute("");
  second().mutable_endpoints(0)->set_count(5);
  EXPECT_EQ(Refusal(), "task b: endpoints: 1 to 9; fabric toy has endpoints 0 to 7");
  second().mutable_endpoints(0)->set_count(4);
  second().mutable_endpoints(1)->set_first(7);
  EXPECT_EQ(Refusal(), "task b: --endpoints: 7 is given twice");
  second().clear_endpoints();
  EXPECT_EQ(Refusal(), "task b: endpoints: none are given");
  second().add_endpoints()->set_count(2);
  second().set_algorithm("best");
  EXPECT_EQ(Refusal(), "task b: algorithm: best; allowed are auto and names");
  second().set_algorithm("rinq");
  EXPECT_EQ(Check().status().code(), absl::StatusCode::kNotFound);
}

TEST_F(TasksFromProtoTest, NamesAreDifferentWords) {
  second().set_name("a");
  EXPECT_EQ(Refusal(), "tasks: name \"a\" is given twice");
  second().set_name("a b");
  EXPECT_EQ(Refusal(), "tasks: name \"a b\"; allowed are letters, digits, '_', '-' and '.'");
}

TEST_F(TasksFromProtoTest, WhatTasksHaveNoFormOfIsRefused) {
  const v1::Workload good = workload_;
  const auto refused = [&](const auto& change) {
    workload_ = good;
    change(workload_);
    return Refusal();
  };
  EXPECT_EQ(refused([](v1::Workload& w) { w.set_software("nccl"); }),
            "tasks: run without software other than ideal");
  EXPECT_EQ(refused([](v1::Workload& w) { w.set_jitter(2); }), "tasks: run without --jitter");
  EXPECT_EQ(refused([](v1::Workload& w) { w.set_breakdown(true); }),
            "tasks: run without --breakdown, --latency or --trace");
  EXPECT_EQ(refused([](v1::Workload& w) { w.add_start_ps(0); }),
            "tasks: run without --skew, but each with compute before it");
}

}  // namespace
}  // namespace upfabric::daemon
