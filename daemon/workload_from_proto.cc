#include "daemon/workload_from_proto.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "collectives/executor_spec.h"
#include "collectives/selector.h"
#include "daemon/tasks_from_proto.h"
#include "fabric/base/status.h"
#include "fabric/config/faults_from_proto.h"

namespace upfabric::daemon {
namespace {

using collectives::Collective;
using collectives::DataType;
using collectives::ReduceOp;

// chosen: far above any table of nccl-tests, low enough that counts of all ranks cannot overflow.
constexpr int64_t kSizeBytesMax = int64_t{1} << 40;
constexpr int kIterationsMax = 1'000'000;
constexpr int kJitterMax = 1000;
constexpr int kSlotsMax = 1024;                      // chosen: beyond what any runtime has
constexpr Picoseconds kStartMax{1'000'000'000'000};  // chosen: 1 s, far beyond any straggler

absl::StatusOr<Collective> FromProto(v1::Collective collective) {
  switch (collective) {
    case v1::COLLECTIVE_ALL_REDUCE:
      return Collective::kAllReduce;
    case v1::COLLECTIVE_ALL_GATHER:
      return Collective::kAllGather;
    case v1::COLLECTIVE_REDUCE_SCATTER:
      return Collective::kReduceScatter;
    case v1::COLLECTIVE_ALL_TO_ALL:
      return Collective::kAllToAll;
    case v1::COLLECTIVE_BROADCAST:
      return Collective::kBroadcast;
    case v1::COLLECTIVE_SENDRECV:
      return Collective::kSendRecv;
    case v1::COLLECTIVE_REDUCE:
      return Collective::kReduce;
    case v1::COLLECTIVE_GATHER:
      return Collective::kGather;
    case v1::COLLECTIVE_SCATTER:
      return Collective::kScatter;
    case v1::COLLECTIVE_BARRIER:
      return Collective::kBarrier;
    default:
      return absl::InvalidArgumentError("collective: not set, or not known to this version");
  }
}

absl::StatusOr<ReduceOp> FromProto(v1::ReduceOp op) {
  switch (op) {
    case v1::REDUCE_OP_SUM:
      return ReduceOp::kSum;
    case v1::REDUCE_OP_PROD:
      return ReduceOp::kProd;
    case v1::REDUCE_OP_MIN:
      return ReduceOp::kMin;
    case v1::REDUCE_OP_MAX:
      return ReduceOp::kMax;
    case v1::REDUCE_OP_AVG:
      return ReduceOp::kAvg;
    default:
      return absl::InvalidArgumentError("-o: operation not set, or not known to this version");
  }
}

absl::Status CheckEndpoints(const v1::Workload& workload, const FabricShape& fabric) {
  const int ranks = workload.endpoints_size();
  if (ranks < 1) {
    return absl::InvalidArgumentError("-g: 0 ranks, but at least 1 is needed");
  }
  if (ranks > fabric.endpoints) {
    return absl::InvalidArgumentError(absl::StrCat("-g: ", ranks, " ranks, but fabric ", fabric.id,
                                                   " has ", fabric.endpoints, " endpoints"));
  }
  absl::flat_hash_set<int32_t> seen;
  for (const int32_t endpoint : workload.endpoints()) {
    if (endpoint < 0 || endpoint >= fabric.endpoints) {
      return absl::InvalidArgumentError(absl::StrCat("--endpoints: ", endpoint, ", but fabric ",
                                                     fabric.id, " has endpoints 0 to ",
                                                     fabric.endpoints - 1));
    }
    if (!seen.insert(endpoint).second) {
      return absl::InvalidArgumentError(absl::StrCat("--endpoints: ", endpoint, " is given twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSizes(const v1::Workload& workload) {
  if (workload.sizes_bytes().empty()) {
    return absl::InvalidArgumentError("-b: no size is given");
  }
  for (const int64_t size : workload.sizes_bytes()) {
    if (size < 0 || size > kSizeBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("-b: size ", size, " B, allowed is 0 to ", kSizeBytesMax, " B"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTiming(const v1::Workload& workload) {
  switch (workload.timing()) {
    case v1::TIMING_ISOLATED:
      if (workload.iterations() != 1 || workload.warmup() != 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("-n: ", workload.iterations(), " iterations after ", workload.warmup(),
                         " for warm-up, but isolated timing is of 1 after 0"));
      }
      return absl::OkStatus();
    case v1::TIMING_QUEUED:
      if (workload.iterations() < 1 || workload.iterations() > kIterationsMax) {
        return absl::InvalidArgumentError(absl::StrCat(
            "-n: ", workload.iterations(), " iterations, allowed is 1 to ", kIterationsMax));
      }
      if (workload.warmup() < 0 || workload.warmup() > kIterationsMax) {
        return absl::InvalidArgumentError(absl::StrCat(
            "-w: ", workload.warmup(), " for warm-up, allowed is 0 to ", kIterationsMax));
      }
      return absl::OkStatus();
    default:
      return absl::InvalidArgumentError("timing: neither isolated nor queued");
  }
}

absl::StatusOr<int> CheckedRoot(const v1::Workload& workload, Collective collective) {
  if (!collectives::HasRoot(collective)) {
    return -1;
  }
  if (workload.root() < 0 || workload.root() >= workload.endpoints_size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--root: ", workload.root(), ", allowed is 0 to ", workload.endpoints_size() - 1));
  }
  return workload.root();
}

// "FILE:LINE: gpu 1 tb 0 step 2: ..."
absl::Status CheckProof(const std::string& file, const collectives::ImportedAlgorithm& algorithm,
                        bool in_place, int slots) {
  const collectives::CollectiveRequest request = algorithm.SmallestRequest(in_place);
  const collectives::Proof proof = collectives::Prove(algorithm, request);
  std::string refusal;
  if (!proof.findings.empty()) {
    refusal = FindingText(file, algorithm, proof.findings.front());
  } else if (slots > 0 && slots < proof.slots) {
    refusal = absl::StrCat(file, ": needs ", proof.slots,
                           " slots for each connection, and --slots gives ", slots, ": ",
                           collectives::FindStuck(algorithm, request, slots).front().message);
  }
  return refusal.empty()
             ? absl::OkStatus()
             : absl::DataLossError(absl::StrCat(refusal, " (--no-prove runs it all the same)"));
}

// What is asked about a run, and how it is repeated.
absl::Status CheckAsked(const v1::Workload& workload) {
  if (workload.jitter() < 0 || workload.jitter() > kJitterMax) {
    return absl::InvalidArgumentError(absl::StrCat("--jitter: ", workload.jitter(),
                                                   " repetitions, allowed is 0 to ", kJitterMax));
  }
  if ((workload.breakdown() || workload.timeline() || workload.latency() ||
       workload.rank_times()) &&
      workload.timing() != v1::TIMING_ISOLATED) {
    return absl::InvalidArgumentError(
        "--breakdown, --latency, --rank-times, --trace: are of isolated operations; allowed "
        "without "
        "queued ones");
  }
  if (workload.slots() < 0 || workload.slots() > kSlotsMax ||
      (workload.slots() > 0 && workload.program().empty())) {
    return absl::InvalidArgumentError(
        absl::StrCat("--slots: ", workload.slots(),
                     "; allowed with an algorithm of a file are 1 to ", kSlotsMax));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Picoseconds>> CheckedStarts(const v1::Workload& workload) {
  std::vector<Picoseconds> starts;
  for (const int64_t start : workload.start_ps()) {
    if (start < 0 || start > kStartMax.count()) {
      return absl::InvalidArgumentError(absl::StrCat("--skew: a rank starts at ", start,
                                                     " ps, allowed is 0 to ", kStartMax.count()));
    }
    starts.emplace_back(start);
  }
  if (!starts.empty() && starts.size() != static_cast<size_t>(workload.endpoints_size())) {
    return absl::InvalidArgumentError(absl::StrCat("--skew: ", starts.size(), " starts for ",
                                                   workload.endpoints_size(), " ranks"));
  }
  if (!starts.empty() && *std::min_element(starts.begin(), starts.end()) > Picoseconds(0)) {
    return absl::InvalidArgumentError("--skew: no rank starts at 0; allowed is that one does");
  }
  return starts;
}

absl::Status TakeMatrix(const v1::Workload& workload, CheckedWorkload& checked) {
  if (workload.matrix_bytes().empty()) {
    return absl::OkStatus();
  }
  const auto refuse = [](const auto&... reason) {
    return absl::InvalidArgumentError(absl::StrCat("--matrix: ", reason...));
  };
  const int ranks = workload.endpoints_size();
  const int64_t element = collectives::ElementSize(checked.request.type).count();
  if (checked.request.collective != Collective::kAllToAll || !workload.program().empty() ||
      checked.software != nullptr || workload.sizes_bytes_size() != 1) {
    return refuse("allowed for all_to_all by a built-in algorithm, software ideal, in one row");
  }
  if (workload.matrix_bytes_size() != int64_t{ranks} * ranks) {
    return refuse("has ", workload.matrix_bytes_size(), " numbers; allowed for ", ranks,
                  " ranks: ", int64_t{ranks} * ranks);
  }
  std::vector<int64_t> counts;
  for (const int64_t bytes : workload.matrix_bytes()) {
    if (bytes < 0 || bytes > kSizeBytesMax || bytes % element != 0) {
      return refuse(bytes, " B; allowed: multiples of ", element, " from 0 to ", kSizeBytesMax);
    }
    counts.push_back(bytes / element);
  }
  checked.matrix = std::make_shared<const collectives::CountMatrix>(ranks, counts);
  checked.request.matrix = checked.matrix.get();
  return absl::OkStatus();
}

absl::Status TakeSoftware(const v1::Workload& workload, CheckedWorkload& checked) {
  const absl::StatusOr<collectives::Launch> launch = ParseLaunch(workload.launch());
  UPF_RETURN_IF_ERROR(launch.status());
  checked.launch = *launch;
  if (workload.software() == "ideal") {
    return absl::OkStatus();
  }
  absl::StatusOr<v1::SoftwareProfile> profile = ResolveSoftware(workload.software());
  absl::StatusOr<Software> software =
      profile.ok() ? LoadSoftware(workload.software()) : profile.status();
  if (!software.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--software: ", software.status().message()));
  }
  if (!workload.program().empty()) {
    return absl::InvalidArgumentError(
        "--software: a profile runs its own algorithms; allowed with an algorithm of a file is "
        "ideal");
  }
  checked.profile = *std::move(profile);
  checked.software = std::make_shared<const Software>(*std::move(software));
  return absl::OkStatus();
}

absl::Status TakeAlgorithm(const v1::Workload& workload,
                           const collectives::AlgorithmRegistry& registry,
                           CheckedWorkload& checked) {
  checked.algorithm = workload.algorithm();
  if (!workload.program().empty()) {
    return absl::OkStatus();
  }
  if (checked.algorithm == collectives::kBestAlgorithm) {
    checked.search = Search::kBest;
  } else if (checked.algorithm == collectives::kAllAlgorithms) {
    checked.search = Search::kAll;
  } else if (checked.software == nullptr && checked.algorithm != collectives::kAutoAlgorithm) {
    return registry.Find(checked.request.collective, checked.algorithm).status();
  }
  return checked.search != Search::kNone && checked.software != nullptr
             ? absl::InvalidArgumentError(
                   absl::StrCat("--algorithm: ", checked.algorithm,
                                ": a profile runs its own algorithms; allowed with software ideal"))
             : absl::OkStatus();
}

// Reads the workload's program into `checked`, whose request is complete but for that.
absl::Status TakeProgram(const v1::Workload& workload, CheckedWorkload& checked) {
  const std::string& file = workload.algorithm();
  auto imported = collectives::ReadMscclXml(workload.program());
  if (!imported.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(file, ":", imported.status().message()));
  }
  checked.imported = *std::move(imported);
  const collectives::AlgorithmInfo& info = checked.imported->info();
  collectives::CollectiveRequest& request = checked.request;
  if (info.collective != request.collective || info.limits.ranks_max != request.ranks) {
    return absl::InvalidArgumentError(
        absl::StrCat("--algorithm: ", file, " is ", std::string(CollectiveName(info.collective)),
                     " of ", info.limits.ranks_max, " ranks, not ",
                     std::string(CollectiveName(request.collective)), " of ", request.ranks));
  }
  if (collectives::HasRoot(request.collective) && request.root != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--root: ", request.root, ", allowed for ", file, " is 0"));
  }
  request.in_place |= !checked.imported->serves_out_of_place();
  checked.slots = workload.slots();
  if (checked.slots > 0 && checked.imported->channels() > collectives::kSlotConnectionsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("--slots: ", file, " has ", checked.imported->channels(),
                     " channels; allowed with slots are ", collectives::kSlotConnectionsMax));
  }
  return workload.no_prove() ? absl::OkStatus()
                             : CheckProof(file, *checked.imported, request.in_place, checked.slots);
}

}  // namespace

absl::StatusOr<DataType> DataTypeFromProto(v1::DataType type) {
  switch (type) {
    case v1::DATA_TYPE_FLOAT32:
      return DataType::kFloat32;
    case v1::DATA_TYPE_FLOAT16:
      return DataType::kFloat16;
    case v1::DATA_TYPE_BFLOAT16:
      return DataType::kBfloat16;
    case v1::DATA_TYPE_INT32:
      return DataType::kInt32;
    case v1::DATA_TYPE_FLOAT64:
      return DataType::kFloat64;
    case v1::DATA_TYPE_FLOAT8_E4M3:
      return DataType::kFloat8E4M3;
    case v1::DATA_TYPE_FLOAT8_E5M2:
      return DataType::kFloat8E5M2;
    case v1::DATA_TYPE_INT8:
      return DataType::kInt8;
    case v1::DATA_TYPE_UINT8:
      return DataType::kUint8;
    case v1::DATA_TYPE_UINT32:
      return DataType::kUint32;
    case v1::DATA_TYPE_INT64:
      return DataType::kInt64;
    case v1::DATA_TYPE_UINT64:
      return DataType::kUint64;
    default:
      return absl::InvalidArgumentError("-d: type not set, or not known to this version");
  }
}

std::string FindingText(const std::string& file, const collectives::ImportedAlgorithm& algorithm,
                        const collectives::Finding& finding) {
  if (finding.index < 0) {
    return absl::StrCat(file, ": gpu ", finding.rank, ": ", finding.message);
  }
  const collectives::ImportedPlace place =
      algorithm.PlaceOf(finding.rank, finding.stream, finding.index);
  return absl::StrCat(file, ":", place.line, ": gpu ", finding.rank, " tb ", finding.stream,
                      " step ", place.step, ": ", finding.message);
}

absl::StatusOr<CheckedWorkload> CheckWorkload(const v1::Workload& workload,
                                              const FabricShape& fabric,
                                              const collectives::AlgorithmRegistry& registry) {
  if (!workload.tasks().empty()) {
    return CheckTasks(workload, fabric, registry);
  }
  CheckedWorkload checked;
  UPF_ASSIGN_OR_RETURN(checked.request.collective, FromProto(workload.collective()));
  UPF_ASSIGN_OR_RETURN(checked.request.type, DataTypeFromProto(workload.type()));
  if (collectives::Reduces(checked.request.collective)) {
    UPF_ASSIGN_OR_RETURN(checked.request.op, FromProto(workload.op()));
  }
  UPF_RETURN_IF_ERROR(CheckEndpoints(workload, fabric));
  UPF_RETURN_IF_ERROR(CheckSizes(workload));
  UPF_RETURN_IF_ERROR(CheckTiming(workload));
  UPF_ASSIGN_OR_RETURN(checked.request.root, CheckedRoot(workload, checked.request.collective));
  if (workload.granularity() == v1::GRANULARITY_UNSPECIFIED) {
    return absl::InvalidArgumentError("--granularity: not set; allowed are train, packet");
  }
  if (workload.payload() == v1::PAYLOAD_MODE_UNSPECIFIED) {
    return absl::InvalidArgumentError("--payload: not set; allowed are auto, full, sampled, none");
  }
  UPF_RETURN_IF_ERROR(TakeSoftware(workload, checked));
  UPF_RETURN_IF_ERROR(TakeAlgorithm(workload, registry, checked));
  UPF_ASSIGN_OR_RETURN(checked.starts, CheckedStarts(workload));
  UPF_RETURN_IF_ERROR(CheckAsked(workload));
  if (const auto faults = fabric::FaultScheduleFromProto(workload.faults()); !faults.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--faults: ", faults.status().message()));
  }
  checked.request.ranks = workload.endpoints_size();
  checked.request.in_place =
      workload.in_place() && collectives::HasInPlace(checked.request.collective);
  UPF_RETURN_IF_ERROR(TakeMatrix(workload, checked));
  if (!workload.program().empty()) {
    UPF_RETURN_IF_ERROR(TakeProgram(workload, checked));
  }
  for (const int64_t size : workload.sizes_bytes()) {
    checked.sizes.emplace_back(size);
  }
  for (const int32_t endpoint : workload.endpoints()) {
    checked.endpoints.emplace_back(endpoint);
  }
  checked.payload = workload.payload();
  checked.timing = workload.timing();
  checked.trains = workload.granularity() == v1::GRANULARITY_TRAIN;
  checked.iterations = workload.iterations();
  checked.warmup = workload.warmup();
  checked.check = !workload.has_check() || workload.check();
  checked.seed = workload.seed();
  checked.loop = workload.loop();
  checked.jitter = workload.jitter();
  checked.breakdown = workload.breakdown();
  checked.timeline = workload.timeline();
  checked.latency = workload.latency();
  checked.rank_times = workload.rank_times();
  checked.faults = workload.faults();
  return checked;
}

int64_t CountOfSize(Collective collective, DataType type, int ranks, Bytes size) {
  constexpr int64_t kAlignmentBytes = 16;  // docs/sources.md: nccl-tests, 16 bytes a rank
  const int64_t element = collectives::ElementSize(type).count();
  const int64_t elements = size.count() / element;
  if (collective == Collective::kBarrier) {
    return 0;
  }
  if (!collectives::CutsByRank(collective)) {
    return elements;
  }
  const int64_t share = elements / ranks;
  return share - share % (kAlignmentBytes / element);
}

int64_t CountInChunks(const collectives::ImportedAlgorithm& algorithm, int64_t count) {
  const int64_t chunks = algorithm.SmallestRequest(false).count;
  return (count + chunks - 1) / chunks * chunks;
}

Bytes SizeOfRequest(const collectives::CollectiveRequest& request) {
  if (request.collective == Collective::kBarrier) {
    return Bytes(0);
  }
  return collectives::ElementSize(request.type) *
         std::max(collectives::SendCount(request), collectives::RecvCount(request));
}

}  // namespace upfabric::daemon
