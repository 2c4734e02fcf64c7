// The endpoints that a partition owns, which all networks of a fabric share.
//
// Ownership: it owns them; the engine and the times must outlive it.

#ifndef UPFABRIC_FABRIC_API_ENDPOINT_SET_H_
#define UPFABRIC_FABRIC_API_ENDPOINT_SET_H_

#include <cstdlib>
#include <memory>
#include <vector>

#include "fabric/base/ids.h"
#include "fabric/model/endpoint.h"
#include "fabric/sim/engine.h"

namespace upfabric::fabric {

struct EndpointParts {
  EndpointId id;
  std::unique_ptr<Endpoint> endpoint;
  ComponentId component;
};

class EndpointSet {
 public:
  // Endpoints must be added in the order of their numbers, up or down; a partition owns a block.
  void Add(EndpointParts parts) { parts_.push_back(std::move(parts)); }
  std::vector<EndpointParts>& all() { return parts_; }
  const std::vector<EndpointParts>& all() const { return parts_; }
  // Null if another partition owns it.
  EndpointParts* Owned(EndpointId endpoint) {
    const auto distance =
        parts_.empty()
            ? size_t{0}
            : static_cast<size_t>(std::abs(endpoint.value() - parts_.front().id.value()));
    return distance < parts_.size() && parts_[distance].id == endpoint ? &parts_[distance]
                                                                       : nullptr;
  }

 private:
  std::vector<EndpointParts> parts_;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_API_ENDPOINT_SET_H_
