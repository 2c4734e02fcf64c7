// upfabricd: one daemon of an emulated fabric, alone or as a process of an MPI job.

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/config/loader.h"
#include "daemon/daemon_options.h"
#include "daemon/exit_codes.h"
#include "daemon/machine_memory.h"
#include "daemon/mpi/commands.h"
#include "daemon/mpi/environment.h"
#include "daemon/mpi/group.h"
#include "daemon/node.h"
#include "daemon/rpc/heartbeat.h"
#include "daemon/rpc/rpc_server.h"
#include "daemon/solo_group.h"
#include "daemon/stop_signal.h"
#include "fabric/base/status.h"
#include "fabric/config/from_proto.h"

namespace upfabric::daemon {
namespace {

absl::StatusOr<NodeOptions> OptionsOfNode(const DaemonOptions& options, int daemon) {
  NodeOptions node;
  UPF_ASSIGN_OR_RETURN(node.fabric, ResolveFabric(options.fabric));
  UPF_ASSIGN_OR_RETURN(const fabric::FabricSpec spec, fabric::FabricSpecFromProto(node.fabric));
  if (!options.loop.empty()) {
    UPF_ASSIGN_OR_RETURN(node.loop, LoopWorkload(options, spec.all_endpoints()));
  }
  node.listen = options.listen;
  node.listen.port += options.listen.port == 0 ? 0 : daemon;
  node.metrics = options.metrics;
  node.metrics.port += options.metrics.port == 0 ? 0 : daemon;
  node.address_file = options.address_file;
  return node;
}

absl::StatusOr<std::unique_ptr<Node>> StartNode(const DaemonOptions& options,
                                                const NodeContext& context) {
  UPF_ASSIGN_OR_RETURN(NodeOptions node_options, OptionsOfNode(options, context.group.index()));
  return Node::Start(std::move(node_options), context);
}

// The one line of an error comes from daemon 0; where that one is gone without a word, from daemon
// 1, which watches it.
void Report(const absl::Status& status, const NodeContext& context) {
  const int daemon = context.group.index();
  const bool lost_first = !context.heartbeat.health().ok() && !context.heartbeat.announced();
  if (daemon == 0 || (daemon == 1 && lost_first)) {
    std::cerr << "upfabricd: " << status.message() << std::endl;
  }
}

absl::Status Serve(const DaemonOptions& options, const NodeContext& context) {
  const absl::StatusOr<std::unique_ptr<Node>> node = StartNode(options, context);
  if (!node.ok()) {
    Report(node.status(), context);
    return node.status();
  }
  std::cout << (*node)->Banner() << std::endl;
  absl::Status ended = (*node)->Run();
  if (!ended.ok()) {
    Report(ended, context);
    (*node)->Linger();
  }
  return ended;
}

int RunAlone(const DaemonOptions& options, const StopSignal& stop) {
  SoloGroup group;
  Heartbeat heartbeat(options.peer_timeout);
  return ExitCodeOf(Serve(options, {.group = group, .heartbeat = heartbeat, .stop = stop}));
}

int RunInJob(const DaemonOptions& options, const StopSignal& stop, MpiEnvironment& environment) {
  Heartbeat heartbeat(options.peer_timeout);
  const WaiterOptions wait{.limit = absl::InfiniteDuration(), .peer_health = [&heartbeat, &stop] {
                             return stop.stopped() ? heartbeat.CheckNow() : heartbeat.health();
                           }};
  MpiGroup group(environment, {.wait = wait, .flip_payload = options.flip_payload});
  MpiCommands commands(environment, wait);
  const absl::Status status =
      Serve(options, {.group = group, .commands = &commands, .heartbeat = heartbeat, .stop = stop});
  if (status.code() == absl::StatusCode::kUnavailable ||
      status.code() == absl::StatusCode::kInternal) {
    environment.Abandon();
  }
  return ExitCodeOf(status);
}

int Main(const std::vector<std::string>& arguments) {
  EndWhereMemoryEnds("upfabricd", MemoryForUs());
  const StopSignal stop;
  SilenceGrpcLog();
  std::unique_ptr<MpiEnvironment> environment;
  if (RunningUnderMpirun()) {
    auto started = MpiEnvironment::Init();
    if (!started.ok()) {
      std::cerr << "upfabricd: " << started.status().message() << std::endl;
      return ExitCodeOf(started.status());
    }
    environment = *std::move(started);
  }
  const bool speaks = environment == nullptr || environment->index() == 0;
  const absl::StatusOr<DaemonOptions> options = ParseDaemonOptions(arguments);
  if (!options.ok() || !options->help.empty()) {
    if (speaks && options.ok()) {
      std::cout << options->help;
    } else if (speaks) {
      std::cerr << "upfabricd: " << options.status().message() << std::endl;
    }
    return ExitCodeOf(options.status());
  }
  return environment == nullptr ? RunAlone(*options, stop) : RunInJob(*options, stop, *environment);
}

}  // namespace
}  // namespace upfabric::daemon

int main(int argc, char** argv) {
  return upfabric::daemon::Main(std::vector<std::string>(argv + 1, argv + argc));
}
