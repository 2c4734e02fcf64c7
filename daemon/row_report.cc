#include "daemon/row_report.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "collectives/prove/prover.h"
#include "daemon/exit_codes.h"
#include "daemon/workload_from_proto.h"
#include "fabric/base/check.h"
#include "fabric/base/fingerprint.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

using internal::BusiestChannel;
using internal::RowShare;

// Busy time decides; ties go to the name that sorts first, so that the answer is one.
bool IsBusier(const BusiestChannel& a, const BusiestChannel& b) {
  return a.busy_ps() != b.busy_ps() ? a.busy_ps() > b.busy_ps()
                                    : b.name().empty() || a.name() < b.name();
}

void AddChannels(const fabric::Fabric& fabric, RowShare& share) {
  const fabric::ChannelCounters* busiest = nullptr;
  const std::vector<fabric::ChannelCounters> counters = fabric.Counters();
  int64_t queue_packets_max = 0;
  for (const fabric::ChannelCounters& channel : counters) {
    queue_packets_max = std::max(queue_packets_max, channel.queue_packets_max);
    const bool is_busier = busiest == nullptr || channel.busy > busiest->busy ||
                           (channel.busy == busiest->busy && channel.name < busiest->name);
    if (channel.packets > 0 && is_busier) {
      busiest = &channel;
    }
  }
  share.set_queue_packets_max(queue_packets_max);
  if (busiest != nullptr) {
    BusiestChannel& found = *share.mutable_busiest();
    found.set_name(busiest->name);
    found.set_busy_ps(busiest->busy.count());
    found.set_credit_stall_ps(busiest->credit_stall.count());
    found.set_payload_bytes(busiest->payload_bytes);
    found.set_wire_bytes(busiest->wire_bytes);
  }
}

internal::JobShare ShareOfJob(const RowPlan& plan, const collectives::Job& job) {
  internal::JobShare share;
  share.set_finished(job.finished());
  share.set_wrong(-1);
  if (!job.finished()) {
    for (const std::string& line : job.Autopsy()) {
      share.add_autopsy(line);
    }
    return share;
  }
  share.set_wrong(job.CountWrong());
  int64_t start = std::numeric_limits<int64_t>::max();
  int64_t end = 0;
  for (const collectives::RankTimes& rank : job.Times()) {
    share.set_has_ranks(true);
    start = std::min(start, rank.timed_start.since_start().count());
    end = std::max(end, rank.end.since_start().count());
    if (plan.rank_times) {
      internal::RankEnd& of_rank = *share.add_rank_ends();
      of_rank.set_rank(rank.rank);
      of_rank.set_start_ps(rank.timed_start.since_start().count());
      of_rank.set_end_ps(rank.end.since_start().count());
    }
  }
  if (share.has_ranks()) {
    share.set_timed_start_ps(start);
    share.set_end_ps(end);
  }
  return share;
}

std::string WorkText(const RowPlan& plan) {
  return absl::StrCat(plan.task.empty() ? "" : absl::StrCat("task ", plan.task, ", "),
                      std::string(plan.algorithm->info().name), " of ", plan.request.count,
                      " elements on ", plan.request.ranks, " ranks");
}

// The ranks of each job that wait, then the channels.
absl::Status NoProgress(const std::vector<RowPlan>& plans, const std::vector<RowShare>& shares) {
  std::vector<std::string> work;
  std::vector<std::string> lines;
  size_t ranks = 0;
  for (size_t p = 0; p < plans.size(); ++p) {
    std::vector<std::string> of_plan;
    for (const RowShare& share : shares) {
      const auto& autopsy = share.jobs(static_cast<int>(p)).autopsy();
      of_plan.insert(of_plan.end(), autopsy.begin(), autopsy.end());
    }
    if (of_plan.empty()) {
      continue;
    }
    work.push_back(WorkText(plans[p]));
    if (plans[p].imported != nullptr) {
      // It may be the program, or a fault of the fabric.
      for (const collectives::Finding& finding :
           collectives::FindStuck(*plans[p].algorithm, plans[p].request, plans[p].slots)) {
        lines.push_back(FindingText(plans[p].file, *plans[p].imported, finding));
      }
    }
    ranks += of_plan.size();
    // Who owns what must not be seen. Lines begin with "rank N ": a shorter number comes first.
    const auto order = [](const std::string& line) {
      return std::pair(line.find(' ', absl::string_view("rank ").size()), line);
    };
    std::sort(of_plan.begin(), of_plan.end(),
              [&](const auto& a, const auto& b) { return order(a) < order(b); });
    for (const std::string& line : of_plan) {
      lines.push_back(plans[p].task.empty() ? line : absl::StrCat(plans[p].task, " ", line));
    }
  }
  std::vector<std::string> blocked;
  for (const RowShare& share : shares) {
    blocked.insert(blocked.end(), share.blocked().begin(), share.blocked().end());
  }
  std::sort(blocked.begin(), blocked.end());
  lines.insert(lines.end(), blocked.begin(), blocked.end());
  return NoProgressError(absl::StrCat("no progress: ", absl::StrJoin(work, "; "),
                                      ": nothing is pending, and ", ranks, " ranks wait\n",
                                      absl::StrJoin(lines, "\n")));
}

// The failure that came first, in any process.
absl::Status FailureOf(const std::vector<RowShare>& shares) {
  const RowShare* first = nullptr;
  for (const RowShare& share : shares) {
    if (share.failure() != 0 &&
        (first == nullptr || share.failure_order() < first->failure_order())) {
      first = &share;
    }
  }
  return first == nullptr ? absl::OkStatus()
                          : absl::Status(static_cast<absl::StatusCode>(first->failure()),
                                         first->failure_message());
}

uint64_t FingerprintOf(const std::vector<RowShare>& shares) {
  std::map<int32_t, uint64_t> hashes;  // by endpoint, so that who owns which cannot be seen
  for (const RowShare& share : shares) {
    for (int i = 0; i < share.endpoints_size(); ++i) {
      hashes[share.endpoints(i)] = share.delivery_hashes(i);
    }
  }
  uint64_t fingerprint = 0;
  for (const auto& [endpoint, hash] : hashes) {
    fingerprint = Chain(fingerprint, hash);
  }
  return fingerprint;
}

v1::PayloadMode ToProto(collectives::PayloadMode payload) {
  switch (payload) {
    case collectives::PayloadMode::kFull:
      return v1::PAYLOAD_MODE_FULL;
    case collectives::PayloadMode::kSampled:
      return v1::PAYLOAD_MODE_SAMPLED;
    case collectives::PayloadMode::kNone:
      return v1::PAYLOAD_MODE_NONE;
  }
  return v1::PAYLOAD_MODE_UNSPECIFIED;
}

// The row of plan number `p`, without what its run has in common with other plans'.
v1::Row RowOf(const RowPlan& plan, int p, const std::vector<RowShare>& shares) {
  v1::Row row;
  int64_t start = std::numeric_limits<int64_t>::max();
  int64_t end = 0;
  int64_t wrong = -1;
  for (int rank = 0; plan.rank_times && rank < plan.request.ranks; ++rank) {
    row.add_rank_times();
  }
  for (const RowShare& share : shares) {
    const internal::JobShare& job = share.jobs(p);
    if (job.has_ranks()) {
      start = std::min(start, job.timed_start_ps());
      end = std::max(end, job.end_ps());
    }
    if (job.wrong() >= 0) {
      wrong = std::max(wrong, int64_t{0}) + job.wrong();
    }
    for (const internal::RankEnd& of_rank : job.rank_ends()) {
      v1::RankTime& time = *row.mutable_rank_times(of_rank.rank());
      time.set_start_ps(of_rank.start_ps());
      time.set_end_ps(of_rank.end_ps());
    }
  }
  row.set_bytes(SizeOfRequest(plan.request).count());
  row.set_count(plan.request.count);
  row.set_type(plan.type);
  row.set_op(plan.op);
  row.set_root(plan.request.root);
  row.set_algorithm(std::string(plan.algorithm->info().name));
  row.set_protocol(plan.protocol);
  row.set_payload(ToProto(plan.payload));
  row.set_start_ps(start);
  row.set_time_ps((end - start + plan.iterations / 2) / plan.iterations);
  row.set_wrong(wrong);
  row.set_task(plan.task);
  row.set_collective(plan.collective);
  row.set_ranks(plan.request.ranks);
  return row;
}

void MergeExplanation(const std::vector<RowShare>& shares, v1::Explanation& explanation) {
  BusiestChannel busiest;
  int64_t queue_packets_max = 0;
  for (const RowShare& share : shares) {
    queue_packets_max = std::max(queue_packets_max, share.queue_packets_max());
    if (share.has_busiest() && IsBusier(share.busiest(), busiest)) {
      busiest = share.busiest();
    }
  }
  explanation.set_busiest_channel(busiest.name());
  explanation.set_busy_ps(busiest.busy_ps());
  explanation.set_credit_stall_ps(busiest.credit_stall_ps());
  explanation.set_payload_bytes(busiest.payload_bytes());
  explanation.set_wire_bytes(busiest.wire_bytes());
  explanation.set_queue_packets_max(queue_packets_max);
}

}  // namespace

RowShare ShareOfRow(const std::vector<RowPlan>& plans, const absl::Status& ran,
                    const std::vector<const collectives::Job*>& jobs, const fabric::Fabric& fabric,
                    const std::vector<std::string>& damaged) {
  RowShare share;
  share.set_failure(static_cast<int32_t>(ran.code()));
  share.set_failure_message(std::string(ran.message()));
  if (const auto order = ran.GetPayload(fabric::kFailureOrderUrl); order.has_value()) {
    share.set_failure_order(std::string(*order));
  }
  for (const std::string& line : fabric.Blocked()) {
    share.add_blocked(line);
  }
  for (size_t p = 0; p < plans.size(); ++p) {
    *share.add_jobs() = ShareOfJob(plans[p], *jobs[p]);
  }
  for (const auto& [endpoint, hash] : fabric.DeliveryHashes()) {
    share.add_endpoints(endpoint.value());
    share.add_delivery_hashes(hash);
  }
  const fabric::FabricTotals totals = fabric.Totals();
  share.set_hops(totals.hops);
  share.set_messages_posted(totals.messages_posted);
  share.set_messages_delivered(totals.messages_delivered);
  AddChannels(fabric, share);
  for (const std::string& name : damaged) {
    share.add_damaged(name);
  }
  return share;
}

absl::StatusOr<MergedRun> MergeShares(const std::vector<RowPlan>& plans,
                                      const std::vector<RowShare>& shares) {
  UPF_RETURN_IF_ERROR(FailureOf(shares));
  int64_t hops = 0;
  int64_t posted = 0;
  int64_t delivered = 0;
  int64_t end = 0;
  std::vector<std::string> damaged;
  for (const RowShare& share : shares) {
    for (const internal::JobShare& job : share.jobs()) {
      if (!job.finished()) {
        return NoProgress(plans, shares);
      }
      end = std::max(end, job.end_ps());
    }
    hops += share.hops();
    posted += share.messages_posted();
    delivered += share.messages_delivered();
    damaged.insert(damaged.end(), share.damaged().begin(), share.damaged().end());
  }
  // No partition alone can tell: a message is posted in one and delivered in another.
  UPF_CHECK_OP(posted, ==, delivered);
  // Who received a damaged message must not be seen in the order.
  std::sort(damaged.begin(), damaged.end());
  MergedRun merged;
  merged.virtual_time = Picoseconds(end);
  for (size_t p = 0; p < plans.size(); ++p) {
    v1::Row& row = merged.rows.emplace_back(RowOf(plans[p], static_cast<int>(p), shares));
    row.set_hops(hops);
    row.set_fingerprint(FingerprintOf(shares));
    MergeExplanation(shares, *row.mutable_explanation());
    row.mutable_damaged_messages()->Add(damaged.begin(), damaged.end());
  }
  return merged;
}

uint64_t ChainFingerprint(uint64_t before, uint64_t row) { return Chain(before, row); }

}  // namespace upfabric::daemon
