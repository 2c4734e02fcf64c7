#include "daemon/run_statistics.h"

#include <sys/resource.h>

#include <algorithm>

#include "fabric/base/check.h"

namespace upfabric::daemon {
namespace {

using fabric::ChannelCounters;

double UserCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec) / 1e6;
}

int64_t PeakMemoryBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

}  // namespace

void AddTotals(const fabric::FabricTotals& row, fabric::FabricTotals& sum) {
  sum.hops += row.hops;
  sum.records += row.records;
  sum.records_crossed += row.records_crossed;
  sum.windows += row.windows;
  sum.messages_posted += row.messages_posted;
  sum.messages_delivered += row.messages_delivered;
  sum.faults += row.faults;
}

void AddCounters(const std::vector<ChannelCounters>& row, std::vector<ChannelCounters>& sum) {
  if (sum.empty()) {
    sum = row;
    return;
  }
  UPF_CHECK(sum.size() == row.size());
  for (size_t i = 0; i < row.size(); ++i) {
    sum[i].packets += row[i].packets;
    sum[i].payload_bytes += row[i].payload_bytes;
    sum[i].wire_bytes += row[i].wire_bytes;
    sum[i].busy += row[i].busy;
    sum[i].credit_stall += row[i].credit_stall;
    sum[i].queue_packets_max = row[i].queue_packets_max;
    sum[i].replays += row[i].replays;
    sum[i].discarded_wire_bytes += row[i].discarded_wire_bytes;
    sum[i].shares_returned += row[i].shares_returned;
    sum[i].leaked_wire_bytes += row[i].leaked_wire_bytes;
    sum[i].congestion += row[i].congestion;
    sum[i].up = row[i].up;
  }
}

RunMeter::RunMeter(const RunnerTotals& totals, const std::vector<ChannelCounters>& counters)
    : before_(BasisOf(totals, counters)), user_cpu_seconds_before_(UserCpuSeconds()) {}

RunMeter::Basis RunMeter::BasisOf(const RunnerTotals& totals,
                                  const std::vector<ChannelCounters>& counters) {
  Basis basis;
  basis.totals = totals;
  for (const ChannelCounters& channel : counters) {
    basis.replays += channel.replays;
    basis.shares_returned += channel.shares_returned;
    basis.congestion += channel.congestion;
  }
  return basis;
}

internal::StatisticsShare RunMeter::Share(const RunnerTotals& totals,
                                          const std::vector<ChannelCounters>& counters,
                                          const ChecksDone& checks) const {
  const Basis now = BasisOf(totals, counters);
  internal::StatisticsShare share;
  share.set_user_cpu_seconds(UserCpuSeconds() - user_cpu_seconds_before_);
  share.set_records(now.totals.fabric.records - before_.totals.fabric.records);
  share.set_records_crossed(now.totals.fabric.records_crossed -
                            before_.totals.fabric.records_crossed);
  share.set_windows(now.totals.fabric.windows - before_.totals.fabric.windows);
  share.set_hops(now.totals.fabric.hops - before_.totals.fabric.hops);
  share.set_replays(now.replays - before_.replays);
  share.set_shares_returned(now.shares_returned - before_.shares_returned);
  const fabric::CongestionCounters& counts = now.congestion;
  v1::CongestionCounts& congestion = *share.mutable_congestion();
  congestion.set_marked_packets(counts.marked_packets - before_.congestion.marked_packets);
  congestion.set_trimmed_packets(counts.trimmed_packets - before_.congestion.trimmed_packets);
  congestion.set_dropped_packets(counts.dropped_packets - before_.congestion.dropped_packets);
  congestion.set_retransmitted_packets(counts.retransmitted_packets -
                                       before_.congestion.retransmitted_packets);
  congestion.set_paused_ps((counts.paused - before_.congestion.paused).count());
  share.set_channels_checked(checks.channels);
  share.set_messages_delivered(now.totals.fabric.messages_delivered -
                               before_.totals.fabric.messages_delivered);
  share.set_completions_checked(checks.completions);
  share.set_fabric_bytes(checks.fabric_bytes_max);
  share.set_peak_memory_bytes(PeakMemoryBytes());
  share.set_exchange_wait_seconds(now.totals.exchange_wait_seconds -
                                  before_.totals.exchange_wait_seconds);
  return share;
}

v1::RunStatistics MergeStatistics(const std::vector<internal::StatisticsShare>& shares) {
  v1::RunStatistics merged;
  for (const internal::StatisticsShare& share : shares) {
    merged.set_user_cpu_seconds(merged.user_cpu_seconds() + share.user_cpu_seconds());
    merged.set_records(merged.records() + share.records());
    merged.set_windows(std::max(merged.windows(), share.windows()));
    merged.set_peak_memory_bytes(merged.peak_memory_bytes() + share.peak_memory_bytes());
    merged.set_replays(merged.replays() + share.replays());
    merged.set_shares_returned(merged.shares_returned() + share.shares_returned());
    v1::CongestionCounts& congestion = *merged.mutable_congestion();
    const v1::CongestionCounts& more = share.congestion();
    congestion.set_marked_packets(congestion.marked_packets() + more.marked_packets());
    congestion.set_trimmed_packets(congestion.trimmed_packets() + more.trimmed_packets());
    congestion.set_dropped_packets(congestion.dropped_packets() + more.dropped_packets());
    congestion.set_retransmitted_packets(congestion.retransmitted_packets() +
                                         more.retransmitted_packets());
    congestion.set_paused_ps(congestion.paused_ps() + more.paused_ps());
    merged.set_channels_checked(merged.channels_checked() + share.channels_checked());
    merged.set_messages_checked(merged.messages_checked() + share.messages_delivered());
    merged.set_completions_checked(merged.completions_checked() + share.completions_checked());
    v1::ProcessStatistics& process = *merged.add_processes();
    process.set_daemon(merged.processes_size() - 1);
    process.set_hops(share.hops());
    process.set_fabric_bytes(share.fabric_bytes());
    process.set_exchange_wait_seconds(share.exchange_wait_seconds());
    process.set_crossed_share(share.records() == 0 ? 0
                                                   : static_cast<double>(share.records_crossed()) /
                                                         static_cast<double>(share.records()));
  }
  return merged;
}

}  // namespace upfabric::daemon
