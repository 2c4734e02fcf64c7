#include "daemon/runner.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "collectives/algorithm_registry.h"
#include "collectives/endpoint_tasks.h"
#include "collectives/executor.h"
#include "collectives/job.h"
#include "collectives/lower_bound.h"
#include "daemon/exit_codes.h"
#include "daemon/internal.pb.h"
#include "daemon/jitter.h"
#include "daemon/machine_memory.h"
#include "daemon/row_checks.h"
#include "daemon/row_logs.h"
#include "daemon/row_plan.h"
#include "daemon/row_report.h"
#include "daemon/run_faults.h"
#include "daemon/run_statistics.h"
#include "daemon/software_plan.h"
#include "daemon/workload_from_proto.h"
#include "fabric/base/status.h"
#include "fabric/config/from_proto.h"

namespace upfabric::daemon {
namespace {

using fabric::ChannelCounters;

template <typename Message>
absl::StatusOr<std::vector<Message>> GatherMessages(const Message& mine, ProcessGroup& group) {
  UPF_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                       group.AllGather(mine.SerializeAsString()));
  std::vector<Message> messages(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    if (!messages[i].ParseFromString(texts[i])) {
      return absl::InternalError(absl::StrCat("daemon ", i, " sent a share that cannot be read"));
    }
  }
  return messages;
}

class RunnerImpl final : public Runner {
 public:
  RunnerImpl(fabric::FabricSpec spec, ProcessGroup& group) : spec_(std::move(spec)), group_(group) {
    collectives::RegisterBuiltins(registry_);
  }

  // Makes the fabric of the next row.
  absl::Status MakeFabric(uint64_t seed, bool trains);

  absl::Status CheckFaults(const v1::FaultSchedule& faults) override;
  absl::StatusOr<v1::Result> Run(const v1::Workload& workload, const RunObserver& observer,
                                 v1::RunStatistics* statistics) override;
  const fabric::Fabric& fabric() const override { return *fabric_; }
  RunnerTotals Totals() const override;
  std::vector<ChannelCounters> Counters() const override;

 private:
  absl::Status RunSweep(const CheckedWorkload& workload, const v1::Workload& as_given,
                        const RunObserver& observer, v1::Result& result);
  absl::Status MakeFabricOfRow(const CheckedWorkload& workload);
  absl::StatusOr<std::vector<MergedRun>> RunPlans(const std::vector<RowPlan>& plans,
                                                  const CheckedWorkload& workload,
                                                  const RunObserver& observer);
  absl::Status Complete(const RowPlan& plan, const CheckedWorkload& workload,
                        const RunObserver& observer, MergedRun& merged);
  absl::StatusOr<MergedRun> RunRow(const std::vector<RowPlan>& plans,
                                   const CheckedWorkload& workload, const RunObserver& observer);
  absl::StatusOr<std::vector<std::unique_ptr<collectives::Job>>> MakeJobs(
      const std::vector<RowPlan>& plans, const CheckedWorkload& workload, RowSession& session);
  absl::StatusOr<v1::Jitter> RunJitter(RowPlan plan, const CheckedWorkload& workload,
                                       const RunObserver& observer);
  void CloseRow();
  RowHooks HooksOf(const RunObserver& observer);
  Injection Inject(const std::string& news, fabric::sim::Ticks start);
  absl::Status Explain(const RowPlan& plan, const CheckedWorkload& workload,
                       const RunObserver& observer, MergedRun& merged);
  absl::StatusOr<std::vector<fabric::MessagePath>> RunWatched(
      RowPlan plan, const CheckedWorkload& workload, RunObserver observer,
      const std::vector<fabric::WatchedMessage>& messages);
  absl::Status GatherStatistics(const RunMeter& meter, v1::RunStatistics& statistics);

  const fabric::FabricSpec spec_;
  ProcessGroup& group_;
  collectives::AlgorithmRegistry registry_;
  std::unique_ptr<fabric::Fabric> fabric_;
  // The row that runs; null between rows, when its counts are in the sums below.
  RowSession* session_ = nullptr;
  bool row_open_ = false;
  int row_ = 0;               // the size's place in the sweep, from 1
  v1::FaultSchedule faults_;  // of the run, injected ones included
  RunnerTotals closed_totals_;
  // The clock counts a row until its last rank has finished; credits come home a little later. What
  // was shown meanwhile is never taken back.
  mutable Picoseconds shown_virtual_time_;
  std::vector<ChannelCounters> closed_counters_;
  ChecksDone checks_;            // of the run
  bool routes_checked_ = false;  // the fabric cannot deadlock
};

absl::Status RunnerImpl::MakeFabric(uint64_t seed, bool trains) {
  fabric_.reset();
  UPF_ASSIGN_OR_RETURN(
      fabric_, fabric::Fabric::Create(spec_, {.partition = group_.index(),
                                              .partitions = group_.size(),
                                              .seed = seed,
                                              .virtual_channels = collectives::kVirtualChannels,
                                              .trains = trains,
                                              .check_deadlock = !routes_checked_,
                                              .memory_bytes = MemoryForUs()}));
  routes_checked_ = true;
  return absl::OkStatus();
}

absl::Status RunnerImpl::CheckFaults(const v1::FaultSchedule& faults) {
  if (faults.faults().empty()) {
    return absl::OkStatus();
  }
  UPF_RETURN_IF_ERROR(MakeFabric(0, true));
  return CheckEachFault(faults, *fabric_);
}

RunnerTotals RunnerImpl::Totals() const {
  RunnerTotals totals = closed_totals_;
  if (row_open_) {
    totals.virtual_time += fabric_->Now().since_start();
    AddTotals(fabric_->Totals(), totals.fabric);
    totals.exchange_wait_seconds += session_->exchange_wait_seconds();
  }
  shown_virtual_time_ = std::max(shown_virtual_time_, totals.virtual_time);
  totals.virtual_time = shown_virtual_time_;
  return totals;
}

std::vector<ChannelCounters> RunnerImpl::Counters() const {
  std::vector<ChannelCounters> counters = closed_counters_;
  if (row_open_ || counters.empty()) {
    AddCounters(fabric_->Counters(), counters);
  }
  return counters;
}

RowHooks RunnerImpl::HooksOf(const RunObserver& observer) {
  RowHooks hooks{.on_window = observer.on_window};
  if (observer.injection) {
    hooks.news = observer.injection;
  }
  hooks.on_news = [this, &observer](const std::string& news, fabric::sim::Ticks start) {
    const Injection injection = Inject(news, start);
    if (observer.on_injected) {
      observer.on_injected(injection);
    }
  };
  return hooks;
}

// The same in every process: `news`, `start` and the faults before are.
Injection RunnerImpl::Inject(const std::string& news, fabric::sim::Ticks start) {
  Injection injection{.status = {}, .row = row_, .time = fabric_->TimeOf(start), .faults = {}};
  v1::FaultSchedule faults;
  UPF_CHECK(faults.ParseFromString(news));
  absl::StatusOr<v1::FaultSchedule> stamped = Stamped(faults, row_, injection.time);
  if (!stamped.ok()) {
    injection.status = stamped.status();
    return injection;
  }
  v1::FaultSchedule all = faults_;
  all.MergeFrom(*stamped);
  injection.status = WithoutPosition(SetFaults(FaultsOfRow(all, row_), *fabric_));
  if (injection.status.ok()) {
    faults_ = std::move(all);
    injection.faults = *std::move(stamped);
  }
  return injection;
}

// Moves the counts of the open row to the sums, except for its virtual time.
void RunnerImpl::CloseRow() {
  closed_counters_ = Counters();
  const Picoseconds before = closed_totals_.virtual_time;
  closed_totals_ = Totals();
  closed_totals_.virtual_time = before;
  checks_.fabric_bytes_max = std::max(checks_.fabric_bytes_max, fabric_->MemoryBytes());
  session_ = nullptr;
  row_open_ = false;
}

absl::StatusOr<v1::Result> RunnerImpl::Run(const v1::Workload& workload,
                                           const RunObserver& observer,
                                           v1::RunStatistics* statistics) {
  const absl::Time start = absl::Now();
  const RunMeter meter(Totals(), closed_counters_);
  checks_ = {};
  UPF_ASSIGN_OR_RETURN(
      const CheckedWorkload checked,
      CheckWorkload(workload, {.id = spec_.id, .endpoints = spec_.all_endpoints()}, registry_));
  if (const absl::Status fit = CheckFaults(checked.faults); !fit.ok()) {
    return absl::Status(fit.code(), absl::StrCat("--faults: ", fit.message()));
  }
  v1::Result result;
  v1::FaultSchedule standing;  // of what was injected in the rounds of a loop before this one
  do {
    faults_ = standing;
    faults_.MergeFrom(checked.faults);
    result.Clear();
    result.set_fabric(spec_.id);
    result.set_ranks(checked.request.ranks);
    result.set_collective(workload.collective());
    result.set_software(workload.software());
    if (checked.software != nullptr) {
      result.set_software_error(ErrorClass(checked.profile, spec_.id, checked.algorithm));
    }
    result.set_seed(checked.seed);
    result.set_timing(workload.timing());
    UPF_RETURN_IF_ERROR(RunSweep(checked, workload, observer, result));
    *result.mutable_faults() = faults_;
    v1::FaultSchedule injected = faults_;
    injected.mutable_faults()->DeleteSubrange(standing.faults_size(), checked.faults.faults_size());
    standing = StandingAfter(injected);
  } while (checked.loop);
  if (statistics != nullptr) {
    UPF_RETURN_IF_ERROR(GatherStatistics(meter, *statistics));
    statistics->set_granularity(workload.granularity());
    statistics->set_wall_seconds(absl::ToDoubleSeconds(absl::Now() - start));
  }
  return result;
}

absl::Status RunnerImpl::RunSweep(const CheckedWorkload& workload, const v1::Workload& as_given,
                                  const RunObserver& observer, v1::Result& result) {
  const int rows_total = static_cast<int>(workload.sizes.size());
  row_ = 0;
  for (const Bytes size : workload.sizes) {
    ++row_;
    UPF_RETURN_IF_ERROR(MakeFabricOfRow(workload));
    std::vector<MergedRun> runs;
    if (workload.tasks.empty()) {
      UPF_ASSIGN_OR_RETURN(
          const std::vector<RowPlan> plans,
          PlanRows(workload, as_given, size, {.id = spec_.id, .fabric = fabric_.get()}, registry_));
      UPF_ASSIGN_OR_RETURN(runs, RunPlans(plans, workload, observer));
    } else {
      UPF_ASSIGN_OR_RETURN(
          const std::vector<RowPlan> plans,
          PlanTasks(workload, {.id = spec_.id, .fabric = fabric_.get()}, registry_));
      UPF_ASSIGN_OR_RETURN(runs.emplace_back(), RunRow(plans, workload, observer));
    }
    for (MergedRun& run : runs) {
      const v1::Row& first = run.rows.front();
      result.set_fingerprint(ChainFingerprint(result.fingerprint(), first.fingerprint()));
      result.set_virtual_ps(result.virtual_ps() + run.virtual_time.count());
      result.set_hops(result.hops() + first.hops());
      for (v1::Row& row : run.rows) {
        if (observer.on_row) {
          observer.on_row(row, row_, rows_total);
        }
        *result.add_rows() = std::move(row);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status RunnerImpl::MakeFabricOfRow(const CheckedWorkload& workload) {
  UPF_RETURN_IF_ERROR(MakeFabric(workload.seed, workload.trains));
  return SetFaults(FaultsOfRow(faults_, row_), *fabric_);
}

// Runs the plans of one size, each on a fabric of its own, and returns those to show. Requires:
// fabric_ is the first one's.
absl::StatusOr<std::vector<MergedRun>> RunnerImpl::RunPlans(const std::vector<RowPlan>& plans,
                                                            const CheckedWorkload& workload,
                                                            const RunObserver& observer) {
  struct Shown {
    size_t plan = 0;
    MergedRun merged;
  };
  std::vector<Shown> shown;
  size_t fastest = 0;  // of those
  v1::Row tried;
  for (size_t p = 0; p < plans.size(); ++p) {
    v1::Candidate& candidate = *tried.add_candidates();
    candidate.set_algorithm(std::string(plans[p].algorithm->info().name));
    if (workload.search == Search::kBest && p > 0) {
      const auto bound = BoundOf(plans[p], FiguresOfBound(spec_, fabric_->view()), 1);
      const int64_t bound_ps = bound.has_value() ? bound->last_end.count() : 0;
      if (bound_ps > shown[fastest].merged.rows.front().time_ps()) {
        candidate.set_bound_ps(bound_ps);
        continue;
      }
    }
    if (p > 0) {
      UPF_RETURN_IF_ERROR(MakeFabricOfRow(workload));
    }
    UPF_ASSIGN_OR_RETURN(MergedRun merged, RunRow({plans[p]}, workload, observer));
    candidate.set_time_ps(merged.rows.front().time_ps());
    candidate.set_wrong(merged.rows.front().wrong());
    const bool faster = shown.empty() || merged.rows.front().time_ps() <
                                             shown[fastest].merged.rows.front().time_ps();
    if (workload.search == Search::kBest && faster) {
      shown.clear();
    }
    if (workload.search == Search::kAll || faster) {
      shown.push_back({p, std::move(merged)});
    }
    if (faster) {
      fastest = shown.size() - 1;
    }
  }
  v1::Row& winner = shown[fastest].merged.rows.front();
  winner.set_fastest(workload.search != Search::kNone);
  if (workload.search == Search::kBest) {
    winner.mutable_candidates()->Swap(tried.mutable_candidates());
  }
  std::vector<MergedRun> runs;
  for (Shown& row : shown) {
    UPF_RETURN_IF_ERROR(Complete(plans[row.plan], workload, observer, row.merged));
    runs.push_back(std::move(row.merged));
  }
  return runs;
}

// Adds to a row that has run what explains it, and its spread.
absl::Status RunnerImpl::Complete(const RowPlan& plan, const CheckedWorkload& workload,
                                  const RunObserver& observer, MergedRun& merged) {
  v1::Row& row = merged.rows.front();
  for (const fabric::PathElement& element : fabric_->view().UnloadedPath()) {
    v1::PathElement& to = *row.mutable_explanation()->add_path();
    to.set_name(element.name);
    to.set_latency_ps(element.latency.count());
  }
  if (plan.log) {
    UPF_RETURN_IF_ERROR(Explain(plan, workload, observer, merged));
  }
  if (workload.jitter > 0) {
    UPF_ASSIGN_OR_RETURN(*row.mutable_jitter(), RunJitter(plan, workload, observer));
  }
  return absl::OkStatus();
}

// One job for each plan.
absl::StatusOr<std::vector<std::unique_ptr<collectives::Job>>> RunnerImpl::MakeJobs(
    const std::vector<RowPlan>& plans, const CheckedWorkload& workload, RowSession& session) {
  std::vector<std::unique_ptr<collectives::Job>> jobs;
  std::vector<std::vector<EndpointId>> groups;
  int64_t sequence_base = 0;
  for (const RowPlan& plan : plans) {
    collectives::JobSpec spec;
    spec.request = plan.request;
    spec.algorithm = plan.algorithm;
    spec.endpoints = plan.endpoints;
    spec.payload = plan.payload;
    spec.iterations = plan.iterations;
    spec.warmup = plan.warmup;
    spec.check = workload.check;
    spec.seed = workload.seed;
    spec.starts = plan.starts;
    spec.log = plan.log;
    spec.overhead = plan.overhead;
    spec.stretch = plan.stretch;
    spec.sends_apart = fabric_->view().sends_apart();
    spec.slots = plan.slots;
    spec.sequence_base = sequence_base;
    spec.group = static_cast<int>(groups.size());
    UPF_ASSIGN_OR_RETURN(std::unique_ptr<collectives::Job> job,
                         collectives::Job::Create(
                             spec, [this](EndpointId endpoint) { return fabric_->Owns(endpoint); },
                             session.transport()));
    sequence_base += collectives::Job::SequencesOf(spec);
    const std::vector<std::vector<EndpointId>> of_job = job->Groups();
    groups.insert(groups.end(), of_job.begin(), of_job.end());
    jobs.push_back(std::move(job));
  }
  if (!groups.empty()) {
    UPF_RETURN_IF_ERROR(fabric_->SetGroups(groups));
  }
  return jobs;
}

// Runs a plan, or several at once.
absl::StatusOr<MergedRun> RunnerImpl::RunRow(const std::vector<RowPlan>& plans,
                                             const CheckedWorkload& workload,
                                             const RunObserver& observer) {
  const std::unique_ptr<RowSession> session = group_.StartRow(
      [this](EndpointId endpoint) { return fabric_->OwnerOf(endpoint); }, HooksOf(observer));
  UPF_ASSIGN_OR_RETURN(const std::vector<std::unique_ptr<collectives::Job>> jobs,
                       MakeJobs(plans, workload, *session));
  std::vector<std::pair<EndpointId, std::unique_ptr<fabric::MessagePortClient>>> joined;
  if (jobs.size() == 1) {
    for (const auto& [endpoint, client] : jobs.front()->Clients()) {
      fabric_->Attach(endpoint, client);
    }
  } else {
    std::vector<collectives::JobTask> tasks;
    for (size_t j = 0; j < jobs.size(); ++j) {
      tasks.push_back({.job = jobs[j].get(), .after = plans[j].after});
    }
    joined = collectives::JoinTasks(tasks);
    for (const auto& [endpoint, client] : joined) {
      fabric_->Attach(endpoint, client.get());
    }
  }
  session_ = session.get();
  row_open_ = true;
  const absl::Status ran = fabric_->RunRow(session->exchange());
  CloseRow();
  // Only the process whose message was lost knows of it; any other error is the same in all.
  if (!ran.ok() && ran.code() != absl::StatusCode::kDataLoss) {
    closed_totals_.virtual_time += fabric_->Now().since_start();
    return ran;
  }
  std::vector<const collectives::Job*> finished;
  for (const auto& job : jobs) {
    finished.push_back(job.get());
  }
  internal::RowShare share = ShareOfRow(plans, ran, finished, *fabric_, session->DamagedMessages());
  if (plans.front().log && ran.ok() && jobs.front()->finished()) {
    AddLogs(*jobs.front(), *fabric_, share);
  }
  // A row of one rank may have had no exchange at all: here, too, the run can be stopped.
  const absl::Status wish = observer.on_window ? observer.on_window() : absl::OkStatus();
  share.set_stop(static_cast<int32_t>(wish.code()));
  share.set_stop_message(std::string(wish.message()));
  UPF_ASSIGN_OR_RETURN(const std::vector<internal::RowShare> shares, GatherMessages(share, group_));
  for (const internal::RowShare& other : shares) {
    if (other.stop() != 0) {
      return absl::Status(static_cast<absl::StatusCode>(other.stop()), other.stop_message());
    }
  }
  absl::StatusOr<MergedRun> merged = MergeShares(plans, shares);
  if (merged.ok() && plans.front().log) {
    merged->logged = shares;
  }
  closed_totals_.virtual_time += merged.ok() ? merged->virtual_time : fabric_->Now().since_start();
  UPF_RETURN_IF_ERROR(merged.status());
  checks_.channels += CheckRates(*fabric_);
  for (size_t j = 0; j < jobs.size(); ++j) {
    checks_.completions +=
        CheckLowerBound(plans[j], FiguresOfBound(spec_, fabric_->view()), *jobs[j]);
  }
  return merged;
}

// Runs a row again and again with skewed starts.
absl::StatusOr<v1::Jitter> RunnerImpl::RunJitter(RowPlan plan, const CheckedWorkload& workload,
                                                 const RunObserver& observer) {
  plan.payload = collectives::PayloadMode::kNone;
  plan.log = false;
  plan.rank_times = false;
  const Bytes packet =
      std::visit([](const auto& protocol) { return protocol.max_payload; }, spec_.protocol);
  const Picoseconds packet_time = fabric_->view().InjectionTime(packet, 1);
  std::vector<int64_t> times;
  for (int repetition = 1; repetition <= workload.jitter; ++repetition) {
    UPF_RETURN_IF_ERROR(MakeFabricOfRow(workload));
    plan.starts = SkewedStarts(workload.seed, repetition, plan.request.ranks, packet_time);
    for (size_t rank = 0; rank < workload.starts.size(); ++rank) {
      plan.starts[rank] += workload.starts[rank];
    }
    UPF_ASSIGN_OR_RETURN(const MergedRun merged, RunRow({plan}, workload, observer));
    times.push_back(merged.rows.front().time_ps());
  }
  return SpreadOf(std::move(times));
}

// Says why a row took as long as it did.
absl::Status RunnerImpl::Explain(const RowPlan& plan, const CheckedWorkload& workload,
                                 const RunObserver& observer, MergedRun& merged) {
  const collectives::LoggedRun run = MergeLogs(plan, merged.logged);
  v1::Row& row = merged.rows.front();
  if (workload.breakdown) {
    const collectives::CriticalPath path = collectives::FindCriticalPath(run, fabric_->view());
    UPF_ASSIGN_OR_RETURN(const std::vector<fabric::MessagePath> ways,
                         RunWatched(plan, workload, observer, path.messages));
    *row.mutable_breakdown() =
        BreakdownOf(collectives::FindCriticalPath(run, fabric_->view(), ways), merged.logged);
    row.mutable_breakdown()->set_bound_ps(
        collectives::ComputeLowerBound(FiguresOfBound(spec_, fabric_->view()), *plan.algorithm,
                                       plan.request, 1)
            .last_end.count());
  }
  if (workload.latency) {
    *row.mutable_latency() = LatencyOf(run);
  }
  if (workload.timeline) {
    *row.mutable_timeline() = TimelineOf(run);
  }
  return absl::OkStatus();
}

// Runs a row once more, as it ran before, and tells the ways of some messages; of none where the
// fabric does not write them down.
absl::StatusOr<std::vector<fabric::MessagePath>> RunnerImpl::RunWatched(
    RowPlan plan, const CheckedWorkload& workload, RunObserver observer,
    const std::vector<fabric::WatchedMessage>& messages) {
  UPF_RETURN_IF_ERROR(MakeFabricOfRow(workload));
  if (absl::IsUnimplemented(fabric_->Watch(messages))) {
    return std::vector<fabric::MessagePath>();
  }
  plan.payload = collectives::PayloadMode::kNone;
  plan.log = false;
  plan.rank_times = false;
  observer.injection = nullptr;  // the faults are those of the first time
  UPF_RETURN_IF_ERROR(RunRow({plan}, workload, observer).status());
  UPF_ASSIGN_OR_RETURN(const std::vector<internal::WatchedWays> shares,
                       GatherMessages(WaysOf(*fabric_), group_));
  return MergeWays(shares);
}

absl::Status RunnerImpl::GatherStatistics(const RunMeter& meter, v1::RunStatistics& statistics) {
  UPF_ASSIGN_OR_RETURN(const std::vector<internal::StatisticsShare> shares,
                       GatherMessages(meter.Share(Totals(), closed_counters_, checks_), group_));
  statistics = MergeStatistics(shares);
  statistics.set_window_ps(fabric_->Window().count());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Runner>> Runner::Create(const v1::Fabric& fabric,
                                                       ProcessGroup& group) {
  UPF_ASSIGN_OR_RETURN(fabric::FabricSpec spec, fabric::FabricSpecFromProto(fabric));
  auto runner = std::make_unique<RunnerImpl>(std::move(spec), group);
  UPF_RETURN_IF_ERROR(runner->MakeFabric(0, true));
  return runner;
}

int ExitCodeOf(const v1::Result& result) {
  for (const v1::Row& row : result.rows()) {
    const auto& candidates = row.candidates();
    if (row.wrong() > 0 || row.damaged_messages_size() > 0 ||
        std::any_of(candidates.begin(), candidates.end(),
                    [](const v1::Candidate& candidate) { return candidate.wrong() > 0; })) {
      return kExitWrong;
    }
  }
  return kExitDone;
}

}  // namespace upfabric::daemon
