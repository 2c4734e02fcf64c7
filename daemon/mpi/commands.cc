#include "daemon/mpi/commands.h"

#include <mpi.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/mpi/tags.h"
#include "fabric/base/check.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

absl::Status WaitForAll(std::vector<MPI_Request>& requests, const WaiterOptions& options) {
  Waiter waiter(options);
  const absl::Status status = waiter.Wait([&requests]() -> absl::StatusOr<bool> {
    int finished = 0;
    UPF_RETURN_IF_ERROR(MpiStatus(MPI_Testall(static_cast<int>(requests.size()), requests.data(),
                                              &finished, MPI_STATUSES_IGNORE),
                                  "MPI_Testall"));
    return finished != 0;
  });
  if (status.code() != absl::StatusCode::kDeadlineExceeded) {
    return status;
  }
  return absl::UnavailableError(absl::StrCat("another daemon: ", status.message()));
}

}  // namespace

MpiCommands::MpiCommands(const MpiEnvironment& environment, WaiterOptions wait)
    : index_(environment.index()), size_(environment.size()), wait_(std::move(wait)) {}

absl::Status MpiCommands::Send(const std::string& command) {
  UPF_CHECK_OP(index_, ==, 0);
  std::vector<MPI_Request> requests;
  for (int process = 1; process < size_; ++process) {
    // Synchronous mode: finished means received, so the text may go and the order is kept.
    UPF_RETURN_IF_ERROR(
        MpiStatus(MPI_Issend(command.data(), static_cast<int>(command.size()), MPI_BYTE, process,
                             kTagCommand, MPI_COMM_WORLD, &requests.emplace_back(MPI_REQUEST_NULL)),
                  "MPI_Issend"));
  }
  return WaitForAll(requests, wait_);
}

absl::StatusOr<std::optional<std::string>> MpiCommands::Poll() {
  int arrived = 0;
  MPI_Status probed;
  UPF_RETURN_IF_ERROR(
      MpiStatus(MPI_Iprobe(0, kTagCommand, MPI_COMM_WORLD, &arrived, &probed), "MPI_Iprobe"));
  if (arrived == 0) {
    return std::nullopt;
  }
  int length = 0;
  UPF_RETURN_IF_ERROR(MpiStatus(MPI_Get_count(&probed, MPI_BYTE, &length), "MPI_Get_count"));
  std::string command(static_cast<size_t>(length), '\0');
  std::vector<MPI_Request> request(1, MPI_REQUEST_NULL);
  UPF_RETURN_IF_ERROR(MpiStatus(
      MPI_Irecv(command.data(), length, MPI_BYTE, 0, kTagCommand, MPI_COMM_WORLD, request.data()),
      "MPI_Irecv"));
  UPF_RETURN_IF_ERROR(WaitForAll(request, wait_));
  return command;
}

absl::Status MpiCommands::Barrier() {
  std::vector<MPI_Request> request(1, MPI_REQUEST_NULL);
  UPF_RETURN_IF_ERROR(MpiStatus(MPI_Ibarrier(MPI_COMM_WORLD, request.data()), "MPI_Ibarrier"));
  return WaitForAll(request, wait_);
}

}  // namespace upfabric::daemon
