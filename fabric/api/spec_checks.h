// What must hold of a fabric's figures together, beyond what each must by itself.
//
// Errors: kInvalidArgument, naming the field.

#ifndef UPFABRIC_FABRIC_API_SPEC_CHECKS_H_
#define UPFABRIC_FABRIC_API_SPEC_CHECKS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "fabric/model/credit_pool.h"
#include "fabric/model/link_timing.h"
#include "fabric/model/spec.h"
#include "fabric/topo/layout.h"

namespace upfabric::fabric {

// Buffer space in wire units, rounded down: at least one packet and what credits may lack to a
// step.
absl::StatusOr<uint32_t> BufferUnits(Bytes buffer, const LinkSpec& link, const LinkTiming& timing,
                                     const char* where);

// How credits come back, in units and ticks.
CreditReturn CreditReturnOf(const LinkSpec& link, const LinkTiming& timing);

// Whether some switches send packets of a message on one link on different ways.
bool Scatters(const FabricSpec& spec);

// The classes of virtual channels that the topology needs are there.
absl::Status CheckChannelClasses(const FabricSpec& spec, const Layout& layout);

// The parts of in-switch work fit records and tables.
absl::Status CheckInSwitch(const FabricSpec& spec, const LinkTiming& timing, const Layout& layout);

// Shared buffers and a transport go together, in networks that they are modelled for.
absl::Status CheckTransport(const FabricSpec& spec, const LinkTiming& timing, const Layout& layout);

// A sender that may run a whole loop ahead of its acks is never held up by them.
absl::Status CheckRetryWindow(const LinkSpec& link, const LinkTiming& timing);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_API_SPEC_CHECKS_H_
