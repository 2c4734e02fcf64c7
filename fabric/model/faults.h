// Faults of a run as data: what happens to which part of a fabric at which virtual time.
//
// Models:  a link that goes down is withdrawn: from its time on the port takes no new share and the
//          endpoints spray new messages over the links that are up at both ends. Shares that wait
//          at a port for a route that went down go back to their endpoint (its delivery time) and
//          are posted again (its injection time) on a link that is up. What has left the port
//          arrives, link-level replays included; a share that had begun to leave ends with one more
//          packet on its old link, and only its rest moves. A plane that goes down takes down all
//          its links. A message that finds no link waits for the next one that comes up; if none
//          does, it has failed, and with it the row.
//          Both directions of a link change together, at the same virtual time at both ends.
// Omits:   loss of packets inside a switch or on the wire; the time in which a fault is noticed;
//          longer FEC collection on fewer lanes.
// Threads: plain data.

#ifndef UPFABRIC_FABRIC_MODEL_FAULTS_H_
#define UPFABRIC_FABRIC_MODEL_FAULTS_H_

#include <variant>
#include <vector>

#include "fabric/base/ids.h"
#include "fabric/base/units.h"

namespace upfabric::fabric {

// Link `link` of those of an endpoint ("gpu3:5" is link 5 of endpoint 3), or, with an endpoint of
// -1, trunk `link` between two chips.
struct LinkRef {
  EndpointId endpoint;
  int link = 0;
};

struct LinkStateFault {
  LinkRef link;
  bool up = false;
};

// A switch chip with all its links. A link is up while both it and its plane are.
struct PlaneStateFault {
  int plane = 0;
  bool up = false;
};

// From now on so many lanes carry the link, 1 to all: packets that start take longer by all /
// lanes, rounded up to a tick.
struct LaneFault {
  LinkRef link;
  int lanes = 0;
};

// From now on a flit fails with this probability, 0 to 1/100, in both directions.
struct ErrorRateFault {
  LinkRef link;
  Ratio flit_error_rate;
};

// From now on injection and local operations take this much longer: 1 (as built) to 100.
struct SlowEndpointFault {
  EndpointId endpoint;
  Ratio injection_factor = Ratio(1);
  Ratio memory_factor = Ratio(1);
};

// Buffer space whose credits the sender of one channel loses: at most what it holds then. The
// next row starts with all of them. A leak after the end of a row counts at its end.
struct CreditLeakFault {
  LinkRef link;
  bool to_switch = true;  // the channel that leaves the endpoint
  int virtual_channel = 0;
  Bytes space;  // rounded up to whole wire units, at most 1 GiB
};

struct Fault {
  SimTime time;
  std::variant<LinkStateFault, PlaneStateFault, LaneFault, ErrorRateFault, SlowEndpointFault,
               CreditLeakFault>
      what;
};

// In any order; of several at the same time the later in the list is applied later.
using FaultSchedule = std::vector<Fault>;

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_FAULTS_H_
