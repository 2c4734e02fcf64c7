// Payload between processes, once per message: the exchange that follows a send announces it, and
// its bytes start then.
//
// Models:  small payloads ride inside the window's message; larger ones go in pieces of at most
//          64 MiB that are waited for when they are taken. A checksum of what was sent is compared
//          with what arrived.
// Threads: the simulation thread alone.

#ifndef UPFABRIC_DAEMON_MPI_PAYLOADS_H_
#define UPFABRIC_DAEMON_MPI_PAYLOADS_H_

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "collectives/local_payload_transport.h"
#include "collectives/payload_transport.h"
#include "daemon/mpi/environment.h"
#include "daemon/mpi/waiter.h"
#include "daemon/mpi/window_messages.h"

namespace upfabric::daemon {

// Which payload to damage on its way, for tests of the checks. Lives as long as the process group.
struct PayloadFlip {
  int64_t countdown = 0;  // flips when it reaches 0 from above; 0: never

  // Counts a payload; returns whether this is the one.
  bool Hits() { return countdown > 0 && --countdown == 0; }
};

class MpiPayloads final : public collectives::PayloadTransport {
 public:
  MpiPayloads(const MpiEnvironment& environment, std::function<int(EndpointId)> owner,
              Waiter& waiter, PayloadFlip& flip);

  void Send(const collectives::MessageName& name, std::vector<std::byte> bytes) override;
  // Returns zeros, and keeps the error in status(), when the sender is gone.
  std::vector<std::byte> Take(const collectives::MessageName& name) override;

  // The exchange's side: appends the announcements for `process`; starts the payloads announced to
  // all; reads the announcements of `process`.
  void Announce(int process, MessageWriter& writer);
  absl::Status StartAnnounced();
  absl::Status ReadAnnouncements(int process, MessageReader& reader);

  // First error of a Take.
  const absl::Status& status() const { return status_; }
  // Names of the messages that arrived damaged, in the order of their taking.
  std::vector<std::string> DamagedMessages() const;

  // After the row: waits until nothing of it is on its way.
  absl::Status Drain();

 private:
  // One payload on its way, with the requests of its pieces.
  struct Transfer {
    int process = 0;
    uint64_t checksum = 0;
    bool inlined = false;
    collectives::MessageName name;
    std::vector<std::byte> bytes;
    std::vector<MPI_Request> requests;
  };

  absl::Status Finish(Transfer& transfer);
  void ReapSends();

  const int index_;
  const std::function<int(EndpointId)> owner_;
  Waiter& waiter_;
  PayloadFlip& flip_;
  collectives::LocalPayloadTransport local_;
  std::vector<std::vector<Transfer>> announced_;  // by process, until the next exchange
  std::deque<Transfer> sends_;                    // started, oldest first
  absl::flat_hash_map<collectives::MessageName, Transfer> arriving_;
  std::vector<std::string> damaged_;
  absl::Status status_;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_MPI_PAYLOADS_H_
