#include "daemon/mpi/window_messages.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daemon/mpi/tags.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

// chosen: what fits goes in one message; most windows of a busy fabric stay below it.
constexpr size_t kFirstPart = size_t{16} * 1024;

int CountOf(size_t bytes) {
  UPF_CHECK(bytes <= static_cast<size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(bytes);
}

size_t LengthOf(std::span<const std::byte> message) {
  return MessageReader(message).Read<uint64_t>();
}

// Processes of the requests that have not finished: "daemons 1, 3".
std::string Unfinished(std::vector<MPI_Request>& requests, const std::vector<int>& peers) {
  std::vector<int> missing;
  for (size_t i = 0; i < requests.size(); ++i) {
    int finished = 0;
    MPI_Request_get_status(requests[i], &finished, MPI_STATUS_IGNORE);
    if (finished == 0) {
      missing.push_back(peers[i]);
    }
  }
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  return absl::StrCat(missing.size() == 1 ? "daemon " : "daemons ", absl::StrJoin(missing, ", "));
}

}  // namespace

WindowMessages::WindowMessages(const MpiEnvironment& environment)
    : index_(environment.index()),
      size_(environment.size()),
      outgoing_(static_cast<size_t>(size_)),
      incoming_(static_cast<size_t>(size_), std::vector<std::byte>(kFirstPart)) {}

absl::Status WindowMessages::Swap(Waiter& waiter) {
  first_parts_.clear();
  first_part_peers_.clear();
  others_.clear();
  other_peers_.clear();
  UPF_RETURN_IF_ERROR(StartAll());
  UPF_RETURN_IF_ERROR(Finish(first_parts_, first_part_peers_, waiter));
  UPF_RETURN_IF_ERROR(ReceiveRests());
  UPF_RETURN_IF_ERROR(Finish(others_, other_peers_, waiter));
  for (MessageWriter& writer : outgoing_) {
    writer.Clear();
  }
  return absl::OkStatus();
}

absl::Status WindowMessages::StartAll() {
  for (int process = 0; process < size_; ++process) {
    if (process == index_) {
      continue;
    }
    const auto p = static_cast<size_t>(process);
    first_part_peers_.push_back(process);
    UPF_RETURN_IF_ERROR(
        MpiStatus(MPI_Irecv(incoming_[p].data(), CountOf(kFirstPart), MPI_BYTE, process, kTagWindow,
                            MPI_COMM_WORLD, &first_parts_.emplace_back(MPI_REQUEST_NULL)),
                  "MPI_Irecv"));
  }
  for (int process = 0; process < size_; ++process) {
    if (process == index_) {
      continue;
    }
    const std::span<const std::byte> bytes = outgoing_[static_cast<size_t>(process)].Seal();
    const size_t first = std::min(bytes.size(), kFirstPart);
    other_peers_.push_back(process);
    UPF_RETURN_IF_ERROR(
        MpiStatus(MPI_Isend(bytes.data(), CountOf(first), MPI_BYTE, process, kTagWindow,
                            MPI_COMM_WORLD, &others_.emplace_back(MPI_REQUEST_NULL)),
                  "MPI_Isend"));
    if (first < bytes.size()) {
      other_peers_.push_back(process);
      UPF_RETURN_IF_ERROR(MpiStatus(
          MPI_Isend(bytes.data() + first, CountOf(bytes.size() - first), MPI_BYTE, process,
                    kTagWindowRest, MPI_COMM_WORLD, &others_.emplace_back(MPI_REQUEST_NULL)),
          "MPI_Isend"));
    }
  }
  return absl::OkStatus();
}

absl::Status WindowMessages::ReceiveRests() {
  for (const int process : first_part_peers_) {
    std::vector<std::byte>& bytes = incoming_[static_cast<size_t>(process)];
    const size_t length = LengthOf(bytes);
    if (length <= kFirstPart) {
      continue;
    }
    bytes.resize(std::max(bytes.size(), length));
    other_peers_.push_back(process);
    UPF_RETURN_IF_ERROR(MpiStatus(
        MPI_Irecv(bytes.data() + kFirstPart, CountOf(length - kFirstPart), MPI_BYTE, process,
                  kTagWindowRest, MPI_COMM_WORLD, &others_.emplace_back(MPI_REQUEST_NULL)),
        "MPI_Irecv"));
  }
  return absl::OkStatus();
}

absl::Status WindowMessages::Finish(std::vector<MPI_Request>& requests,
                                    const std::vector<int>& peers, Waiter& waiter) {
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
  return absl::UnavailableError(absl::StrCat(Unfinished(requests, peers), ": ", status.message()));
}

MessageReader WindowMessages::From(int process) const {
  const std::vector<std::byte>& bytes = incoming_[static_cast<size_t>(process)];
  MessageReader reader(std::span<const std::byte>(bytes).first(LengthOf(bytes)));
  reader.Read<uint64_t>();
  return reader;
}

}  // namespace upfabric::daemon
