#include "collectives/algorithm.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "collectives/patterns/groups.h"
#include "fabric/base/status.h"

namespace upfabric::collectives {

namespace {

std::string FullName(const AlgorithmInfo& info) {
  return absl::StrCat(std::string(CollectiveName(info.collective)), " ", std::string(info.name));
}

}  // namespace

absl::Status CheckRequest(const Algorithm& algorithm, const CollectiveRequest& request) {
  UPF_RETURN_IF_ERROR(ValidateRequest(request));
  const AlgorithmInfo& info = algorithm.info();
  const AlgorithmLimits& limits = info.limits;
  const auto refuse = [&info](const auto&... reason) {
    return absl::UnimplementedError(absl::StrCat(FullName(info), " ", reason...));
  };
  if (request.collective != info.collective) {
    return refuse("does not serve ", std::string(CollectiveName(request.collective)));
  }
  if (request.ranks < limits.ranks_min || request.ranks > limits.ranks_max) {
    return refuse("serves ", limits.ranks_min, " to ", limits.ranks_max, " ranks, not ",
                  request.ranks);
  }
  if (limits.needs_groups && GroupSize(request) == request.ranks) {
    return refuse("serves ranks in groups of equal size, which ", request.ranks, " do not make");
  }
  if (request.count > limits.count_max) {
    return refuse("serves at most ", limits.count_max, " elements, not ", request.count);
  }
  if (request.matrix != nullptr && !limits.matrix) {
    return refuse("has no form for a matrix of sizes");
  }
  if (request.in_place && !limits.in_place) {
    return refuse("has no in-place form");
  }
  return absl::OkStatus();
}

absl::Status CheckFabric(const Algorithm& algorithm, const fabric::FabricView& view) {
  if (algorithm.info().limits.needs_in_switch && !view.in_switch().has_value()) {
    return absl::UnimplementedError(absl::StrCat(
        FullName(algorithm.info()), " needs switches that copy and reduce; this fabric has none"));
  }
  return absl::OkStatus();
}

Bytes BufferBytes(const Algorithm& algorithm, const CollectiveRequest& request) {
  const auto of_rank = [&](int rank) {
    const int64_t send = SendCount(request, rank);
    const int64_t recv = RecvCount(request, rank);
    return (request.in_place ? std::max(send, recv) : send + recv) +
           algorithm.MakeProgram(request, rank)->partition(Buffer::kScratch).count();
  };
  if (!HasRoot(request.collective) && request.matrix == nullptr) {
    // Rank 0 has the most scratch: it gets the largest part of every balanced split.
    return ElementSize(request.type) * of_rank(0) * request.ranks;
  }
  int64_t elements = 0;
  for (int rank = 0; rank < request.ranks; ++rank) {
    elements += of_rank(rank);
  }
  return ElementSize(request.type) * elements;
}

}  // namespace upfabric::collectives
