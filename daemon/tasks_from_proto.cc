#include "daemon/tasks_from_proto.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "collectives/selector.h"
#include "fabric/base/status.h"
#include "fabric/base/units_text.h"
#include "fabric/config/faults_from_proto.h"

namespace upfabric::daemon {
namespace {

// chosen: far above any overlap that people ask for; a cookie has room for more.
constexpr int kTasksMax = 256;
constexpr Picoseconds kComputeMax{1'000'000'000'000};

bool IsName(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
  });
}

// What a task has no form of.
absl::Status CheckApart(const v1::Workload& workload) {
  const bool logs = workload.breakdown() || workload.timeline() || workload.latency();
  const char* refused = nullptr;
  if (workload.tasks_size() > kTasksMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("tasks: ", workload.tasks_size(), "; allowed are at most ", kTasksMax));
  }
  if (workload.timing() != v1::TIMING_ISOLATED) {
    refused = "timing other than isolated";
  } else if (workload.software() != "ideal") {
    refused = "software other than ideal";
  } else if (!workload.program().empty()) {
    refused = "an algorithm of a file";
  } else if (!workload.start_ps().empty()) {
    refused = "--skew, but each with compute before it";
  } else if (workload.jitter() > 0) {
    refused = "--jitter";
  } else if (logs) {
    refused = "--breakdown, --latency or --trace";
  }
  return refused == nullptr
             ? absl::OkStatus()
             : absl::InvalidArgumentError(absl::StrCat("tasks: run without ", refused));
}

absl::Status AddEndpoints(const v1::Task& task, const FabricShape& fabric, v1::Workload& alone) {
  for (const v1::EndpointRange& range : task.endpoints()) {
    const int64_t count = std::max(range.count(), 1);
    const int64_t step = range.step() == 0 ? 1 : range.step();
    const int64_t last = range.first() + (count - 1) * step;
    if (range.first() < 0 || range.count() < 0 || step < 1 || last >= fabric.endpoints) {
      return absl::InvalidArgumentError(absl::StrCat("endpoints: ", range.first(), " to ", last,
                                                     "; fabric ", fabric.id, " has endpoints 0 to ",
                                                     fabric.endpoints - 1));
    }
    for (int64_t i = 0; i < count; ++i) {
      alone.add_endpoints(static_cast<int32_t>(range.first() + i * step));
    }
  }
  return alone.endpoints().empty() ? absl::InvalidArgumentError("endpoints: none are given")
                                   : absl::OkStatus();
}

// A workload of the task alone.
absl::StatusOr<v1::Workload> Alone(const v1::Task& task, const v1::Workload& workload,
                                   const FabricShape& fabric) {
  v1::Workload alone = workload;
  alone.clear_tasks();
  alone.clear_faults();
  alone.clear_endpoints();
  alone.clear_sizes_bytes();
  UPF_RETURN_IF_ERROR(AddEndpoints(task, fabric, alone));
  alone.set_collective(task.collective());
  alone.add_sizes_bytes(task.bytes());
  alone.set_type(task.type());
  alone.set_op(task.op());
  alone.set_root(task.root());
  alone.set_algorithm(task.algorithm());
  alone.set_in_place(false);
  if (task.algorithm() == collectives::kBestAlgorithm ||
      task.algorithm() == collectives::kAllAlgorithms) {
    return absl::InvalidArgumentError(
        absl::StrCat("algorithm: ", task.algorithm(), "; allowed are auto and names"));
  }
  return alone;
}

absl::StatusOr<CheckedTask> CheckTask(const v1::Task& task, const v1::Workload& workload,
                                      const std::vector<CheckedTask>& before,
                                      const FabricShape& fabric,
                                      const collectives::AlgorithmRegistry& registry) {
  CheckedTask checked;
  checked.name = task.name();
  UPF_ASSIGN_OR_RETURN(checked.as_given, Alone(task, workload, fabric));
  UPF_ASSIGN_OR_RETURN(checked.work, CheckWorkload(checked.as_given, fabric, registry));
  for (const std::string& name : task.after()) {
    const auto found = std::find_if(before.begin(), before.end(),
                                    [&](const CheckedTask& other) { return other.name == name; });
    if (found == before.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("after: no task before it has the name \"", name, "\""));
    }
    checked.after.push_back(static_cast<size_t>(found - before.begin()));
  }
  if (!task.compute().empty()) {
    const auto compute = ParseTime(task.compute());
    if (!compute.ok() || *compute < Picoseconds(0) || *compute > kComputeMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("compute: \"", task.compute(), "\"; allowed is a time up to 1 s: 20us"));
    }
    checked.compute = *compute;
  }
  return checked;
}

}  // namespace

absl::StatusOr<CheckedWorkload> CheckTasks(const v1::Workload& workload, const FabricShape& fabric,
                                           const collectives::AlgorithmRegistry& registry) {
  UPF_RETURN_IF_ERROR(CheckApart(workload));
  CheckedWorkload checked;
  std::set<EndpointId> endpoints;
  for (const v1::Task& task : workload.tasks()) {
    const bool taken =
        std::any_of(checked.tasks.begin(), checked.tasks.end(),
                    [&](const CheckedTask& other) { return other.name == task.name(); });
    if (!IsName(task.name()) || taken) {
      return absl::InvalidArgumentError(absl::StrCat(
          "tasks: name \"", task.name(), "\"",
          taken ? " is given twice" : "; allowed are letters, digits, '_', '-' and '.'"));
    }
    absl::StatusOr<CheckedTask> one = CheckTask(task, workload, checked.tasks, fabric, registry);
    if (!one.ok()) {
      return absl::Status(one.status().code(),
                          absl::StrCat("task ", task.name(), ": ", one.status().message()));
    }
    endpoints.insert(one->work.endpoints.begin(), one->work.endpoints.end());
    checked.tasks.push_back(*std::move(one));
  }
  if (const auto faults = fabric::FaultScheduleFromProto(workload.faults()); !faults.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--faults: ", faults.status().message()));
  }
  checked.faults = workload.faults();
  const CheckedWorkload& first = checked.tasks.front().work;
  checked.request.ranks = static_cast<int>(endpoints.size());
  checked.sizes = {Bytes(0)};  // one row of the sweep
  checked.trains = first.trains;
  checked.check = first.check;
  checked.seed = first.seed;
  checked.loop = first.loop;
  return checked;
}

}  // namespace upfabric::daemon
