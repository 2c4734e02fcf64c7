#include "daemon/software_plan.h"

#include <gmock/gmock.h>

#include <memory>
#include <numeric>

#include "daemon/config/loader.h"
#include "daemon/runner.h"
#include "daemon/solo_group.h"
#include "daemon/validation/validation.h"

namespace upfabric::daemon {
namespace {

struct Case {
  const char* fabric;
  v1::Collective collective;
  const char* name;
  int ranks;
  const char* software;
  const char* launch = "";
};

v1::Workload WorkloadOf(const Case& c, int64_t bytes) {
  v1::Workload workload;
  workload.set_collective(c.collective);
  workload.add_sizes_bytes(bytes);
  for (int rank = 0; rank < c.ranks; ++rank) {
    workload.add_endpoints(rank);
  }
  workload.set_type(v1::DATA_TYPE_FLOAT32);
  workload.set_op(c.collective == v1::COLLECTIVE_ALL_REDUCE ||
                          c.collective == v1::COLLECTIVE_REDUCE_SCATTER
                      ? v1::REDUCE_OP_SUM
                      : v1::REDUCE_OP_UNSPECIFIED);
  workload.set_root(c.collective == v1::COLLECTIVE_BROADCAST ? 0 : -1);
  workload.set_algorithm("auto");
  workload.set_software(c.software);
  workload.set_launch(c.launch);
  workload.set_payload(v1::PAYLOAD_MODE_NONE);
  workload.set_timing(v1::TIMING_ISOLATED);
  workload.set_iterations(1);
  workload.set_granularity(v1::GRANULARITY_TRAIN);
  return workload;
}

class SoftwarePlanTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::Result> Run(const char* fabric, const v1::Workload& workload) {
    const absl::StatusOr<v1::Fabric> config = ResolveFabric(fabric);
    EXPECT_TRUE(config.ok()) << config.status();
    auto runner = Runner::Create(*config, group_);
    EXPECT_TRUE(runner.ok()) << runner.status();
    return (*runner)->Run(workload, {}, nullptr);
  }

  // Microseconds of a row on the emulated fabric, and by the library's closed form.
  void ExpectAgreement(const Case& c, int64_t bytes, double within) {
    const absl::StatusOr<v1::Result> result = Run(c.fabric, WorkloadOf(c, bytes));
    ASSERT_TRUE(result.ok()) << result.status();
    const absl::StatusOr<PreparedUse> use = models_.Prepare({.file = {},
                                                             .fabric = c.fabric,
                                                             .collective = c.name,
                                                             .ranks = c.ranks,
                                                             .scope = {},
                                                             .network = {},
                                                             .software = c.software,
                                                             .version = {},
                                                             .launch = c.launch,
                                                             .algorithm = {}});
    ASSERT_TRUE(use.ok()) << use.status();
    const v1::Row& row = result->rows(0);
    const double modelled = Predict(use->software.parts, use->prepared, row.bytes()).microseconds;
    const double ran = static_cast<double>(row.time_ps()) * 1e-6;
    EXPECT_NEAR(ran / modelled, 1, within)
        << c.fabric << " " << c.name << " " << bytes << ": ran " << ran << ", modelled " << modelled
        << " us, " << row.algorithm() << " " << row.protocol();
  }

  SoloGroup group_;
  Models models_;
};

// What is validated is what runs: on a quiet fabric the emulated rows take what the library's
// closed form says, whatever the protocol that it chooses for the size.
TEST_F(SoftwarePlanTest, EmulatedRowsTakeWhatTheModelSays) {
  constexpr Case kCases[] = {
      {"hgx-h100", v1::COLLECTIVE_ALL_REDUCE, "all_reduce", 8, "nccl"},
      {"hgx-h100", v1::COLLECTIVE_ALL_REDUCE, "all_reduce", 4, "nccl", "single_process"},
      {"hgx-h100", v1::COLLECTIVE_ALL_TO_ALL, "all_to_all", 8, "nccl"},
      {"dgx-a100", v1::COLLECTIVE_ALL_REDUCE, "all_reduce", 8, "nccl"},
      {"dgx-a100", v1::COLLECTIVE_REDUCE_SCATTER, "reduce_scatter", 8, "nccl"},
      {"hgx-b200", v1::COLLECTIVE_ALL_GATHER, "all_gather", 8, "nccl"},
      {"hgx-b200", v1::COLLECTIVE_BROADCAST, "broadcast", 8, "nccl"},
      {"hgx-b200", v1::COLLECTIVE_SENDRECV, "sendrecv", 8, "nccl"},
      {"a100-quad", v1::COLLECTIVE_ALL_GATHER, "all_gather", 4, "nccl"},
      {"mi300x-oam8", v1::COLLECTIVE_ALL_REDUCE, "all_reduce", 8, "rccl"},
      {"hgx-h100", v1::COLLECTIVE_ALL_REDUCE, "all_reduce", 8, "vllm", "graph"},
      {"hgx-h100", v1::COLLECTIVE_ALL_REDUCE, "all_reduce", 8, "trtllm", "graph"},
  };
  for (const Case& c : kCases) {
    for (const int64_t bytes : {int64_t{1} << 10, int64_t{1} << 17, int64_t{1} << 20,
                                int64_t{1} << 24, int64_t{1} << 27}) {
      ExpectAgreement(c, bytes, 0.12);
    }
  }
}

TEST_F(SoftwarePlanTest, TheResultSaysHowFarItIsToBeTrusted) {
  const Case c = {"hgx-h100", v1::COLLECTIVE_ALL_REDUCE, "all_reduce", 8, "nccl"};
  absl::StatusOr<v1::Result> result = Run(c.fabric, WorkloadOf(c, 1024));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->software_error(), ::testing::HasSubstr("measured rows of hopper"));
  EXPECT_EQ(result->rows(0).protocol(), "ll");
  result = Run("ualink-pod-8", WorkloadOf(c, 1024));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->software_error(), "transferred, estimate");
}

TEST_F(SoftwarePlanTest, EachIterationPaysItsOverhead) {
  const Case c = {"hgx-h100", v1::COLLECTIVE_ALL_REDUCE, "all_reduce", 8, "nccl"};
  v1::Workload workload = WorkloadOf(c, 1024);
  const absl::StatusOr<v1::Result> one = Run(c.fabric, workload);
  workload.set_timing(v1::TIMING_QUEUED);
  workload.set_iterations(10);
  workload.set_warmup(2);
  const absl::StatusOr<v1::Result> queued = Run(c.fabric, workload);
  ASSERT_TRUE(one.ok() && queued.ok());
  EXPECT_NEAR(static_cast<double>(queued->rows(0).time_ps()),
              static_cast<double>(one->rows(0).time_ps()),
              0.05 * static_cast<double>(one->rows(0).time_ps()));
}

}  // namespace
}  // namespace upfabric::daemon
