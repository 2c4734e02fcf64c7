#include "collectives/local_payload_transport.h"

#include <xxhash.h>

#include <utility>

#include "fabric/base/check.h"

namespace upfabric::collectives {

uint64_t PayloadChecksum(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

void LocalPayloadTransport::Send(const MessageName& name, std::vector<std::byte> bytes) {
  const uint64_t checksum = PayloadChecksum(bytes);
  const bool is_new = held_.try_emplace(name, Parcel{std::move(bytes), checksum}).second;
  UPF_CHECK(is_new);
}

std::vector<std::byte> LocalPayloadTransport::Take(const MessageName& name) {
  const auto found = held_.find(name);
  UPF_CHECK(found != held_.end());
  Parcel parcel = std::move(found->second);
  held_.erase(found);
  if (PayloadChecksum(parcel.bytes) != parcel.checksum) {
    damaged_.push_back(MessageNameText(name));
  }
  return std::move(parcel.bytes);
}

std::span<std::byte> LocalPayloadTransport::Held(const MessageName& name) {
  const auto found = held_.find(name);
  UPF_CHECK(found != held_.end());
  return found->second.bytes;
}

}  // namespace upfabric::collectives
