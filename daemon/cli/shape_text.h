// The shape of a fabric in words and numbers.

#ifndef UPFABRIC_DAEMON_CLI_SHAPE_TEXT_H_
#define UPFABRIC_DAEMON_CLI_SHAPE_TEXT_H_

#include <string>

#include "fabric/model/spec.h"
#include "fabric/topo/layout.h"

namespace upfabric::daemon::cli {

// "18 planes x 1 link", "4 x 4 x 4 torus", "Clos of 16 leaves x 16, 16 spines".
std::string TopologyText(const fabric::FabricSpec& spec);

struct ShapeCounts {
  int switches = 0;
  int endpoint_links = 0;
  int switch_links = 0;  // from switch to switch
  int links() const { return endpoint_links + switch_links; }
  int channels() const { return 2 * links(); }
};

ShapeCounts CountsOf(const fabric::Layout& layout);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_SHAPE_TEXT_H_
