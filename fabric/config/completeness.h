// What a fabric must say, whatever the values: one pass over the message by reflection.

#ifndef UPFABRIC_FABRIC_CONFIG_COMPLETENESS_H_
#define UPFABRIC_FABRIC_CONFIG_COMPLETENESS_H_

#include "absl/status/status.h"
#include "upfabric/v1/fabric.pb.h"

namespace upfabric::fabric {

// Returns a FieldError unless every field is given (only what the schema calls absent may be left
// out and lists may be empty), every enum is specified, every text is one line, and every figure
// has a value, a confidence, and a source or, for an estimate, a note.
absl::Status CheckComplete(const v1::Fabric& fabric);

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_CONFIG_COMPLETENESS_H_
