// What every kind of link end at an accelerator shows to its fabric: inlets, wiring, counters.
//
// Threads: none.

#ifndef UPFABRIC_FABRIC_MODEL_ENDPOINT_PORT_H_
#define UPFABRIC_FABRIC_MODEL_ENDPOINT_PORT_H_

#include "fabric/model/counters.h"
#include "fabric/model/transmitter.h"
#include "fabric/sim/engine.h"

namespace upfabric::fabric {

// Where a port is: link `link` of endpoint `endpoint`, which has the number `number`.
struct PortPlace {
  int endpoint = 0;
  int link = 0;
  int number = 0;
};

class EndpointPort : public sim::Component {
 public:
  // Wiring, once. The caller initializes the transmitter.
  sim::Inlet& shares_in() { return shares_in_; }       // from the endpoint
  sim::Inlet& packets_in() { return packets_in_; }     // from the switch
  Transmitter& transmitter() { return transmitter_; }  // towards the switch
  void ConnectSharesOut(const sim::Outlet& outlet) { shares_out_ = outlet; }
  void ConnectReturnsOut(const sim::Outlet& outlet) { returns_out_ = outlet; }
  void ConnectCreditsOut(CreditPool* pool) { credits_out_ = pool; }

  // Applies the faults before `window_end` that are not applied yet. Of use by itself once a row
  // has ended: what leaks later counts at its end.
  virtual void PassFaults(sim::Ticks window_end) = 0;

  const Transmitter& transmitter() const { return transmitter_; }
  const ReceiveCounters& received() const { return received_; }
  // Nothing is missing of what reduce-reads take and give back.
  virtual bool sessions_complete() const { return true; }
  virtual int64_t shares_returned() const { return 0; }
  // Something waits to be sent, or for news of what has been sent.
  virtual bool waiting() const = 0;

 protected:
  // `out` and `in` are the kinds of its two channels.
  EndpointPort(const HopTimes& out, const HopTimes& in, const PortPlace& place)
      : times_(&out), in_(&in), place_(place) {}

  const HopTimes* times_;  // of the channel that it sends on
  const HopTimes* in_;     // of the one that it receives from
  sim::Inlet shares_in_;
  sim::Inlet packets_in_;
  Transmitter transmitter_;
  sim::Outlet shares_out_;
  CreditPool* credits_out_ = nullptr;
  ReceiveCounters received_;
  sim::Outlet returns_out_;
  PortPlace place_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_ENDPOINT_PORT_H_
