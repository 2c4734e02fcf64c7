#include "collectives/collective.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "collectives/type_format.h"

namespace upfabric::collectives {

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
  if (request.matrix != nullptr &&
      (request.collective != Collective::kAllToAll || request.matrix->ranks() != request.ranks)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a matrix of ", request.matrix->ranks(), " ranks for ",
                     std::string(CollectiveName(request.collective)), " of ", request.ranks,
                     "; allowed: for all_to_all of as many"));
  }
  if (HasRoot(request.collective) && (request.root < 0 || request.root >= request.ranks)) {
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
    case Collective::kReduce:
      return "reduce";
    case Collective::kGather:
      return "gather";
    case Collective::kScatter:
      return "scatter";
    case Collective::kBarrier:
      return "barrier";
  }
  return "unknown";
}

Bytes ElementSize(DataType type) { return Bytes(FormatOf(type).bits / 8); }

int64_t SendCount(const CollectiveRequest& request, int rank) {
  if (request.matrix != nullptr) {
    return request.matrix->SendCount(rank);
  }
  switch (request.collective) {
    case Collective::kReduceScatter:
    case Collective::kAllToAll:
      return request.count * request.ranks;
    case Collective::kScatter:
      return rank == request.root ? request.count * request.ranks : 0;
    case Collective::kBarrier:
      return 1;
    default:
      return request.count;
  }
}

int64_t RecvCount(const CollectiveRequest& request, int rank) {
  if (request.matrix != nullptr) {
    return request.matrix->RecvCount(rank);
  }
  switch (request.collective) {
    case Collective::kAllGather:
    case Collective::kAllToAll:
      return request.count * request.ranks;
    case Collective::kGather:
      return rank == request.root ? request.count * request.ranks : 0;
    case Collective::kReduce:
      return rank == request.root ? request.count : 0;
    case Collective::kBarrier:
      return 0;
    default:
      return request.count;
  }
}

int64_t SendCount(const CollectiveRequest& request) {
  if (request.matrix != nullptr) {
    return request.matrix->CountMax();
  }
  return SendCount(request, std::max(request.root, 0));
}

int64_t RecvCount(const CollectiveRequest& request) {
  return RecvCount(request, std::max(request.root, 0));
}

int64_t InPlaceOffset(const CollectiveRequest& request, int rank) {
  return SendCount(request, rank) == 0 || RecvCount(request, rank) == 0 ||
                 SendCount(request, rank) == RecvCount(request, rank)
             ? 0
             : rank * request.count;
}

bool Reduces(Collective collective) {
  return collective == Collective::kAllReduce || collective == Collective::kReduceScatter ||
         collective == Collective::kReduce;
}

bool HasRoot(Collective collective) {
  return collective == Collective::kBroadcast || collective == Collective::kReduce ||
         collective == Collective::kGather || collective == Collective::kScatter;
}

bool HasInPlace(Collective collective) {
  return collective != Collective::kAllToAll && collective != Collective::kSendRecv &&
         collective != Collective::kBarrier;
}

bool CutsByRank(Collective collective) {
  return collective == Collective::kAllGather || collective == Collective::kReduceScatter ||
         collective == Collective::kAllToAll || collective == Collective::kGather ||
         collective == Collective::kScatter;
}

}  // namespace upfabric::collectives
