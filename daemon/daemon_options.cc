#include "daemon/daemon_options.h"

#include <CLI/CLI.hpp>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "daemon/cli/names.h"
#include "daemon/cli/options.h"
#include "daemon/cli/sizes.h"
#include "daemon/cli/sweep_workload.h"
#include "daemon/config/loader.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

constexpr char kDescription[] =
    "One daemon of an emulated accelerator fabric. Start all of them with mpirun:\n"
    "  mpirun -np 4 upfabricd --fabric gb200-nvl72\n"
    "Control them with upfabric status, run --connect, stop; scrape their /metrics.";

// The flags as text, before they are checked.
struct Texts {
  std::string listen = "127.0.0.1:0";
  std::string metrics = "127.0.0.1:0";
  std::string loop_size = "1M";
  std::string peer_timeout = "10s";
  bool insecure = false;
};

void AddFlags(CLI::App& app, DaemonOptions& options, Texts& texts) {
  app.add_option("--fabric", options.fabric, "Preset or file to emulate")->required();
  app.add_option("--listen", texts.listen,
                 "HOST:PORT of the control service; daemon i takes PORT + i, 0 a free one")
      ->capture_default_str();
  app.add_option("--metrics", texts.metrics, "HOST:PORT of /metrics and /healthz, likewise")
      ->capture_default_str();
  app.add_option("--loop", options.loop,
                 "Collective or workload file to run again and again while nothing else waits");
  app.add_option("--bytes", texts.loop_size, "Size for --loop COLLECTIVE")->capture_default_str();
  app.add_option("--faults", options.faults, "File of what goes wrong when, in each --loop run");
  app.add_option("--peer-timeout", texts.peer_timeout,
                 "A daemon that does not answer for so long ends the job")
      ->capture_default_str();
  app.add_option("--address-file", options.address_file,
                 "File that daemon 0 writes with all addresses once all daemons serve; a targets "
                 "file for Prometheus");
  app.add_flag("--insecure", texts.insecure, "Allow addresses that other machines can reach");
  app.add_option("--test-flip-payload", options.flip_payload)->group("");
}

absl::StatusOr<HostPort> CheckedAddress(const std::string& text, const char* flag, bool insecure) {
  UPF_ASSIGN_OR_RETURN(HostPort address, ParseHostPort(text, flag));
  if (!insecure && !address.IsLoopback()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": other machines can reach ", text,
                     ", and nothing is encrypted; allowed with --insecure"));
  }
  return address;
}

bool IsFile(const std::string& loop) { return loop.find_first_of("./") != std::string::npos; }

absl::Status Named(const char* flag, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(flag, ": ", status.message()));
}

}  // namespace

absl::StatusOr<DaemonOptions> ParseDaemonOptions(const std::vector<std::string>& arguments) {
  DaemonOptions options;
  Texts texts;
  CLI::App app(kDescription, "upfabricd");
  AddFlags(app, options, texts);
  try {
    // The library takes them from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    options.help = app.help();
    return options;
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(absl::StrReplaceAll(error.what(), {{"\n", " "}}));
  }
  UPF_ASSIGN_OR_RETURN(options.listen, CheckedAddress(texts.listen, "--listen", texts.insecure));
  UPF_ASSIGN_OR_RETURN(options.metrics, CheckedAddress(texts.metrics, "--metrics", texts.insecure));
  const absl::StatusOr<Bytes> loop_size = cli::ParseSize(texts.loop_size);
  if (!loop_size.ok()) {
    return Named("--bytes", loop_size.status());
  }
  options.loop_size = *loop_size;
  if (!absl::ParseDuration(texts.peer_timeout, &options.peer_timeout) ||
      options.peer_timeout < absl::Seconds(1)) {
    return absl::InvalidArgumentError(absl::StrCat("--peer-timeout: \"", texts.peer_timeout,
                                                   "\"; allowed are times from 1s, as 10s or 2m"));
  }
  if (!options.faults.empty() && options.loop.empty()) {
    return absl::InvalidArgumentError(
        "--faults: there is no run they could be of; allowed with "
        "--loop");
  }
  if (options.flip_payload < 0) {
    return absl::InvalidArgumentError("--test-flip-payload: allowed are numbers from 1");
  }
  return options;
}

absl::StatusOr<v1::Workload> LoopWorkload(const DaemonOptions& options, int fabric_endpoints) {
  v1::Workload workload;
  if (IsFile(options.loop)) {
    UPF_ASSIGN_OR_RETURN(workload, LoadWorkloadFile(options.loop));
  } else {
    const absl::StatusOr<v1::Collective> collective = cli::ParseCollective(options.loop);
    if (!collective.ok()) {
      return Named("--loop", collective.status());
    }
    cli::SweepOptions sweep;
    sweep.sizes_bytes = {options.loop_size.count()};
    sweep.algorithm = "auto";
    sweep.software = "ideal";
    workload = cli::WorkloadOf(sweep, *collective, fabric_endpoints);
  }
  if (!options.faults.empty()) {
    UPF_ASSIGN_OR_RETURN(const v1::FaultSchedule faults, LoadFaultsFile(options.faults));
    workload.mutable_faults()->MergeFrom(faults);
  }
  // The daemons repeat it themselves, so that other runs get their turn in between.
  workload.set_loop(false);
  return workload;
}

}  // namespace upfabric::daemon
