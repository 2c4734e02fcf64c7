#include "daemon/cli/nccl_perf.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "daemon/cli/names.h"
#include "fabric/base/fingerprint.h"
#include "fabric/base/status.h"

namespace upfabric::daemon::cli {
namespace {

// -z values with a barrier after each operation: every one starts on a quiet fabric.
constexpr int kWaitAndBarrier = 1;
constexpr int kBarrierNotTimed = 3;

// All operations of a row, in nccl-tests' nesting: types, operations, roots, sizes.
struct RowPlan {
  v1::DataType type = v1::DATA_TYPE_UNSPECIFIED;
  v1::ReduceOp op = v1::REDUCE_OP_UNSPECIFIED;
  int root = -1;
  int64_t size_bytes = 0;
};

std::vector<RowPlan> PlanRows(const NcclPerf& perf, const std::vector<int64_t>& sizes) {
  const std::vector<v1::ReduceOp> ops = HasReduceOp(perf.program.collective)
                                            ? perf.options.ops
                                            : std::vector{v1::REDUCE_OP_UNSPECIFIED};
  std::vector<int> roots = {-1};
  if (HasRoot(perf.program.collective)) {
    roots = {perf.options.root};
    if (perf.options.root < 0) {
      roots.clear();
      for (int root = 0; root < perf.ranks; ++root) {
        roots.push_back(root);
      }
    }
  }
  std::vector<RowPlan> rows;
  for (const v1::DataType type : perf.options.types) {
    for (const v1::ReduceOp op : ops) {
      for (const int root : roots) {
        for (const int64_t size : sizes) {
          rows.push_back({type, op, root, size});
        }
      }
    }
  }
  return rows;
}

v1::Workload WorkloadOfRow(const NcclPerf& perf, const RowPlan& row) {
  const NcclOptions& options = perf.options;
  const bool isolated = options.blocking == kWaitAndBarrier || options.blocking == kBarrierNotTimed;
  const bool check = options.check > 0;
  v1::Workload workload;
  workload.set_collective(perf.program.collective);
  workload.add_sizes_bytes(row.size_bytes);
  for (int endpoint = 0; endpoint < perf.ranks; ++endpoint) {
    workload.add_endpoints(endpoint);
  }
  workload.set_type(row.type);
  workload.set_op(row.op);
  workload.set_root(row.root);
  workload.set_algorithm(options.algorithm);
  workload.set_software(options.software);
  workload.set_launch(options.gpus > 1 ? "single_process" : "process_per_gpu");
  // Without a check nobody looks at the payload, and time does not depend on it.
  workload.set_payload(!check && options.payload == v1::PAYLOAD_MODE_AUTO ? v1::PAYLOAD_MODE_NONE
                                                                          : options.payload);
  workload.set_granularity(v1::GRANULARITY_TRAIN);
  workload.set_timing(isolated ? v1::TIMING_ISOLATED : v1::TIMING_QUEUED);
  workload.set_iterations(isolated ? 1 : options.iterations * options.aggregated);
  workload.set_warmup(isolated ? 0 : options.warmup * options.aggregated);
  workload.set_check(check);
  workload.set_seed(options.seed);
  return workload;
}

// nccl-tests times these in place and does not check them; a rank's data cannot be overwritten
// while others still want it, so the emulated operation is the one out of place.
bool OnlyOutOfPlace(v1::Collective collective) {
  return collective == v1::COLLECTIVE_ALL_TO_ALL || collective == v1::COLLECTIVE_SENDRECV;
}

class Session {
 public:
  explicit Session(const NcclPerf& perf) : perf_(perf) {}

  absl::Status RunRow(const RowPlan& plan) {
    v1::Workload workload = WorkloadOfRow(perf_, plan);
    UPF_ASSIGN_OR_RETURN(const v1::Row out_of_place, Run(workload));
    outcome_.fingerprint = Chain(outcome_.fingerprint, out_of_place.fingerprint());
    NcclRow row;
    row.bytes = out_of_place.bytes();
    row.count = out_of_place.count();
    row.type = plan.type;
    row.op = plan.op;
    row.root = plan.root;
    row.out_of_place = SideOf(out_of_place);
    UPF_ASSIGN_OR_RETURN(row.in_place, RunInPlace(workload, out_of_place));
    if (perf_.options.timestamps) {
      row.date = perf_.date_and_time();
    }
    outcome_.rows.push_back(std::move(row));
    return absl::OkStatus();
  }

  NcclOutcome& outcome() { return outcome_; }

 private:
  absl::StatusOr<NcclSide> RunInPlace(v1::Workload workload, const v1::Row& out_of_place) {
    NcclSide side = SideOf(out_of_place);
    side.wrong.reset();
    if (OnlyOutOfPlace(perf_.program.collective)) {
      return side;
    }
    workload.set_in_place(true);
    const bool reuse = perf_.same_in_place(out_of_place.algorithm());
    if (reuse && !workload.check()) {
      return side;
    }
    if (reuse) {
      // The instructions are the same and so is their timing; one operation checks the payload.
      if (perf_.options.software == "ideal") {
        workload.set_algorithm(out_of_place.algorithm());  // a profile chooses the same again
      }
      workload.set_timing(v1::TIMING_ISOLATED);
      workload.set_iterations(1);
      workload.set_warmup(0);
      UPF_ASSIGN_OR_RETURN(const v1::Row checked, Run(workload));
      side.wrong = SideOf(checked).wrong;
      return side;
    }
    UPF_ASSIGN_OR_RETURN(const v1::Row in_place, Run(workload));
    outcome_.fingerprint = Chain(outcome_.fingerprint, in_place.fingerprint());
    return SideOf(in_place);
  }

  absl::StatusOr<v1::Row> Run(const v1::Workload& workload) {
    UPF_ASSIGN_OR_RETURN(const v1::Result result, perf_.run(workload));
    if (result.rows_size() != 1) {
      return absl::InternalError(
          absl::StrFormat("a run of one size gave %d rows", result.rows_size()));
    }
    const v1::Row& row = result.rows(0);
    outcome_.damaged_messages.insert(outcome_.damaged_messages.end(),
                                     row.damaged_messages().begin(), row.damaged_messages().end());
    return row;
  }

  NcclSide SideOf(const v1::Row& row) const {
    NcclSide side;
    side.time = Picoseconds(row.time_ps());
    side.algorithm_bandwidth = AlgorithmBandwidth(row);
    side.bus_bandwidth = BusBandwidth(row, perf_.program.collective, perf_.ranks);
    if (row.wrong() >= 0) {
      side.wrong = row.wrong();
    }
    return side;
  }

  const NcclPerf& perf_;
  NcclOutcome outcome_;
};

}  // namespace

absl::StatusOr<NcclOutcome> RunNcclPerf(const NcclPerf& perf, std::ostream& out) {
  UPF_ASSIGN_OR_RETURN(const std::vector<int64_t> sizes, SweepSizes(perf.options.sizes));
  const std::vector<RowPlan> rows = PlanRows(perf, sizes);
  for (const RowPlan& row : rows) {
    UPF_RETURN_IF_ERROR(perf.check(WorkloadOfRow(perf, row)));
  }
  for (const std::string& complaint : perf.options.complaints) {
    out << complaint << '\n';
  }
  out << NcclHeader(perf.program.name, perf.options, perf.devices) << std::flush;
  Session session(perf);
  NcclOutcome& outcome = session.outcome();
  for (const RowPlan& plan : rows) {
    outcome.status = session.RunRow(plan);
    if (!outcome.status.ok()) {
      break;
    }
    out << NcclRowText(outcome.rows.back()) << std::flush;
  }
  outcome.summary = Summarize(outcome.rows, perf.bandwidth_min);
  outcome.summary.error = std::string(outcome.status.message());
  out << NcclFooter(perf.program.name, outcome.summary) << std::flush;
  return std::move(outcome);
}

std::vector<NcclDevice> EmulatedDevices(int ranks, int ranks_per_process) {
  constexpr int kBusesPerDomain = 256;
  std::vector<NcclDevice> devices;
  for (int rank = 0; rank < ranks; ++rank) {
    devices.push_back(
        {.rank = rank,
         .pid = rank / ranks_per_process,
         .host = "emulated",
         .device = rank,
         .bus = absl::StrFormat("%04x:%02x:00", rank / kBusesPerDomain, rank % kBusesPerDomain),
         .description = "upfabric emulated accelerator"});
  }
  return devices;
}

}  // namespace upfabric::daemon::cli
