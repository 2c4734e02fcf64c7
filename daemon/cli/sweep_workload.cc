#include "daemon/cli/sweep_workload.h"

#include <numeric>
#include <vector>

#include "daemon/cli/names.h"

namespace upfabric::daemon::cli {

v1::Workload WorkloadOf(const SweepOptions& sweep, v1::Collective collective,
                        int fabric_endpoints) {
  std::vector<int> endpoints = sweep.endpoints;
  if (endpoints.empty()) {
    endpoints.resize(static_cast<size_t>(sweep.ranks.value_or(fabric_endpoints)));
    std::iota(endpoints.begin(), endpoints.end(), 0);
  }
  v1::Workload workload;
  workload.set_collective(collective);
  if (collective == v1::COLLECTIVE_BARRIER) {
    workload.add_sizes_bytes(0);  // one row: it has no size
  } else {
    workload.mutable_sizes_bytes()->Add(sweep.sizes_bytes.begin(), sweep.sizes_bytes.end());
  }
  workload.mutable_endpoints()->Add(endpoints.begin(), endpoints.end());
  workload.set_type(sweep.type);
  workload.set_op(HasReduceOp(collective) ? sweep.op : v1::REDUCE_OP_UNSPECIFIED);
  workload.set_root(HasRoot(collective) ? sweep.root : -1);
  workload.set_algorithm(sweep.algorithm);
  workload.set_no_prove(!sweep.prove);
  workload.set_slots(sweep.slots);
  workload.set_software(sweep.software);
  workload.set_launch(sweep.launch);
  workload.set_payload(sweep.payload);
  workload.set_timing(v1::TIMING_ISOLATED);
  workload.set_granularity(sweep.granularity);
  workload.set_iterations(1);
  workload.set_warmup(0);
  workload.set_check(sweep.check);
  workload.set_in_place(false);
  workload.set_seed(sweep.seed);
  workload.set_jitter(sweep.jitter);
  workload.set_breakdown(sweep.breakdown);
  workload.set_timeline(sweep.timeline);
  workload.set_latency(sweep.latency);
  workload.set_rank_times(sweep.rank_times);
  return workload;
}

}  // namespace upfabric::daemon::cli
