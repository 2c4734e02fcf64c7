// What a row of a sweep runs: from a checked workload and a size to request and algorithm.

#ifndef UPFABRIC_DAEMON_ROW_PLAN_H_
#define UPFABRIC_DAEMON_ROW_PLAN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collectives/algorithm_registry.h"
#include "collectives/job.h"
#include "daemon/workload_from_proto.h"
#include "fabric/api/fabric.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon {

// What a row is, apart from what happened in it.
struct RowPlan {
  std::string task = {};  // its name, if it is one of several
  v1::Collective collective = v1::COLLECTIVE_UNSPECIFIED;
  collectives::CollectiveRequest request;
  std::vector<EndpointId> endpoints = {};  // by rank
  const collectives::Algorithm* algorithm = nullptr;
  // Of an algorithm of a file: itself, and what messages call it.
  const collectives::ImportedAlgorithm* imported = nullptr;
  std::string file = {};
  int slots = 0;  // see ExecutorSpec
  collectives::PayloadMode payload = collectives::PayloadMode::kFull;
  v1::DataType type = v1::DATA_TYPE_UNSPECIFIED;
  v1::ReduceOp op = v1::REDUCE_OP_UNSPECIFIED;  // unspecified where nothing is reduced
  int iterations = 1;
  int warmup = 0;
  std::vector<Picoseconds> starts = {};  // by rank; empty: all at 0
  std::string protocol = "-";            // of a software profile, with
  Picoseconds overhead = {};             // what it adds to each iteration, and
  Ratio stretch = Ratio(1);              // what a byte takes on the wire
  std::vector<size_t> after = {};        // of a task: what it begins after
  bool log = false;                      // for a breakdown, latencies or a timeline
  bool rank_times = false;               // whether the row has them
};

struct PlannedFabric {
  std::string id;
  const fabric::Fabric* fabric = nullptr;
};

// One plan for a size, or one for each candidate of a search, the cheapest by closed form first.
// Errors: kUnimplemented when the algorithm, or none, can serve the size on this fabric;
// kInvalidArgument when a program is too long to be logged.
absl::StatusOr<std::vector<RowPlan>> PlanRows(const CheckedWorkload& workload,
                                              const v1::Workload& as_given, Bytes size,
                                              const PlannedFabric& fabric,
                                              const collectives::AlgorithmRegistry& registry);

// One for each of the workload's tasks, in their order.
absl::StatusOr<std::vector<RowPlan>> PlanTasks(const CheckedWorkload& workload,
                                               const PlannedFabric& fabric,
                                               const collectives::AlgorithmRegistry& registry);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_ROW_PLAN_H_
