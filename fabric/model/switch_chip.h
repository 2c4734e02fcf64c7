// What every kind of switch chip shows to its fabric: inlets, outputs, counters.
//
// Threads: none.

#ifndef UPFABRIC_FABRIC_MODEL_SWITCH_CHIP_H_
#define UPFABRIC_FABRIC_MODEL_SWITCH_CHIP_H_

#include <vector>

#include "fabric/model/counters.h"
#include "fabric/model/credit_pool.h"
#include "fabric/model/hop_times.h"
#include "fabric/model/transmitter.h"
#include "fabric/sim/engine.h"

namespace upfabric::fabric {

class SwitchChip : public sim::Component {
 public:
  // Wiring, once for each port: `in` is the kind of the channel that arrives there, on link number
  // `link`, from `sender`. The transmitter is towards the port's far end.
  sim::Inlet& packets_in(int port) { return inputs_[static_cast<size_t>(port)].packets; }
  virtual void ConnectInput(int port, const HopTimes& in, int link, Transmitter& sender) {
    Input& input = inputs_[static_cast<size_t>(port)];
    input.times = &in;
    input.link = link;
    input.sender = &sender;
  }
  virtual Transmitter& transmitter(int port) = 0;

  // Applies the faults before `window_end` that are not applied yet (see Port::PassFaults).
  virtual void PassFaults(sim::Ticks window_end) = 0;

  int ports() const { return static_cast<int>(inputs_.size()); }
  virtual const Transmitter& transmitter(int port) const = 0;
  // Packets wait for this output.
  virtual bool waiting(int port) const = 0;
  const ReceiveCounters& received(int port) const {
    return inputs_[static_cast<size_t>(port)].received;
  }
  virtual int64_t packets_held() const = 0;  // that have come in and not left, copies counted
  // Packets that copying added and reducing took away.
  virtual int64_t packets_replicated() const { return 0; }
  virtual int64_t packets_reduced() const { return 0; }
  virtual int64_t packets_dropped() const { return 0; }

 protected:
  struct Input {
    sim::Inlet packets;
    Transmitter* sender = nullptr;
    const HopTimes* times = nullptr;
    int link = 0;
    ReceiveCounters received;

    // Serialization of a packet that came in, and the spacing of its train.
    sim::Ticks PacketTime(const sim::Record& packet) const {
      return times->PacketTime(packet, link);
    }
  };

  explicit SwitchChip(int ports) : inputs_(static_cast<size_t>(ports)) {}

  std::vector<Input> inputs_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_SWITCH_CHIP_H_
