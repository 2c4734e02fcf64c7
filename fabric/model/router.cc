#include "fabric/model/router.h"

#include "fabric/base/fingerprint.h"

namespace upfabric::fabric {

// By destination, neighbors on different ways; or by name, each chip with a hash of its own, since
// chips with the same hash would use only a part of what is behind them.
size_t WayOf(Routing routing, int chip, const sim::Record& packet, size_t ways) {
  if (ways == 1) {
    return 0;
  }
  if (routing == Routing::kStatic) {
    return (size_t{packet.destination} + packet.link) % ways;
  }
  const uint64_t pair = uint64_t{packet.source} << 16 | packet.destination;
  const uint64_t name =
      Chain(Chain(static_cast<uint64_t>(chip), pair), uint64_t{packet.tag} << 8 | packet.link);
  return Mix(name) % ways;
}

}  // namespace upfabric::fabric
