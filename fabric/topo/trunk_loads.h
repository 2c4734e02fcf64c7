// How often the links between switches are on the way of messages that are under way at once.
//
// Models:  each message in equal shares over its sender's links, each share along its route. Where
//          packets scatter over several ways to one switch, all ways share equally; over several
//          switches, the destination chooses one of the shortest ways.
// Omits:   links of endpoints, detours of adaptive routes.

#ifndef UPFABRIC_FABRIC_TOPO_TRUNK_LOADS_H_
#define UPFABRIC_FABRIC_TOPO_TRUNK_LOADS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "fabric/base/endpoint_pair.h"
#include "fabric/model/spec.h"
#include "fabric/topo/layout.h"

namespace upfabric::fabric {

// One whole message on one trunk.
inline constexpr int64_t kWholeMessage = 1 << 20;

// By kind of link, of the trunk and direction that most has to pass: how many messages, in units of
// kWholeMessage. Takes time in proportion to pairs x links of an endpoint x hops. Requires: the
// layout has a router.
std::vector<int64_t> BusiestTrunks(const FabricSpec& spec, const Layout& layout,
                                   std::span<const EndpointPair> pairs);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_TOPO_TRUNK_LOADS_H_
