// Turns a workload's fields into strong types, checked: the only place that does, and the only
// place that knows how nccl-tests makes counts from sizes.

#ifndef UPFABRIC_DAEMON_WORKLOAD_FROM_PROTO_H_
#define UPFABRIC_DAEMON_WORKLOAD_FROM_PROTO_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collectives/algorithm_registry.h"
#include "collectives/collective.h"
#include "collectives/import/msccl_xml.h"
#include "collectives/prove/prover.h"
#include "collectives/software/software_case.h"
#include "daemon/config/software.h"
#include "fabric/base/ids.h"
#include "fabric/base/units.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon {

// What a row is of several algorithms that could serve its size.
enum class Search { kNone, kBest, kAll };

struct CheckedTask;

// A workload that can run on the fabric it was checked against.
struct CheckedWorkload {
  collectives::CollectiveRequest request;                  // all but the count
  std::shared_ptr<const collectives::CountMatrix> matrix;  // that the request has
  std::vector<Bytes> sizes;                                // as asked for, in the order of the rows
  std::vector<EndpointId> endpoints;                       // by rank
  std::vector<Picoseconds> starts;                         // by rank; empty: all at 0
  std::string algorithm;          // "auto", "best", "all", a name or a file
  Search search = Search::kNone;  // what the name asks for
  // The algorithm of a file; null: a built-in one.
  std::shared_ptr<const collectives::ImportedAlgorithm> imported;
  int slots = 0;  // of its connections, 0: any number
  // Null with `ideal`.
  std::shared_ptr<const Software> software;
  v1::SoftwareProfile profile;  // what it was made of
  collectives::Launch launch = collectives::Launch::kAuto;
  v1::PayloadMode payload = v1::PAYLOAD_MODE_AUTO;
  v1::Timing timing = v1::TIMING_ISOLATED;
  bool trains = true;
  int iterations = 1;
  int warmup = 0;
  bool check = true;
  uint64_t seed = 0;
  bool loop = false;
  int jitter = 0;  // repetitions with skewed starts
  bool breakdown = false;
  bool timeline = false;
  bool latency = false;
  bool rank_times = false;
  v1::FaultSchedule faults;  // each well-formed; the fabric may lack what they name
  // If there are any, they run at once, in place of what the rest says of one operation.
  std::vector<CheckedTask> tasks;
};

// One of several operations of a row: a workload of one size, and when it begins.
struct CheckedTask {
  std::string name;
  v1::Workload as_given;
  CheckedWorkload work;
  std::vector<size_t> after;  // tasks before it in the list
  Picoseconds compute;
};

// What the check needs to know of the fabric.
struct FabricShape {
  std::string id;
  int endpoints = 0;
};

// Returns kInvalidArgument with one line that names the flag, the value and what is allowed, or
// kNotFound for an algorithm that `registry` does not have. Whether the algorithm can serve a
// request of each size is for the selector to say. An algorithm of a file is proved here:
// kDataLoss, "FILE:LINE: ...", if it is refused.
absl::StatusOr<CheckedWorkload> CheckWorkload(const v1::Workload& workload,
                                              const FabricShape& fabric,
                                              const collectives::AlgorithmRegistry& registry);

absl::StatusOr<collectives::DataType> DataTypeFromProto(v1::DataType type);

// What the prover found in the algorithm of a file: "FILE:LINE: gpu 1 tb 0 step 2: ...".
std::string FindingText(const std::string& file, const collectives::ImportedAlgorithm& algorithm,
                        const collectives::Finding& finding);

// The per-rank count argument that nccl-tests derives from a size: whole elements; for the
// collectives whose buffers are cut by rank, rounded down to 16 bytes a rank. May be 0.
int64_t CountOfSize(collectives::Collective collective, collectives::DataType type, int ranks,
                    Bytes size);

// That count for an algorithm of a file: rounded up to whole chunks.
int64_t CountInChunks(const collectives::ImportedAlgorithm& algorithm, int64_t count);

// nccl-tests' size column: the larger of a rank's send and receive buffers.
Bytes SizeOfRequest(const collectives::CollectiveRequest& request);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_WORKLOAD_FROM_PROTO_H_
