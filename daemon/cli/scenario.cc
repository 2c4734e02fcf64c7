#include "daemon/cli/scenario.h"

#include "absl/strings/str_cat.h"
#include "collectives/selector.h"
#include "daemon/cli/algorithm_files.h"
#include "daemon/cli/matrix_file.h"
#include "daemon/cli/names.h"
#include "daemon/cli/skew_text.h"
#include "daemon/cli/sweep_workload.h"
#include "daemon/config/loader.h"
#include "fabric/base/status.h"

namespace upfabric::daemon::cli {
namespace {

// Of a workload or a task.
template <typename Work>
void FillWork(Work& work) {
  if (work.type() == v1::DATA_TYPE_UNSPECIFIED) {
    work.set_type(v1::DATA_TYPE_FLOAT32);
  }
  if (!HasReduceOp(work.collective())) {
    work.set_op(v1::REDUCE_OP_UNSPECIFIED);
  } else if (work.op() == v1::REDUCE_OP_UNSPECIFIED) {
    work.set_op(v1::REDUCE_OP_SUM);
  }
  if (!HasRoot(work.collective())) {
    work.set_root(-1);
  }
  if (work.algorithm().empty()) {
    work.set_algorithm(std::string(collectives::kAutoAlgorithm));
  }
}

// What `run` takes where no flag says otherwise.
void FillDefaults(int fabric_endpoints, v1::Workload& workload) {
  for (v1::Task& task : *workload.mutable_tasks()) {
    FillWork(task);
    if (task.endpoints().empty()) {
      task.add_endpoints()->set_count(fabric_endpoints);
    }
  }
  if (workload.tasks().empty()) {
    FillWork(workload);
    const bool all = workload.endpoints().empty();
    for (int endpoint = 0; all && endpoint < fabric_endpoints; ++endpoint) {
      workload.add_endpoints(endpoint);
    }
  }
  if (workload.software().empty()) {
    workload.set_software("ideal");
  }
  if (workload.payload() == v1::PAYLOAD_MODE_UNSPECIFIED) {
    workload.set_payload(v1::PAYLOAD_MODE_AUTO);
  }
  if (workload.timing() == v1::TIMING_UNSPECIFIED) {
    workload.set_timing(v1::TIMING_ISOLATED);
  }
  if (workload.iterations() == 0) {
    workload.set_iterations(1);
  }
  if (workload.granularity() == v1::GRANULARITY_UNSPECIFIED) {
    workload.set_granularity(v1::GRANULARITY_TRAIN);
  }
}

}  // namespace

absl::StatusOr<v1::Scenario> LoadScenario(const RunCommand& run) {
  v1::Scenario scenario;
  if (!run.scenario.empty()) {
    UPF_ASSIGN_OR_RETURN(scenario, LoadScenarioFile(run.scenario));
  }
  if (run.dump_scenario && !run.connect.empty()) {
    return absl::InvalidArgumentError(
        "--dump-scenario with --connect: the daemons run what they are asked for; allowed: without "
        "--connect");
  }
  if (!run.fabric.empty()) {
    UPF_ASSIGN_OR_RETURN(*scenario.mutable_fabric(), ResolveFabric(run.fabric));
  } else if (!scenario.has_fabric() && run.connect.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--scenario: ", run.scenario, " has no fabric; allowed then: --fabric"));
  }
  return scenario;
}

absl::StatusOr<v1::Workload> WorkloadOf(const RunCommand& run, const v1::Scenario& scenario,
                                        int fabric_endpoints) {
  v1::Workload workload;
  if (scenario.has_workload()) {
    workload = scenario.workload();
    FillDefaults(fabric_endpoints, workload);
    workload.set_breakdown(workload.breakdown() || run.sweep.breakdown);
    workload.set_latency(workload.latency() || run.sweep.latency);
    workload.set_rank_times(workload.rank_times() || run.sweep.rank_times);
    workload.set_timeline(workload.timeline() || run.sweep.timeline);
  } else {
    workload = WorkloadOf(run.sweep, run.collective, fabric_endpoints);
    UPF_RETURN_IF_ERROR(LoadMatrix(run.sweep, fabric_endpoints, workload));
    if (!run.skew.empty()) {
      const auto starts = ParseSkew(run.skew, workload.endpoints_size(), workload.seed());
      if (!starts.ok()) {
        return absl::InvalidArgumentError(absl::StrCat("--skew: ", starts.status().message()));
      }
      workload.mutable_start_ps()->Add(starts->begin(), starts->end());
    }
  }
  if (!run.faults.empty()) {
    UPF_ASSIGN_OR_RETURN(*workload.mutable_faults(), LoadFaultsFile(run.faults));
  }
  if (workload.program().empty()) {
    UPF_RETURN_IF_ERROR(LoadProgram(workload));
  }
  return workload;
}

}  // namespace upfabric::daemon::cli
