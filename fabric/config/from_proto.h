// From the message to checked strong types: the only way to a fabric::FabricSpec.

#ifndef UPFABRIC_FABRIC_CONFIG_FROM_PROTO_H_
#define UPFABRIC_FABRIC_CONFIG_FROM_PROTO_H_

#include "absl/status/statusor.h"
#include "fabric/model/spec.h"
#include "upfabric/v1/fabric.pb.h"

namespace upfabric::fabric {

// Returns the spec, or the first error as a FieldError (field_error.h): something missing or
// without its provenance, a wrong unit, a value out of its range, values that do not fit each
// other, or rates whose time per byte cannot be held exactly.
absl::StatusOr<FabricSpec> FabricSpecFromProto(const v1::Fabric& fabric);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_CONFIG_FROM_PROTO_H_
