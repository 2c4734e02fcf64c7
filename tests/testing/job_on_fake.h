// Runs a job of all ranks in one process on a FakeFabric.

#ifndef UPFABRIC_TESTS_TESTING_JOB_ON_FAKE_H_
#define UPFABRIC_TESTS_TESTING_JOB_ON_FAKE_H_

#include <memory>
#include <string>
#include <utility>

#include "collectives/algorithm_registry.h"
#include "collectives/job.h"
#include "collectives/local_payload_transport.h"
#include "fabric/base/check.h"
#include "tests/testing/fake_message_port.h"

namespace upfabric::collectives {

inline constexpr DataType kAllTypes[] = {
    DataType::kFloat64,    DataType::kFloat32,    DataType::kFloat16, DataType::kBfloat16,
    DataType::kFloat8E4M3, DataType::kFloat8E5M2, DataType::kInt8,    DataType::kUint8,
    DataType::kInt32,      DataType::kUint32,     DataType::kInt64,   DataType::kUint64};
inline constexpr ReduceOp kAllOps[] = {ReduceOp::kSum, ReduceOp::kProd, ReduceOp::kMin,
                                       ReduceOp::kMax, ReduceOp::kAvg};

// Types that stand for the others where many ranks take long.
inline bool IsCommon(DataType type) {
  return type == DataType::kFloat32 || type == DataType::kFloat16 || type == DataType::kBfloat16 ||
         type == DataType::kInt32;
}

inline AlgorithmRegistry BuiltinAlgorithms() {
  AlgorithmRegistry registry;
  RegisterBuiltins(registry);
  return registry;
}

// Whether an algorithm can work with so many ranks.
inline bool Serves(const Algorithm& algorithm, int ranks) {
  return CheckRequest(algorithm,
                      {.collective = algorithm.info().collective, .ranks = ranks, .root = 0})
      .ok();
}

// "all_reduce ring float16 prod, 5 ranks, count 7, root -1, in place"
inline std::string RequestText(const CollectiveRequest& request, const Algorithm& algorithm) {
  return absl::StrCat(std::string(CollectiveName(request.collective)), " ",
                      std::string(algorithm.info().name), " type ", static_cast<int>(request.type),
                      " op ", static_cast<int>(request.op), ", ", request.ranks, " ranks, count ",
                      request.count, ", root ", request.root, request.in_place ? ", in place" : "");
}

struct JobOnFake {
  // Rank r runs on endpoint ranks - 1 - r: nothing may take one for the other.
  // Requires: the job can be made.
  JobOnFake(JobSpec spec, testing::FakeFabric::Options options, PayloadTransport& transport)
      : fabric(spec.request.ranks, std::move(options)) {
    spec.endpoints.clear();
    for (int rank = 0; rank < spec.request.ranks; ++rank) {
      spec.endpoints.emplace_back(spec.request.ranks - 1 - rank);
    }
    auto created = Job::Create(
        spec, [](EndpointId) { return true; }, transport);
    UPF_CHECK(created.ok());
    job = *std::move(created);
    for (const auto& [endpoint, client] : job->Clients()) {
      fabric.Attach(endpoint, client);
    }
    fabric.Run();
  }

  testing::FakeFabric fabric;
  std::unique_ptr<Job> job;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_TESTS_TESTING_JOB_ON_FAKE_H_
