// What a collective can do at one endpoint, and what it is told.
//
// Models:  messages (timing only: bytes move through PayloadTransport), local copies and
//          reductions; multicasts and reduce-reads where the switches can do them.
// Threads: none; calls are made from inside the client's callbacks.

#ifndef UPFABRIC_FABRIC_API_MESSAGE_PORT_H_
#define UPFABRIC_FABRIC_API_MESSAGE_PORT_H_

#include <cstdint>
#include <optional>

#include "fabric/base/ids.h"
#include "fabric/base/units.h"

namespace upfabric::fabric {

struct SendRequest {
  EndpointId destination;  // not the port's own endpoint
  // Names the message: (source, destination, tag) is unique in a row.
  uint32_t tag = 0;
  Bytes size;  // 0 is a message of one header-only packet
  int virtual_channel = 0;
  bool tell_when_sent = false;
  uint32_t cookie = 0;
};

// Requires: the view's in_switch() has the ability, and Fabric::SetGroups named the group.
struct MulticastRequest {
  int group = 0;  // the sender need not be a member
  // Names the message as (source, member, tag) would; every member asks for it with PostRecv, the
  // sender too if it is one.
  uint32_t tag = 0;
  Bytes size;
  int virtual_channel = 0;
};

// Requires: as for a multicast.
struct ReduceReadRequest {
  int group = 0;  // the reader need not be a member
  // Names the result as a message of the endpoint to itself: (own endpoint, tag).
  uint32_t tag = 0;
  Bytes size;  // of the result, and of what each member is read for
  int virtual_channel = 0;
};

// The endpoint's side. Everything happens at the virtual time of the callback that is running.
class MessagePort {
 public:
  virtual ~MessagePort() = default;

  // Starts a message. It leaves in the order of posting; if asked for, OnSent(cookie) follows once
  // its last byte has left.
  virtual void PostSend(const SendRequest& request) = 0;

  // Asks for message (source, tag). Returns when it was delivered if it has been already; otherwise
  // OnReceived(cookie) follows. A message may be asked for once.
  virtual std::optional<SimTime> PostRecv(EndpointId source, uint32_t tag, uint32_t cookie) = 0;

  // Starts a message that the switches copy to every member of a group.
  virtual void PostMulticast(const MulticastRequest& request) = 0;

  // Reads a range of every member of a group, reduced by the switches; OnReceived(cookie) follows.
  // The members' clients are not asked: what is read must be in place.
  virtual void PostReduceRead(const ReduceReadRequest& request, uint32_t cookie) = 0;

  // Occupies the endpoint's memory for a copy or a reduction that reads and writes `traffic` in
  // all; OnLocalDone(cookie) follows. Local operations of an endpoint share its memory one after
  // another.
  virtual void PostLocal(Bytes traffic, uint32_t cookie) = 0;

  // OnTimer(cookie) follows after `delay` > 0.
  virtual void PostTimer(Picoseconds delay, uint32_t cookie) = 0;
};

// The collective's side: one for each endpoint that takes part.
class MessagePortClient {
 public:
  virtual ~MessagePortClient() = default;

  // Called once at virtual time 0, before anything else.
  virtual void OnStart(MessagePort& port) = 0;
  virtual void OnReceived(SimTime now, uint32_t cookie) = 0;
  virtual void OnLocalDone(SimTime now, uint32_t cookie) = 0;
  virtual void OnTimer(SimTime now, uint32_t cookie) = 0;
  // Of a send that asked for it.
  virtual void OnSent(SimTime /*now*/, uint32_t /*cookie*/) {}
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_API_MESSAGE_PORT_H_
