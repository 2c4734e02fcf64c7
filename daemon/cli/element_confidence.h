// From an element of an unloaded path back to the figures behind it.

#ifndef UPFABRIC_DAEMON_CLI_ELEMENT_CONFIDENCE_H_
#define UPFABRIC_DAEMON_CLI_ELEMENT_CONFIDENCE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "daemon/cli/comparison.h"
#include "upfabric/v1/fabric.pb.h"

namespace upfabric::daemon::cli {

// The weakest confidence of the figures that make an element; of the whole fabric for an element
// that is not known here, so that nothing looks surer than it is.
ElementConfidence ConfidenceOfElements(const v1::Fabric& fabric);

// The name without the part that says of what kind it is, which differs from fabric to fabric:
// "uplink propagation twinax" -> "uplink propagation", "uplink retimer 1 dsp" -> "uplink retimer
// 1".
std::string ElementWithoutKind(absl::string_view element);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_ELEMENT_CONFIDENCE_H_
