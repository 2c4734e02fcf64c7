// A workload for tests: everything that the schema wants set, with plain values.

#ifndef UPFABRIC_TESTS_TESTING_WORKLOADS_H_
#define UPFABRIC_TESTS_TESTING_WORKLOADS_H_

#include <cstdint>
#include <vector>

#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon::testing {

// An isolated, checked all_reduce of floats on the first `ranks` endpoints.
inline v1::Workload AllReduce(int ranks, const std::vector<int64_t>& sizes) {
  v1::Workload workload;
  workload.set_collective(v1::COLLECTIVE_ALL_REDUCE);
  for (const int64_t size : sizes) {
    workload.add_sizes_bytes(size);
  }
  for (int rank = 0; rank < ranks; ++rank) {
    workload.add_endpoints(rank);
  }
  workload.set_type(v1::DATA_TYPE_FLOAT32);
  workload.set_op(v1::REDUCE_OP_SUM);
  workload.set_root(-1);
  workload.set_algorithm("auto");
  workload.set_software("ideal");
  workload.set_payload(v1::PAYLOAD_MODE_AUTO);
  workload.set_timing(v1::TIMING_ISOLATED);
  workload.set_granularity(v1::GRANULARITY_TRAIN);
  workload.set_iterations(1);
  workload.set_check(true);
  return workload;
}

}  // namespace upfabric::daemon::testing

#endif  // UPFABRIC_TESTS_TESTING_WORKLOADS_H_
