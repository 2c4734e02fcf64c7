// What a collective is asked to do: operation, type, reduction, counts.
//
// Sizes follow nccl-tests: `count` is the per-rank argument of the call. With c elements and n
// ranks
//   all_reduce, broadcast, sendrecv: c in, c out;  all_gather: c in, n*c out;
//   reduce_scatter: n*c in, c out;                 all_to_all: n*c in, n*c out;
//   reduce: c in, c out at the root;               gather: c in, n*c out at the root;
//   scatter: n*c in at the root, c out;            barrier: no payload, c is not used.
// With a matrix all_to_all has its own counts, and `count` is the most that a rank sends or
// receives for each rank, rounded up. A barrier's messages are tokens of one element, so a rank's
// send buffer holds one.

#ifndef UPFABRIC_COLLECTIVES_COLLECTIVE_H_
#define UPFABRIC_COLLECTIVES_COLLECTIVE_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "collectives/count_matrix.h"
#include "fabric/base/units.h"

namespace upfabric::collectives {

enum class Collective {
  kAllReduce,
  kAllGather,
  kReduceScatter,
  kAllToAll,
  kBroadcast,
  kSendRecv,
  kReduce,
  kGather,
  kScatter,
  kBarrier
};
// type_format.h says how each is stored.
enum class DataType {
  kFloat64,
  kFloat32,
  kFloat16,
  kBfloat16,
  kFloat8E4M3,
  kFloat8E5M2,
  kInt8,
  kUint8,
  kInt32,
  kUint32,
  kInt64,
  kUint64
};
enum class ReduceOp { kSum, kProd, kMin, kMax, kAvg };

struct CollectiveRequest {
  Collective collective = Collective::kAllReduce;
  DataType type = DataType::kFloat32;
  ReduceOp op = ReduceOp::kSum;  // where the collective reduces
  int ranks = 1;
  int64_t count = 0;      // elements, see above
  int root = -1;          // where HasRoot(collective)
  bool in_place = false;  // only where HasInPlace(collective)
  // all_to_all: what each rank has for each other, in place of `count` for all; null: none. It
  // outlives the request and what is made for it.
  const CountMatrix* matrix = nullptr;
  // Sizes of the axes of the torus or mesh whose places the ranks are, the first axis fastest; 0
  // first: none. Their product is the number of ranks.
  std::array<int, 3> axes = {};
  // Ranks in a row that are near each other, say in one pod; 0: none are nearer than others.
  int group = 0;
};

// Most ranks of a request, and most bytes of all send or all receive buffers together (chosen: far
// beyond any fabric, and sums of them still fit 64 bits).
inline constexpr int kRanksMax = 65'536;
inline constexpr Bytes kBuffersMax{int64_t{1} << 56};

// Returns kInvalidArgument, naming the field, its value and the limit.
absl::Status ValidateRequest(const CollectiveRequest& request);

// "all_reduce", "all_gather", ...
std::string_view CollectiveName(Collective collective);

// Size of an element.
Bytes ElementSize(DataType type);
// Elements of a rank's send and receive buffers; 0 where only the root has one.
int64_t SendCount(const CollectiveRequest& request, int rank);
int64_t RecvCount(const CollectiveRequest& request, int rank);
// The same of the rank that has most.
int64_t SendCount(const CollectiveRequest& request);
int64_t RecvCount(const CollectiveRequest& request);
// In place both buffers are in one, the larger, and the smaller begins at this element of it: that
// of the rank's own block where the collective cuts by rank.
int64_t InPlaceOffset(const CollectiveRequest& request, int rank);

bool Reduces(Collective collective);
// Whether one rank is the only one with a result, or the only source.
bool HasRoot(Collective collective);
// Whether nccl-tests has it with one buffer for source and result.
bool HasInPlace(Collective collective);
// Whether a size is that of all ranks together, which the count is a share of.
bool CutsByRank(Collective collective);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_COLLECTIVE_H_
