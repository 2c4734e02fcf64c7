// What a collective is asked to do: operation, type, reduction, counts.
//
// Sizes follow nccl-tests: `count` is the per-rank argument of the call. With c elements and n
// ranks
//   all_reduce, broadcast, sendrecv: c in, c out;  all_gather: c in, n*c out;
//   reduce_scatter: n*c in, c out;                 all_to_all: n*c in, n*c out.

#ifndef UPFABRIC_COLLECTIVES_COLLECTIVE_H_
#define UPFABRIC_COLLECTIVES_COLLECTIVE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "fabric/base/units.h"

namespace upfabric::collectives {

enum class Collective { kAllReduce, kAllGather, kReduceScatter, kAllToAll, kBroadcast, kSendRecv };
enum class DataType { kFloat32, kFloat16, kBfloat16, kInt32 };
enum class ReduceOp { kSum, kProd, kMin, kMax };

struct CollectiveRequest {
  Collective collective = Collective::kAllReduce;
  DataType type = DataType::kFloat32;
  ReduceOp op = ReduceOp::kSum;  // where the collective reduces
  int ranks = 1;
  int64_t count = 0;      // elements, see above
  int root = -1;          // broadcast only
  bool in_place = false;  // all_to_all and sendrecv: not supported, always out of place
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
// Elements of a rank's send and receive buffers.
int64_t SendCount(const CollectiveRequest& request);
int64_t RecvCount(const CollectiveRequest& request);
bool Reduces(Collective collective);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_COLLECTIVE_H_
