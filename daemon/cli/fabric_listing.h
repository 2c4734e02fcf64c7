// What `upfabric presets` and `upfabric show` say of fabrics.

#ifndef UPFABRIC_DAEMON_CLI_FABRIC_LISTING_H_
#define UPFABRIC_DAEMON_CLI_FABRIC_LISTING_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fabric/api/fabric_analysis.h"
#include "fabric/model/spec.h"
#include "upfabric/v1/fabric.pb.h"

namespace upfabric::daemon::cli {

// A fabric as data, checked, with what the model itself derives from it.
struct ListedFabric {
  v1::Fabric config;
  fabric::FabricSpec spec;
  std::unique_ptr<fabric::FabricAnalysis> analysis;

  // Returns the errors of fabric/config and of FabricAnalysis::Create.
  static absl::StatusOr<ListedFabric> Create(const v1::Fabric& config);
};

std::string PresetsTable(const std::vector<ListedFabric>& presets);
// How many figures of each have which confidence, and the sources that they name.
std::string SourcesTable(const std::vector<ListedFabric>& presets);
std::string PresetsJson(const std::vector<ListedFabric>& presets);

// Every figure with source, confidence and note; then what follows from them.
std::string FabricText(const ListedFabric& fabric);
std::string FabricJson(const ListedFabric& fabric);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_FABRIC_LISTING_H_
