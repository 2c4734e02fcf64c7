#include "daemon/node.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "daemon/metrics/exporter.h"
#include "daemon/rpc/control_client.h"
#include "daemon/run_faults.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

// Daemon 0 is woken by what arrives. The others look for commands, less and less often: a look
// costs some 50 us, and four idle daemons together should stay well below 2 % of a core.
constexpr absl::Duration kIdleWait = absl::Milliseconds(20);
constexpr absl::Duration kIdlePollMin = absl::Milliseconds(1);
constexpr absl::Duration kIdlePollMax = absl::Milliseconds(20);
// chosen: a scrape may wait for a window that checks a payload; Prometheus gives up after 10 s.
constexpr absl::Duration kScrapePatience = absl::Seconds(2);
constexpr int64_t kWindowsPerLook = 64;
constexpr char kLoopRun[] = "loop";

// A host that others can use in the place of "all of this machine's addresses".
std::string AdvertisedHost(const std::string& host) {
  if (host != "0.0.0.0" && host != "::") {
    return host;
  }
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

// A loop that faults have stopped says nothing about the loop itself.
bool FailedByFaults(absl::StatusCode code) {
  return code == absl::StatusCode::kDataLoss || code == absl::StatusCode::kDeadlineExceeded ||
         code == absl::StatusCode::kUnimplemented;
}

HostPort Advertised(const HostPort& address) {
  return {AdvertisedHost(address.host), address.port};
}

}  // namespace

Node::Node(NodeOptions options, const NodeContext& context)
    : options_(std::move(options)),
      context_(context),
      service_(board_, {.status = [this] { return StatusPage(); },
                        .check = [this](const v1::Workload& w) { return CheckRequest(w); },
                        .inject =
                            [this](const v1::InjectFaultRequest& request, InjectionAnswer answer) {
                              injections_.Post(request, std::move(answer));
                            }}) {
  collectives::RegisterBuiltins(registry_);
}

absl::StatusOr<std::unique_ptr<Node>> Node::Start(NodeOptions options, const NodeContext& context) {
  std::unique_ptr<Node> node(new Node(std::move(options), context));
  UPF_ASSIGN_OR_RETURN(node->runner_, Runner::Create(node->options_.fabric, context.group));
  node->shape_ = {.id = node->options_.fabric.id(),
                  .endpoints = node->runner_->fabric().view().endpoints()};
  if (node->options_.loop.has_value()) {
    UPF_RETURN_IF_ERROR(
        CheckWorkload(*node->options_.loop, node->shape_, node->registry_).status());
    if (const absl::Status fit = node->runner_->CheckFaults(node->options_.loop->faults());
        !fit.ok()) {
      return absl::Status(fit.code(), absl::StrCat("--faults: ", fit.message()));
    }
  }
  UPF_RETURN_IF_ERROR(node->MeetOthers(node->StartServices()));
  node->Attend();
  node->serving_.store(true);
  node->rpc_server_->SetServing(true);
  // Only when all serve may anybody be told where.
  UPF_RETURN_IF_ERROR(context.group.AllGather("serving").status());
  UPF_RETURN_IF_ERROR(node->WriteAddressFile());
  return node;
}

absl::Status Node::StartServices() {
  UPF_ASSIGN_OR_RETURN(rpc_server_, RpcServer::Start(options_.listen, service_));
  UPF_ASSIGN_OR_RETURN(
      metrics_server_,
      MetricsServer::Start(options_.metrics,
                           {.metrics = [this]() -> std::optional<std::string> {
                              const auto snapshot = box_.Get(kScrapePatience);
                              return snapshot == nullptr ? std::nullopt
                                                         : std::optional(ExpositionText(*snapshot));
                            },
                            .healthy = [this] { return serving_.load(); }}));
  return absl::OkStatus();
}

// Swaps addresses, and the errors of those that could not start.
absl::Status Node::MeetOthers(const absl::Status& mine) {
  internal::StartReport report;
  report.set_status(static_cast<int32_t>(mine.code()));
  report.set_message(std::string(mine.message()));
  if (mine.ok()) {
    report.set_control_address(Advertised(rpc_server_->address()).ToString());
    report.set_metrics_address(Advertised(metrics_server_->address()).ToString());
  }
  UPF_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                       context_.group.AllGather(report.SerializeAsString()));
  std::vector<Heartbeat::Peer> peers;
  for (size_t daemon = 0; daemon < texts.size(); ++daemon) {
    internal::StartReport& other = reports_.emplace_back();
    if (!other.ParseFromString(texts[daemon])) {
      return absl::InternalError(absl::StrCat("daemon ", daemon, " sent an unreadable report"));
    }
    if (other.status() != 0) {
      return absl::Status(static_cast<absl::StatusCode>(other.status()), other.message());
    }
    UPF_ASSIGN_OR_RETURN(HostPort address, ParseHostPort(other.control_address(), "--listen"));
    const bool watched = context_.group.index() == 0 ? daemon != 0 : daemon == 0;
    if (watched) {
      peers.push_back({static_cast<int>(daemon), std::move(address)});
    }
  }
  if (context_.group.index() != 0) {
    service_.PassCommandsTo(MakeChannel(reports_[0].control_address()));
  }
  context_.heartbeat.Watch(peers);
  const std::scoped_lock lock(mutex_);
  status_.set_fabric(options_.fabric.id());
  status_.set_daemons(context_.group.size());
  status_.set_daemon(context_.group.index());
  status_.set_endpoints(shape_.endpoints);
  for (const internal::StartReport& other : reports_) {
    status_.add_control_addresses(other.control_address());
    status_.add_metrics_addresses(other.metrics_address());
  }
  return absl::OkStatus();
}

// A targets file for Prometheus; the control address is a label that Prometheus drops.
absl::Status Node::WriteAddressFile() const {
  if (options_.address_file.empty() || context_.group.index() != 0) {
    return absl::OkStatus();
  }
  std::vector<std::string> lines;
  for (size_t daemon = 0; daemon < reports_.size(); ++daemon) {
    lines.push_back(absl::StrCat(
        "{\"targets\": [\"", reports_[daemon].metrics_address(), "\"], \"labels\": {\"daemon\": \"",
        daemon, "\", \"__control_address\": \"", reports_[daemon].control_address(), "\"}}"));
  }
  const std::string temporary = options_.address_file + ".new";
  std::ofstream file(temporary);
  file << "[" << absl::StrJoin(lines, ",\n ") << "]\n";
  file.close();
  if (!file || std::rename(temporary.c_str(), options_.address_file.c_str()) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--address-file: cannot write ", options_.address_file, ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

std::string Node::Banner() const {
  return absl::StrCat("upfabricd: daemon ", context_.group.index(), " of ", context_.group.size(),
                      " serves ", shape_.id, ": control ", rpc_server_->address().ToString(),
                      ", metrics http://", metrics_server_->address().ToString(), "/metrics");
}

absl::Status Node::Run() {
  absl::Status ended = context_.group.index() == 0 ? Coordinate() : Follow();
  serving_.store(false);
  rpc_server_->SetServing(false);
  const absl::Status closed =
      ended.ok() ? absl::UnavailableError("the daemons have been stopped") : ended;
  board_.Close(closed);
  injections_.Close(closed);
  const std::scoped_lock lock(mutex_);
  failure_ = ended;
  return ended;
}

void Node::Linger() {
  if (context_.group.index() == 0 && context_.group.size() > 1) {
    // A little more than the period of heartbeats.
    absl::SleepFor(absl::Milliseconds(1200));
  }
}

absl::Status Node::Coordinate() {
  while (true) {
    Attend();
    UPF_RETURN_IF_ERROR(PeerHealth());
    if (StopWanted()) {
      UPF_RETURN_IF_ERROR(SendCommand({}));
      return EndAll();
    }
    if (const std::optional<v1::FaultSchedule> faults = injections_.First(); faults.has_value()) {
      UPF_RETURN_IF_ERROR(InjectIdle(*faults));
    }
    const std::optional<QueuedRun> run = NextRun();
    if (!run.has_value()) {
      board_.WaitForWork(kIdleWait);
      continue;
    }
    internal::Command command;
    command.set_run_id(run->id);
    *command.mutable_workload() = run->workload;
    UPF_RETURN_IF_ERROR(SendCommand(command));
    UPF_RETURN_IF_ERROR(RunOne(*run));
  }
}

std::optional<QueuedRun> Node::NextRun() {
  std::optional<QueuedRun> run = board_.Next();
  if (!run.has_value() && options_.loop.has_value() && !loop_rests_) {
    run = QueuedRun{kLoopRun, *options_.loop};
  }
  return run;
}

absl::Status Node::Follow() {
  bool passed_on = false;
  absl::Duration idle = kIdlePollMin;
  while (true) {
    Attend();
    UPF_RETURN_IF_ERROR(PeerHealth());
    if (StopWanted() && !passed_on) {
      PassOnStop();
      passed_on = true;
    }
    UPF_ASSIGN_OR_RETURN(const std::optional<std::string> text, context_.commands->Poll());
    if (!text.has_value()) {
      absl::SleepFor(idle);
      idle = std::min(idle * 1.25, kIdlePollMax);
      continue;
    }
    idle = kIdlePollMin;
    internal::Command command;
    if (!command.ParseFromString(*text)) {
      return absl::InternalError("daemon 0 sent an unreadable command");
    }
    if (command.has_inject()) {
      (void)KeepForNextRun(command.inject());  // daemon 0 answers
      continue;
    }
    if (command.run_id().empty()) {
      return EndAll();
    }
    UPF_RETURN_IF_ERROR(RunOne({command.run_id(), command.workload()}));
  }
}

absl::Status Node::SendCommand(const internal::Command& command) {
  return context_.commands == nullptr ? absl::OkStatus()
                                      : context_.commands->Send(command.SerializeAsString());
}

// Daemon 0 may be stopping as well and no longer answer; its command comes either way.
void Node::PassOnStop() {
  const auto client = ControlClient::Connect(reports_[0].control_address());
  if (client.ok()) {
    (void)(*client)->Stop("");
  }
}

absl::Status Node::EndAll() {
  serving_.store(false);
  rpc_server_->SetServing(false);
  context_.heartbeat.Stop();
  return context_.commands == nullptr ? absl::OkStatus() : context_.commands->Barrier();
}

absl::Status Node::RunOne(const QueuedRun& run) {
  const bool coordinates = context_.group.index() == 0;
  const bool is_loop = run.id == kLoopRun;
  counts_.Begin(run.id, shape_.id, run.workload);
  {
    const std::scoped_lock lock(mutex_);
    status_.set_active_run_id(run.id);
  }
  RunObserver observer;
  observer.on_row = [&](const v1::Row& row, int done, int total) {
    counts_.AddRow(row);
    if (coordinates && !is_loop) {
      board_.AddRow(row, done, total);
    }
  };
  observer.on_window = [&] { return OnWindow(run.id); };
  v1::RunStatistics statistics;
  const absl::StatusOr<v1::Result> result = RunWithFaults(run, observer, statistics);
  counts_.End();
  {
    const std::scoped_lock lock(mutex_);
    status_.clear_active_run_id();
  }
  const absl::StatusCode code = result.status().code();
  // After these the processes are not in step any more.
  if (code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kInternal) {
    return result.status();
  }
  if (coordinates && !is_loop) {
    board_.End(result, statistics);
  }
  if (!is_loop || result.ok() || code == absl::StatusCode::kCancelled) {
    return absl::OkStatus();
  }
  if (!FailedByFaults(code)) {
    return result.status();
  }
  loop_rests_ = true;
  if (coordinates) {
    std::cerr << "upfabricd: the loop has ended, the daemons go on serving: "
              << result.status().message() << std::endl;
  }
  return absl::OkStatus();
}

// Runs with the faults that stand, and keeps those that are injected meanwhile.
absl::StatusOr<v1::Result> Node::RunWithFaults(const QueuedRun& run, RunObserver observer,
                                               v1::RunStatistics& statistics) {
  const bool coordinates = context_.group.index() == 0;
  v1::FaultSchedule injected = standing_;
  injected.MergeFrom(next_row_);
  v1::Workload workload = run.workload;
  *workload.mutable_faults() = injected;
  workload.mutable_faults()->MergeFrom(run.workload.faults());
  observer.injection = [&]() -> std::string {
    const auto faults = coordinates && injections_.waiting() ? injections_.First() : std::nullopt;
    return faults.has_value() ? faults->SerializeAsString() : "";
  };
  observer.on_injected = [&](const Injection& injection) {
    injected.MergeFrom(injection.faults);
    loop_rests_ = loop_rests_ && !injection.status.ok();
    ShowStanding(StandingAfter(injected));
    if (!coordinates) {
      return;
    }
    v1::InjectFaultResponse response;
    response.set_run_id(run.id);
    response.set_row(injection.row);
    response.set_time_ps(injection.time.since_start().count());
    injections_.AnswerFirst(injection.status.ok()
                                ? absl::StatusOr<v1::InjectFaultResponse>(response)
                                : injection.status);
  };
  absl::StatusOr<v1::Result> result = runner_->Run(workload, observer, &statistics);
  standing_ = StandingAfter(injected);
  next_row_.Clear();
  return result;
}

absl::Status Node::InjectIdle(const v1::FaultSchedule& faults) {
  internal::Command command;
  *command.mutable_inject() = faults;
  UPF_RETURN_IF_ERROR(SendCommand(command));
  const absl::Status kept = KeepForNextRun(faults);
  injections_.AnswerFirst(
      kept.ok() ? absl::StatusOr<v1::InjectFaultResponse>(v1::InjectFaultResponse()) : kept);
  return absl::OkStatus();
}

// The same in every daemon.
absl::Status Node::KeepForNextRun(const v1::FaultSchedule& faults) {
  UPF_ASSIGN_OR_RETURN(const v1::FaultSchedule stamped, Stamped(faults, 1, SimTime()));
  if (const absl::Status fit = runner_->CheckFaults(stamped); !fit.ok()) {
    return stamped.faults_size() == 1 ? WithoutPosition(fit) : fit;
  }
  loop_rests_ = false;
  for (int i = 0; i < stamped.faults_size(); ++i) {
    const v1::Fault& fault = stamped.faults(i);
    const bool is_state =
        faults.faults(i).time().empty() && !fault.has_link_flap() && !fault.has_credit_leak();
    *(is_state ? standing_ : next_row_).add_faults() = fault;
  }
  standing_ = StandingAfter(standing_);
  v1::FaultSchedule all = standing_;
  all.MergeFrom(next_row_);
  ShowStanding(StandingAfter(all));
  return absl::OkStatus();
}

void Node::ShowStanding(const v1::FaultSchedule& faults) {
  const std::scoped_lock lock(mutex_);
  *status_.mutable_standing_faults() = faults;
}

absl::Status Node::OnWindow(const std::string& run_id) {
  if (box_.wanted()) {
    box_.Deliver(counts_.Take(*runner_));
  }
  if (++windows_seen_ % kWindowsPerLook == 0) {
    Attend();
  }
  if (StopWanted()) {
    return absl::CancelledError("the daemons are being stopped");
  }
  if (board_.stop_active_wanted()) {
    return absl::CancelledError(absl::StrCat(run_id, " was stopped"));
  }
  return absl::OkStatus();
}

// A launcher that has lost one daemon ends the others with a signal; then it matters to say which.
absl::Status Node::PeerHealth() {
  return StopWanted() ? context_.heartbeat.CheckNow() : context_.heartbeat.health();
}

void Node::Attend() {
  if (box_.wanted()) {
    box_.Deliver(counts_.Take(*runner_));
  }
  const RunnerTotals totals = runner_->Totals();
  const std::scoped_lock lock(mutex_);
  status_.set_virtual_ps(totals.virtual_time.count());
  status_.set_hops(totals.fabric.hops);
}

absl::StatusOr<v1::GetStatusResponse> Node::StatusPage() const {
  v1::GetStatusResponse status;
  {
    const std::scoped_lock lock(mutex_);
    if (!failure_.ok()) {
      return absl::AbortedError(failure_.message());
    }
    status = status_;
  }
  status.set_waiting_runs(board_.waiting_runs());
  return status;
}

absl::Status Node::CheckRequest(const v1::Workload& workload) const {
  if (!serving_.load()) {
    return absl::UnavailableError("the daemons are not serving");
  }
  return CheckWorkload(workload, shape_, registry_).status();
}

}  // namespace upfabric::daemon
