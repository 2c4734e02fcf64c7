// One message from each process to each other one, of any length: what a window's exchange is made
// of.
//
// All pairs, always: at the sizes a job has (tens of processes) fewer messages would need a
// reduction with a latency of its own.
//
// Threads: the simulation thread alone.

#ifndef UPFABRIC_DAEMON_MPI_WINDOW_MESSAGES_H_
#define UPFABRIC_DAEMON_MPI_WINDOW_MESSAGES_H_

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "daemon/mpi/environment.h"
#include "daemon/mpi/waiter.h"
#include "fabric/base/check.h"

namespace upfabric::daemon {

// Builds a message: its length, then what is appended.
class MessageWriter {
 public:
  MessageWriter() { Clear(); }

  void Clear() { bytes_.resize(sizeof(uint64_t)); }
  template <typename T>
  void Append(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    AppendBytes(std::as_bytes(std::span(&value, 1)));
  }
  void AppendBytes(std::span<const std::byte> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  // The whole message. Valid until the next change.
  std::span<const std::byte> Seal() {
    const uint64_t length = bytes_.size();
    std::memcpy(bytes_.data(), &length, sizeof(length));
    return bytes_;
  }

 private:
  std::vector<std::byte> bytes_;
};

// Reads what a MessageWriter appended, in the same order.
class MessageReader {
 public:
  explicit MessageReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <typename T>
  T Read() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, ReadBytes(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::span<const std::byte> ReadBytes(size_t count) {
    UPF_CHECK(count <= bytes_.size());
    const std::span<const std::byte> taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }

 private:
  std::span<const std::byte> bytes_;
};

class WindowMessages {
 public:
  explicit WindowMessages(const MpiEnvironment& environment);

  // What to send to `process` next. The caller fills it before Swap; Swap empties it.
  MessageWriter& To(int process) { return outgoing_[static_cast<size_t>(process)]; }

  // Sends and receives. Errors are kUnavailable and name the processes that did not answer.
  absl::Status Swap(Waiter& waiter);

  // What `process` sent in the last Swap; valid until the next.
  MessageReader From(int process) const;

 private:
  absl::Status StartAll();
  absl::Status ReceiveRests();
  // Waits for all of `requests`; `peers` are the processes they belong to.
  absl::Status Finish(std::vector<MPI_Request>& requests, const std::vector<int>& peers,
                      Waiter& waiter);

  const int index_;
  const int size_;
  std::vector<MessageWriter> outgoing_;
  std::vector<std::vector<std::byte>> incoming_;
  // Receives of first parts; then sends, and receives of rests. With the process of each.
  std::vector<MPI_Request> first_parts_;
  std::vector<int> first_part_peers_;
  std::vector<MPI_Request> others_;
  std::vector<int> other_peers_;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_MPI_WINDOW_MESSAGES_H_
