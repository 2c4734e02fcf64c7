#include "collectives/collective.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace upfabric::collectives {

namespace {

bool HasInPlace(Collective collective) {
  return collective != Collective::kAllToAll && collective != Collective::kSendRecv;
}

}  // namespace

absl::Status ValidateRequest(const CollectiveRequest& request) {
  if (request.ranks < 1 || request.ranks > kRanksMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("ranks is ", request.ranks, "; allowed: 1 to ", kRanksMax));
  }
  // Both buffers hold at most count x ranks elements, and a collective has `ranks` of each.
  const int64_t count_max =
      kBuffersMax.count() / ElementSize(request.type).count() / request.ranks / request.ranks;
  if (request.count < 0 || request.count > count_max) {
    return absl::InvalidArgumentError(
        absl::StrCat("count is ", request.count, "; allowed: 0 to ", count_max));
  }
  if (request.collective == Collective::kBroadcast &&
      (request.root < 0 || request.root >= request.ranks)) {
    return absl::InvalidArgumentError(
        absl::StrCat("root is ", request.root, "; allowed: 0 to ", request.ranks - 1));
  }
  if (request.in_place && !HasInPlace(request.collective)) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(CollectiveName(request.collective)), " has no in-place form"));
  }
  return absl::OkStatus();
}

std::string_view CollectiveName(Collective collective) {
  switch (collective) {
    case Collective::kAllReduce:
      return "all_reduce";
    case Collective::kAllGather:
      return "all_gather";
    case Collective::kReduceScatter:
      return "reduce_scatter";
    case Collective::kAllToAll:
      return "all_to_all";
    case Collective::kBroadcast:
      return "broadcast";
    case Collective::kSendRecv:
      return "sendrecv";
  }
  return "unknown";
}

Bytes ElementSize(DataType type) {
  return Bytes(type == DataType::kFloat16 || type == DataType::kBfloat16 ? 2 : 4);
}

int64_t SendCount(const CollectiveRequest& request) {
  const bool for_each_rank = request.collective == Collective::kReduceScatter ||
                             request.collective == Collective::kAllToAll;
  return for_each_rank ? request.count * request.ranks : request.count;
}

int64_t RecvCount(const CollectiveRequest& request) {
  const bool from_each_rank =
      request.collective == Collective::kAllGather || request.collective == Collective::kAllToAll;
  return from_each_rank ? request.count * request.ranks : request.count;
}

bool Reduces(Collective collective) {
  return collective == Collective::kAllReduce || collective == Collective::kReduceScatter;
}

}  // namespace upfabric::collectives
