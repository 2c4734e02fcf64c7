// What follows from a fabric's figures and shape without a part of it being made.
//
// Models:  what FabricView says, the window, and the memory that the fabric would take.
// Omits:   whether routes can deadlock, in networks with more endpoints than packets can name,
// which
//          go up and then down.
// Ownership: it keeps the specification.

#ifndef UPFABRIC_FABRIC_API_FABRIC_ANALYSIS_H_
#define UPFABRIC_FABRIC_API_FABRIC_ANALYSIS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "fabric/api/fabric_types.h"
#include "fabric/api/fabric_view.h"
#include "fabric/model/spec.h"
#include "fabric/topo/layout.h"

namespace upfabric::fabric {

class FabricAnalysis {
 public:
  virtual ~FabricAnalysis() = default;

  // Returns errors as Fabric::Create does, but takes larger fabrics.
  static absl::StatusOr<std::unique_ptr<FabricAnalysis>> Create(const FabricSpec& spec);

  virtual const FabricView& view() const = 0;
  // Of a pod, if there are several.
  virtual const Layout& layout() const = 0;
  // Of what joins the pods, or null.
  virtual const Layout* network() const = 0;

  virtual Picoseconds Window() const = 0;
  virtual std::string WindowLimit() const = 0;
  virtual std::optional<ClusterInfo> Clusters() const = 0;

  // About what the whole fabric takes while it is idle.
  virtual int64_t IdleBytes() const = 0;
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_API_FABRIC_ANALYSIS_H_
