// One measured or imagined use of a collective library: what runs, where, how it was launched.

#ifndef UPFABRIC_COLLECTIVES_SOFTWARE_SOFTWARE_CASE_H_
#define UPFABRIC_COLLECTIVES_SOFTWARE_SOFTWARE_CASE_H_

#include <cstdint>
#include <string>

#include "collectives/software/profile.h"
#include "fabric/api/fabric_view.h"

namespace upfabric::collectives {

// How data go, which is all that the cost of a library depends on. Broadcast and reduce are chains;
// gather and scatter are exchanges of one rank.
enum class Pattern {
  kAllReduce,
  kAllGather,
  kReduceScatter,
  kChain,
  kAllToAll,
  kSendRecv,
  kRooted
};

// kAuto is one process for each accelerator, or a thread: launches overlap with what runs.
enum class Launch { kAuto, kSingleProcess, kGraph };

// What the fabric offers to the ranks of one domain.
struct DomainFacts {
  double rate = 0;        // an endpoint's data rate each way, 10^9 bytes a second
  double reachable = 0;   // as much of it as leads to the ranks
  double pair = 0;        // as much of it as leads to one of them
  double latency_us = 0;  // of the first bit, on the longest path
  double wire_share = 1;  // payload of the wire's bytes with the library's packets
  double memory = 0;      // traffic of a rank's memory, 10^9 bytes a second
  bool in_switch = false;
  bool mesh = false;  // pairs have links of their own
};

// Network adapters of one domain's ranks together.
struct Adapters {
  double count = 0;             // a part of one where ranks share it
  double rate = 0;              // of all, 10^9 bytes a second
  bool reduces_in_net = false;  // all-reduce in the network's switches
};

struct SoftwareCase {
  Pattern pattern = Pattern::kAllReduce;
  int ranks = 1;
  int domains = 1;  // ranks in equal blocks
  Launch launch = Launch::kAuto;
  std::string
      algorithm;  // "" or "auto": the library's choice; ring, tree, nvls, or a kernel's name
  LibraryVersion version;
  DomainFacts facts;
  Adapters adapters;    // of more than one domain
  std::string network;  // its name, of more than one domain

  int domain_ranks() const { return ranks / domains; }
};

// Requires: 1 <= ranks <= the view's endpoints.
DomainFacts FactsOf(const fabric::FabricView& view, int ranks, int packet_payload);

}  // namespace upfabric::collectives

#endif  // UPFABRIC_COLLECTIVES_SOFTWARE_SOFTWARE_CASE_H_
