#include "daemon/mpi/group.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/mpi/row.h"
#include "fabric/base/check.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

absl::Status WaitFor(MPI_Request& request, const WaiterOptions& options) {
  Waiter waiter(options);
  const absl::Status status = waiter.Wait([&request]() -> absl::StatusOr<bool> {
    int finished = 0;
    UPF_RETURN_IF_ERROR(MpiStatus(MPI_Test(&request, &finished, MPI_STATUS_IGNORE), "MPI_Test"));
    return finished != 0;
  });
  if (status.code() != absl::StatusCode::kDeadlineExceeded) {
    return status;
  }
  return absl::UnavailableError(absl::StrCat("another daemon: ", status.message()));
}

}  // namespace

MpiGroup::MpiGroup(MpiEnvironment& environment, MpiGroupOptions options)
    : environment_(environment), wait_(std::move(options.wait)) {
  if (environment.index() == 0) {
    flip_.countdown = options.flip_payload;
  }
}

std::unique_ptr<RowSession> MpiGroup::StartRow(std::function<int(EndpointId)> owner,
                                               RowHooks hooks) {
  return std::make_unique<MpiRow>(
      MpiRowOptions{.environment = environment_, .wait = wait_, .flip = flip_, .row = ++rows_},
      std::move(owner), std::move(hooks));
}

absl::StatusOr<std::vector<std::string>> MpiGroup::AllGather(const std::string& mine) {
  const auto count = static_cast<size_t>(size());
  UPF_CHECK(mine.size() < static_cast<size_t>(std::numeric_limits<int>::max()));
  const int length = static_cast<int>(mine.size());
  std::vector<int> lengths(count);
  MPI_Request request = MPI_REQUEST_NULL;
  UPF_RETURN_IF_ERROR(MpiStatus(
      MPI_Iallgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, MPI_COMM_WORLD, &request),
      "MPI_Iallgather"));
  UPF_RETURN_IF_ERROR(WaitFor(request, wait_));
  std::vector<int> offsets(count);
  int64_t total = 0;
  for (size_t process = 0; process < count; ++process) {
    UPF_CHECK_OP(total, <=, std::numeric_limits<int>::max() - lengths[process]);
    offsets[process] = static_cast<int>(total);
    total += lengths[process];
  }
  std::string all(static_cast<size_t>(total), '\0');
  UPF_RETURN_IF_ERROR(
      MpiStatus(MPI_Iallgatherv(mine.data(), length, MPI_BYTE, all.data(), lengths.data(),
                                offsets.data(), MPI_BYTE, MPI_COMM_WORLD, &request),
                "MPI_Iallgatherv"));
  UPF_RETURN_IF_ERROR(WaitFor(request, wait_));
  std::vector<std::string> parts;
  for (size_t process = 0; process < count; ++process) {
    parts.push_back(
        all.substr(static_cast<size_t>(offsets[process]), static_cast<size_t>(lengths[process])));
  }
  return parts;
}

}  // namespace upfabric::daemon
