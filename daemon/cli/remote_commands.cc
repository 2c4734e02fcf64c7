#include "daemon/cli/remote_commands.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "daemon/cli/algorithm_files.h"
#include "daemon/cli/fault_text.h"
#include "daemon/cli/numbers.h"
#include "daemon/cli/scenario.h"
#include "daemon/config/loader.h"
#include "daemon/host_port.h"
#include "daemon/rpc/control_client.h"
#include "fabric/base/status.h"
#include "fabric/base/units_text.h"

namespace upfabric::daemon::cli {
namespace {

absl::StatusOr<std::unique_ptr<ControlClient>> ConnectTo(const std::string& address) {
  UPF_ASSIGN_OR_RETURN(const HostPort checked, ParseHostPort(address, "--connect"));
  return ControlClient::Connect(checked.ToString());
}

// What the daemons are; a daemon answers before it knows.
absl::StatusOr<v1::GetStatusResponse> StatusOf(ControlClient& client, const std::string& address) {
  UPF_ASSIGN_OR_RETURN(v1::GetStatusResponse status, client.Status());
  if (status.daemons() == 0) {
    return absl::UnavailableError(absl::StrCat("the daemons at ", address, " are still starting"));
  }
  return status;
}

// The daemons emulate one fabric; asking for another one must not go unnoticed.
absl::Status CheckFabric(const RunCommand& run, const v1::Scenario& scenario,
                         const v1::GetStatusResponse& status) {
  if (!scenario.has_fabric() || scenario.fabric().id() == status.fabric()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(run.fabric.empty() ? absl::StrCat("--scenario ", run.scenario)
                                      : absl::StrCat("--fabric ", run.fabric),
                   ": the daemons at ", run.connect, " emulate ", status.fabric(), ", not ",
                   scenario.fabric().id(), "; allowed: that one, or none"));
}

}  // namespace

absl::StatusOr<v1::Result> RunRemotely(const RunCommand& run, ProgressBar& bar,
                                       v1::RunStatistics& statistics) {
  UPF_ASSIGN_OR_RETURN(const std::unique_ptr<ControlClient> client, ConnectTo(run.connect));
  UPF_ASSIGN_OR_RETURN(const v1::GetStatusResponse status, StatusOf(*client, run.connect));
  UPF_ASSIGN_OR_RETURN(const v1::Scenario scenario, LoadScenario(run));
  UPF_RETURN_IF_ERROR(CheckFabric(run, scenario, status));
  UPF_ASSIGN_OR_RETURN(const v1::Workload workload, WorkloadOf(run, scenario, status.endpoints()));
  bar.Update(0, workload.sizes_bytes_size());
  const auto on_row = [&bar](const v1::Row&, int done, int total) { bar.Update(done, total); };
  return client->StartAndWatch(workload, on_row, &statistics);
}

absl::Status ShowStatus(const StatusCommand& command, const Console& console) {
  UPF_ASSIGN_OR_RETURN(const std::unique_ptr<ControlClient> client, ConnectTo(command.connect));
  UPF_ASSIGN_OR_RETURN(const v1::GetStatusResponse status, StatusOf(*client, command.connect));
  console.out << absl::StrFormat(
      "fabric        %s, %d endpoints\n"
      "daemons       %d, this is daemon %d\n"
      "run           %s, %d waiting\n"
      "virtual time  %s s\n"
      "hops          %d\n"
      "control       %s\n"
      "metrics       %s\n"
      "standing faults: %s\n",
      status.fabric(), status.endpoints(), status.daemons(), status.daemon(),
      status.active_run_id().empty() ? "none" : status.active_run_id(), status.waiting_runs(),
      SecondsText(Picoseconds(status.virtual_ps())), status.hops(),
      absl::StrJoin(status.control_addresses(), " "),
      absl::StrJoin(status.metrics_addresses(), " "), FaultsText(status.standing_faults()));
  return absl::OkStatus();
}

absl::Status Inject(const InjectCommand& command, const Console& console) {
  v1::FaultSchedule faults = command.faults;
  if (!command.file.empty()) {
    UPF_ASSIGN_OR_RETURN(faults, LoadInjectionFile(command.file));
  }
  UPF_ASSIGN_OR_RETURN(const std::unique_ptr<ControlClient> client, ConnectTo(command.connect));
  UPF_ASSIGN_OR_RETURN(const v1::InjectFaultResponse applied, client->Inject(faults));
  if (applied.row() == 0) {
    console.out << "stands from the next row on\n";
  } else {
    console.out << "applied in " << applied.run_id() << ", row " << applied.row() << ", at "
                << FormatTime(Picoseconds(applied.time_ps())) << '\n';
  }
  return absl::OkStatus();
}

absl::Status Stop(const StopCommand& command, const Console& console) {
  UPF_ASSIGN_OR_RETURN(const std::unique_ptr<ControlClient> client, ConnectTo(command.connect));
  UPF_RETURN_IF_ERROR(client->Stop(command.run_id));
  console.out << (command.run_id.empty() ? "the daemons stop\n"
                                         : absl::StrCat("run ", command.run_id, " stops\n"));
  return absl::OkStatus();
}

}  // namespace upfabric::daemon::cli
