// A process group of one process: no MPI, no exchange, payload stays where it is.

#ifndef UPFABRIC_DAEMON_SOLO_GROUP_H_
#define UPFABRIC_DAEMON_SOLO_GROUP_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/process_group.h"

namespace upfabric::daemon {

class SoloGroup final : public ProcessGroup {
 public:
  int index() const override { return 0; }
  int size() const override { return 1; }
  std::unique_ptr<RowSession> StartRow(std::function<int(EndpointId)> owner,
                                       RowHooks hooks) override;
  absl::StatusOr<std::vector<std::string>> AllGather(const std::string& mine) override;
};

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_SOLO_GROUP_H_
