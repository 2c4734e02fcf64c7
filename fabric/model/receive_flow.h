// The receiving end of a flow: what has come of its shares.
//
// Models:  placement as packets come (selective), or in order only (go-back-N); each packet counts
//          once, whatever was sent again.
// Omits:   a limit of what may be out of order: room for it is the receiver's memory.
// Threads: none.

#ifndef UPFABRIC_FABRIC_MODEL_RECEIVE_FLOW_H_
#define UPFABRIC_FABRIC_MODEL_RECEIVE_FLOW_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "fabric/model/ethernet_spec.h"
#include "fabric/model/transport_packet.h"
#include "fabric/sim/record.h"

namespace upfabric::fabric {

// A packet's name in its flow.
struct PacketName {
  uint16_t share = 0;     // modulo 65,536
  uint32_t position = 0;  // in it, from 1 on

  bool operator==(const PacketName&) const = default;
};

// Packets of one share that are in and not acked yet: what one ack can tell.
class Unacked {
 public:
  // Returns false, and does nothing, if an ack cannot tell of it together with the others.
  bool Add(PacketName name, bool marked, int64_t bytes);

  bool empty() const { return bytes_ == 0; }
  PacketName last() const { return last_; }
  uint32_t others() const { return others_; }  // see ControlTag
  bool marked() const { return marked_; }
  int64_t bytes() const { return bytes_; }

 private:
  PacketName last_;
  uint32_t others_ = 0;
  bool marked_ = false;
  int64_t bytes_ = 0;
};

class ReceiveFlow {
 public:
  enum class Arrival {
    kNew,
    kAgain,       // it is in already
    kOutOfOrder,  // go-back-N: it is not taken, since another one is missing
  };

  explicit ReceiveFlow(Recovery recovery) : recovery_(recovery) {}

  // A data packet. Where it completes its share, the last packet of that is written to `completed`,
  // which else is left alone.
  Arrival Take(const sim::Record& packet, sim::Record& completed);
  // The first packet that is missing. Of use with go-back-N.
  PacketName Expected() const;
  // What is out of order has been told to the sender, until the next packet in order is in.
  bool told = false;

  Unacked unacked;
  sim::Record newest;           // of what was taken
  bool waits = false;           // it is in the port's list of flows with something to ack
  sim::Ticks notice_after = 0;  // earliest time of the next notice of congestion

 private:
  struct Share {
    sim::Record last;         // position 0 until it is in
    uint32_t arrived = 0;     // packets
    uint32_t in_order = 0;    // of them those before the first that is missing
    std::vector<bool> is_in;  // by position - 1; empty while none is missing in between
    bool complete() const { return last.position > 0 && arrived == last.position; }
  };

  Recovery recovery_;
  // From the first that is not complete on; nearly always one.
  absl::InlinedVector<Share, 1> shares_;
  uint16_t first_ = 0;  // its number
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_RECEIVE_FLOW_H_
