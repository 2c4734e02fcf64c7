// Moves the bytes of messages between ranks. Virtual time never depends on it.
//
// Threads: none; the simulation thread of each process calls it.

#ifndef UPFABRIC_COLLECTIVES_PAYLOAD_TRANSPORT_H_
#define UPFABRIC_COLLECTIVES_PAYLOAD_TRANSPORT_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fabric/base/ids.h"

namespace upfabric::collectives {

// Names a message for its payload: unique in a row.
struct MessageName {
  EndpointId source;
  EndpointId destination;
  uint32_t tag = 0;

  friend auto operator<=>(const MessageName&, const MessageName&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const MessageName& name) {
    return H::combine(std::move(h), name.source.value(), name.destination.value(), name.tag);
  }
};

// "3>5#0x01000002": source, destination, tag.
inline std::string MessageNameText(const MessageName& name) {
  return absl::StrCat(name.source.value(), ">", name.destination.value(), "#0x",
                      absl::Hex(name.tag, absl::kZeroPad8));
}

class PayloadTransport {
 public:
  virtual ~PayloadTransport() = default;

  // Hands over the bytes of a message when it is posted. A name is sent once in a row.
  virtual void Send(const MessageName& name, std::vector<std::byte> bytes) = 0;

  // Returns the bytes sent under `name`, waiting for another process if need be. A payload that
  // was damaged on its way is returned as it arrived; the transport reports it by name at the end.
  // Requires: the message has been delivered in virtual time, and its bytes not been taken.
  virtual std::vector<std::byte> Take(const MessageName& name) = 0;
};

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_PAYLOAD_TRANSPORT_H_
