#include "daemon/mpi/payloads.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/mpi/tags.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

// chosen: no larger than what MPI sends without a handshake.
constexpr size_t kInlineMax = 4096;
constexpr size_t kPieceMax = size_t{64} * 1024 * 1024;

// What a process says of a payload; followed by its bytes if they are inlined.
struct Announcement {
  int32_t source = 0;
  int32_t destination = 0;
  uint32_t tag = 0;
  uint32_t inlined = 0;
  uint64_t bytes = 0;
  uint64_t checksum = 0;
};

// Inverts a bit that changes an element of any type by more than rounding can hide: the highest bit
// of an exponent, or bit 30 of an integer (elements are of 2 or 4 bytes, little endian).
void FlipBit(std::vector<std::byte>& bytes) {
  const size_t position = std::min(bytes.size() / 2 | 3, bytes.size() - 1);
  bytes[position] ^= std::byte{0x40};
}

// Calls start(data, count, request) for each piece.
template <typename Start>
absl::Status ForPieces(std::vector<std::byte>& bytes, std::vector<MPI_Request>& requests,
                       Start start) {
  for (size_t offset = 0; offset < bytes.size(); offset += kPieceMax) {
    const size_t count = std::min(kPieceMax, bytes.size() - offset);
    UPF_RETURN_IF_ERROR(start(bytes.data() + offset, static_cast<int>(count),
                              &requests.emplace_back(MPI_REQUEST_NULL)));
  }
  return absl::OkStatus();
}

}  // namespace

MpiPayloads::MpiPayloads(const MpiEnvironment& environment, std::function<int(EndpointId)> owner,
                         Waiter& waiter, PayloadFlip& flip)
    : index_(environment.index()),
      owner_(std::move(owner)),
      waiter_(waiter),
      flip_(flip),
      announced_(static_cast<size_t>(environment.size())) {}

void MpiPayloads::Send(const collectives::MessageName& name, std::vector<std::byte> bytes) {
  const int process = owner_(name.destination);
  if (process == index_) {
    local_.Send(name, std::move(bytes));
    return;
  }
  Transfer transfer;
  transfer.process = process;
  transfer.name = name;
  transfer.checksum = collectives::PayloadChecksum(bytes);
  transfer.inlined = bytes.size() <= kInlineMax;
  transfer.bytes = std::move(bytes);
  if (!transfer.bytes.empty() && flip_.Hits()) {
    FlipBit(transfer.bytes);
  }
  announced_[static_cast<size_t>(process)].push_back(std::move(transfer));
}

void MpiPayloads::Announce(int process, MessageWriter& writer) {
  const std::vector<Transfer>& transfers = announced_[static_cast<size_t>(process)];
  writer.Append(uint64_t{transfers.size()});
  for (const Transfer& transfer : transfers) {
    writer.Append(Announcement{.source = transfer.name.source.value(),
                               .destination = transfer.name.destination.value(),
                               .tag = transfer.name.tag,
                               .inlined = transfer.inlined ? 1U : 0U,
                               .bytes = transfer.bytes.size(),
                               .checksum = transfer.checksum});
    if (transfer.inlined) {
      writer.AppendBytes(transfer.bytes);
    }
  }
}

absl::Status MpiPayloads::StartAnnounced() {
  ReapSends();
  for (std::vector<Transfer>& transfers : announced_) {
    for (Transfer& transfer : transfers) {
      if (transfer.inlined) {
        continue;
      }
      Transfer& started = sends_.emplace_back(std::move(transfer));
      UPF_RETURN_IF_ERROR(
          ForPieces(started.bytes, started.requests,
                    [&started](const std::byte* data, int count, MPI_Request* request) {
                      return MpiStatus(MPI_Isend(data, count, MPI_BYTE, started.process,
                                                 kTagPayload, MPI_COMM_WORLD, request),
                                       "MPI_Isend");
                    }));
    }
    transfers.clear();
  }
  return absl::OkStatus();
}

absl::Status MpiPayloads::ReadAnnouncements(int process, MessageReader& reader) {
  const auto count = reader.Read<uint64_t>();
  for (uint64_t i = 0; i < count; ++i) {
    const auto announcement = reader.Read<Announcement>();
    const collectives::MessageName name{EndpointId(announcement.source),
                                        EndpointId(announcement.destination), announcement.tag};
    const auto [entry, is_new] = arriving_.try_emplace(name);
    UPF_CHECK(is_new);
    Transfer& transfer = entry->second;
    transfer.process = process;
    transfer.name = name;
    transfer.checksum = announcement.checksum;
    transfer.inlined = announcement.inlined != 0;
    if (transfer.inlined) {
      const std::span<const std::byte> bytes = reader.ReadBytes(announcement.bytes);
      transfer.bytes.assign(bytes.begin(), bytes.end());
      continue;
    }
    transfer.bytes.resize(announcement.bytes);
    UPF_RETURN_IF_ERROR(ForPieces(transfer.bytes, transfer.requests,
                                  [process](std::byte* data, int piece, MPI_Request* request) {
                                    return MpiStatus(
                                        MPI_Irecv(data, piece, MPI_BYTE, process, kTagPayload,
                                                  MPI_COMM_WORLD, request),
                                        "MPI_Irecv");
                                  }));
  }
  return absl::OkStatus();
}

std::vector<std::byte> MpiPayloads::Take(const collectives::MessageName& name) {
  if (owner_(name.source) == index_) {
    return local_.Take(name);
  }
  const auto found = arriving_.find(name);
  UPF_CHECK(found != arriving_.end());
  if (!status_.ok()) {
    return std::vector<std::byte>(found->second.bytes.size());
  }
  status_ = Finish(found->second);
  if (!status_.ok()) {
    // The buffer must outlive the receive that was not finished.
    return std::vector<std::byte>(found->second.bytes.size());
  }
  Transfer transfer = std::move(found->second);
  arriving_.erase(found);
  if (collectives::PayloadChecksum(transfer.bytes) != transfer.checksum) {
    damaged_.push_back(collectives::MessageNameText(name));
  }
  return std::move(transfer.bytes);
}

absl::Status MpiPayloads::Finish(Transfer& transfer) {
  if (transfer.requests.empty()) {
    return absl::OkStatus();
  }
  const absl::Status status = waiter_.Wait([&transfer]() -> absl::StatusOr<bool> {
    int finished = 0;
    UPF_RETURN_IF_ERROR(
        MpiStatus(MPI_Testall(static_cast<int>(transfer.requests.size()), transfer.requests.data(),
                              &finished, MPI_STATUSES_IGNORE),
                  "MPI_Testall"));
    return finished != 0;
  });
  if (status.code() != absl::StatusCode::kDeadlineExceeded) {
    return status;
  }
  return absl::UnavailableError(absl::StrCat("daemon ", transfer.process, ": payload of ",
                                             collectives::MessageNameText(transfer.name), ": ",
                                             status.message()));
}

void MpiPayloads::ReapSends() {
  while (!sends_.empty()) {
    std::vector<MPI_Request>& requests = sends_.front().requests;
    int finished = 0;
    MPI_Testall(static_cast<int>(requests.size()), requests.data(), &finished, MPI_STATUSES_IGNORE);
    if (finished == 0) {
      return;
    }
    sends_.pop_front();
  }
}

std::vector<std::string> MpiPayloads::DamagedMessages() const {
  std::vector<std::string> damaged = local_.DamagedMessages();
  damaged.insert(damaged.end(), damaged_.begin(), damaged_.end());
  return damaged;
}

absl::Status MpiPayloads::Drain() {
  UPF_RETURN_IF_ERROR(status_);
  for (Transfer& transfer : sends_) {
    UPF_RETURN_IF_ERROR(Finish(transfer));
  }
  sends_.clear();
  for (auto& [key, transfer] : arriving_) {
    UPF_RETURN_IF_ERROR(Finish(transfer));
  }
  arriving_.clear();
  return absl::OkStatus();
}

}  // namespace upfabric::daemon
