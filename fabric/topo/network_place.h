// Where a network is in a fabric of several.

#ifndef UPFABRIC_FABRIC_TOPO_NETWORK_PLACE_H_
#define UPFABRIC_FABRIC_TOPO_NETWORK_PLACE_H_

#include <string>

namespace upfabric::fabric {

// What comes before it there, and how much there is in all.
struct NetworkPlace {
  int first_endpoint = 0;
  int endpoints = 0;
  int first_link = 0;  // of an endpoint
  int first_plane = 0;
  int planes = 0;
  int first_channel = 0;
  std::string prefix;  // of the names of chips
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_TOPO_NETWORK_PLACE_H_
