#include "fabric/api/fabric_analysis.h"

#include <utility>
#include <vector>

#include "fabric/api/network.h"
#include "fabric/base/status.h"

namespace upfabric::fabric {
namespace {

class Analysis final : public FabricAnalysis {
 public:
  // `networks` are of `spec`.
  Analysis(std::unique_ptr<const FabricSpec> spec, Networks networks)
      : spec_(std::move(spec)),
        networks_(std::move(networks)),
        views_(MakeViews(*spec_, networks_)) {}

  const FabricView& view() const override { return *views_.back(); }
  const Layout& layout() const override { return networks_.front()->layout; }
  const Layout* network() const override {
    return networks_.size() > 1 ? &networks_.back()->layout : nullptr;
  }
  Picoseconds Window() const override {
    return networks_.front()->times->clock().ToPicoseconds(WindowOf(networks_).ticks);
  }
  std::string WindowLimit() const override { return WindowOf(networks_).name; }
  std::optional<ClusterInfo> Clusters() const override { return ClustersOf(networks_); }
  int64_t IdleBytes() const override { return fabric::IdleBytes(networks_); }

 private:
  std::unique_ptr<const FabricSpec> spec_;
  Networks networks_;
  std::vector<std::unique_ptr<FabricView>> views_;  // the last one is of all networks
};

}  // namespace

absl::StatusOr<std::unique_ptr<FabricAnalysis>> FabricAnalysis::Create(const FabricSpec& spec) {
  auto own = std::make_unique<const FabricSpec>(spec);
  UPF_ASSIGN_OR_RETURN(Networks networks, MakeNetworks(*own, {}));
  return std::make_unique<Analysis>(std::move(own), std::move(networks));
}

}  // namespace upfabric::fabric
