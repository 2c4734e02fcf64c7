#include "fabric/model/router.h"

#include "fabric/base/fingerprint.h"

namespace upfabric::fabric {
namespace {

size_t Pick(int chip, const sim::Record& packet, uint64_t name, size_t ways) {
  const uint64_t pair = uint64_t{packet.source} << 16 | packet.destination;
  return Mix(Chain(Chain(static_cast<uint64_t>(chip), pair), name)) % ways;
}

}  // namespace

// By destination, neighbors on different ways; or by name, each chip with a hash of its own, since
// chips with the same hash would use only a part of what is behind them.
size_t WayOf(Routing routing, int chip, const sim::Record& packet, size_t ways) {
  if (ways == 1) {
    return 0;
  }
  if (routing == Routing::kStatic) {
    return (size_t{packet.destination} + packet.link) % ways;
  }
  return Pick(chip, packet, uint64_t{packet.tag} << 8 | packet.link, ways);
}

size_t WayOfFlow(int chip, const sim::Record& packet, size_t ways) {
  return Pick(chip, packet, uint64_t{packet.entropy} << 8 | packet.link, ways);
}

}  // namespace upfabric::fabric
