#include "daemon/row_plan.h"

#include <utility>

#include "collectives/selector.h"
#include "daemon/row_logs.h"
#include "daemon/software_plan.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

using collectives::CollectiveRequest;

collectives::PayloadMode PayloadOf(v1::PayloadMode mode, const CollectiveRequest& request,
                                   const collectives::Algorithm& algorithm) {
  switch (mode) {
    case v1::PAYLOAD_MODE_FULL:
      return collectives::PayloadMode::kFull;
    case v1::PAYLOAD_MODE_SAMPLED:
      return collectives::PayloadMode::kSampled;
    case v1::PAYLOAD_MODE_NONE:
      return collectives::PayloadMode::kNone;
    default:
      return collectives::ResolvePayload(request, algorithm);
  }
}

}  // namespace

absl::StatusOr<std::vector<RowPlan>> PlanRows(const CheckedWorkload& workload,
                                              const v1::Workload& as_given, Bytes size,
                                              const PlannedFabric& fabric,
                                              const collectives::AlgorithmRegistry& registry) {
  RowPlan plan;
  plan.collective = as_given.collective();
  plan.endpoints = workload.endpoints;
  plan.starts = workload.starts;
  plan.request = workload.request;
  plan.request.count =
      CountOfSize(plan.request.collective, plan.request.type, plan.request.ranks, size);
  if (plan.request.matrix != nullptr) {
    plan.request.count =
        (plan.request.matrix->CountMax() + plan.request.ranks - 1) / plan.request.ranks;
  }
  plan.type = as_given.type();
  if (collectives::Reduces(plan.request.collective)) {
    plan.op = as_given.op();
  }
  plan.iterations = workload.iterations;
  plan.warmup = workload.warmup;
  plan.log = workload.breakdown || workload.timeline || workload.latency;
  plan.rank_times = workload.rank_times;
  std::vector<const collectives::Algorithm*> algorithms;
  const fabric::FabricView& view = fabric.fabric->ViewOf(workload.endpoints);
  if (workload.imported != nullptr) {
    algorithms = {workload.imported.get()};
    plan.imported = workload.imported.get();
    plan.file = workload.algorithm;
    plan.slots = workload.slots;
    plan.request.count = CountInChunks(*workload.imported, plan.request.count);
    UPF_RETURN_IF_ERROR(collectives::CheckRequest(*algorithms.front(), plan.request));
  } else if (workload.software != nullptr) {
    const SoftwareUse use = {.software = workload.software.get(),
                             .fabric = fabric.id,
                             .algorithm = workload.algorithm,
                             .launch = workload.launch};
    UPF_ASSIGN_OR_RETURN(
        SoftwarePlan software,
        PlanSoftware(use, plan.request, SizeOfRequest(plan.request), view, registry));
    algorithms = {software.algorithm};
    plan.protocol = std::move(software.protocol);
    plan.overhead = software.overhead;
    plan.stretch = software.stretch;
  } else {
    plan.request.group = collectives::RanksOfPod(workload.endpoints, view);
    plan.request.axes = collectives::AxesOfRanks(workload.endpoints, view);
    if (workload.search != Search::kNone) {
      UPF_ASSIGN_OR_RETURN(algorithms, collectives::Candidates(registry, plan.request, view));
    } else {
      UPF_ASSIGN_OR_RETURN(
          const collectives::Algorithm* selected,
          collectives::SelectAlgorithm(registry, workload.algorithm, plan.request, view));
      algorithms = {selected};
    }
  }
  std::vector<RowPlan> plans;
  for (const collectives::Algorithm* algorithm : algorithms) {
    RowPlan& of_algorithm = plans.emplace_back(plan);
    of_algorithm.algorithm = algorithm;
    of_algorithm.payload = PayloadOf(workload.payload, plan.request, *algorithm);
    if (plan.log) {
      UPF_RETURN_IF_ERROR(CheckLoggable(of_algorithm));
    }
  }
  return plans;
}

absl::StatusOr<std::vector<RowPlan>> PlanTasks(const CheckedWorkload& workload,
                                               const PlannedFabric& fabric,
                                               const collectives::AlgorithmRegistry& registry) {
  std::vector<RowPlan> plans;
  Bytes buffers;
  for (const CheckedTask& task : workload.tasks) {
    absl::StatusOr<std::vector<RowPlan>> one =
        PlanRows(task.work, task.as_given, task.work.sizes.front(), fabric, registry);
    if (!one.ok()) {
      return absl::Status(one.status().code(),
                          absl::StrCat("task ", task.name, ": ", one.status().message()));
    }
    RowPlan& plan = plans.emplace_back(std::move(one->front()));
    plan.task = task.name;
    plan.after = task.after;
    plan.starts.assign(plan.endpoints.size(), task.compute);
    buffers += collectives::BufferBytes(*plan.algorithm, plan.request);
  }
  // What is full while it is alone may be too much together.
  for (size_t p = 0; p < plans.size() && buffers > collectives::kFullPayloadMax; ++p) {
    if (workload.tasks[p].work.payload == v1::PAYLOAD_MODE_AUTO) {
      plans[p].payload = collectives::PayloadMode::kSampled;
    }
  }
  return plans;
}

}  // namespace upfabric::daemon
