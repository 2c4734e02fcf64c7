// Fabrics and kinds that say only how they differ from another.

#ifndef UPFABRIC_FABRIC_CONFIG_INHERITANCE_H_
#define UPFABRIC_FABRIC_CONFIG_INHERITANCE_H_

#include "absl/status/status.h"
#include "upfabric/v1/fabric.pb.h"

namespace upfabric::fabric {

// Gives `fabric` what it does not say itself from `base`, but for the id, title and what it names
// in `without`; then it has no base. Returns a FieldError for a part that the base does not have.
absl::Status TakeOver(const v1::Fabric& base, v1::Fabric& fabric);

// The same for the kinds of links and switches, from the fabric's own link and switch.
absl::Status CompleteKinds(v1::Fabric& fabric);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_CONFIG_INHERITANCE_H_
