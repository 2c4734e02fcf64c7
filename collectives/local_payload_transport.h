// Payload of messages between ranks of one process: moved, never copied, with a checksum from when
// it is handed over to when it is taken.
//
// Threads: none; the simulation thread owns it.

#ifndef UPFABRIC_COLLECTIVES_LOCAL_PAYLOAD_TRANSPORT_H_
#define UPFABRIC_COLLECTIVES_LOCAL_PAYLOAD_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "collectives/payload_transport.h"

namespace upfabric::collectives {

// Checksum of a payload (XXH3, 64 bits).
uint64_t PayloadChecksum(std::span<const std::byte> bytes);

class LocalPayloadTransport final : public PayloadTransport {
 public:
  void Send(const MessageName& name, std::vector<std::byte> bytes) override;
  std::vector<std::byte> Take(const MessageName& name) override;

  // Names of the messages that were taken with another checksum than they were sent with, in the
  // order of taking.
  const std::vector<std::string>& DamagedMessages() const { return damaged_; }

  // Messages that have been sent and not been taken.
  int64_t held_count() const { return static_cast<int64_t>(held_.size()); }
  // The bytes of one of them, for tests that damage it. Requires: it is held.
  std::span<std::byte> Held(const MessageName& name);

 private:
  struct Parcel {
    std::vector<std::byte> bytes;
    uint64_t checksum = 0;
  };

  absl::flat_hash_map<MessageName, Parcel> held_;
  std::vector<std::string> damaged_;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_LOCAL_PAYLOAD_TRANSPORT_H_
