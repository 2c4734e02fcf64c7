#include "daemon/row_logs.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "collectives/message_latency.h"

namespace upfabric::daemon {
namespace {

using collectives::Instruction;
using collectives::InstructionTimes;

constexpr size_t kChannels = 5;        // chosen: what fits a glance
constexpr size_t kStepsAtEachEnd = 8;  // chosen, as above

SimTime TimeOf(int64_t picoseconds) { return SimTime(Picoseconds(picoseconds)); }
int64_t PicosecondsOf(SimTime time) { return time.since_start().count(); }

bool HasPeer(collectives::OpCode op) {
  using collectives::OpCode;
  return op == OpCode::kSend || op == OpCode::kRecv || op == OpCode::kRecvReduce;
}

}  // namespace

absl::Status CheckLoggable(const RowPlan& plan) {
  int64_t instructions = 0;
  for (int rank = 0; rank < plan.request.ranks; ++rank) {
    const auto program = plan.algorithm->MakeProgram(plan.request, rank);
    for (int stream = 0; stream < program->streams(); ++stream) {
      instructions += program->length(stream);
    }
    if (instructions > kLoggedInstructionsMax) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--breakdown, --latency, --trace: ", std::string(plan.algorithm->info().name), " of ",
          plan.request.ranks, " ranks has more than ", kLoggedInstructionsMax,
          " instructions; allowed are fewer ranks or another algorithm"));
    }
  }
  return absl::OkStatus();
}

void AddLogs(const collectives::Job& job, const fabric::Fabric& fabric, internal::RowShare& share) {
  for (const auto& [rank, log] : job.Logs()) {
    internal::RankLog& to = *share.add_logs();
    to.set_rank(rank);
    to.set_begin_ps(PicosecondsOf(log->begin));
    for (const std::vector<InstructionTimes>& stream : log->streams) {
      internal::StreamLog& times = *to.add_streams();
      for (const InstructionTimes& instruction : stream) {
        times.add_times_ps(PicosecondsOf(instruction.start));
        times.add_times_ps(PicosecondsOf(instruction.delivered));
        times.add_times_ps(PicosecondsOf(instruction.arrival));
        times.add_times_ps(PicosecondsOf(instruction.finish));
      }
    }
  }
  std::vector<fabric::ChannelCounters> channels = fabric.Counters();
  std::sort(channels.begin(), channels.end(),
            [](const fabric::ChannelCounters& a, const fabric::ChannelCounters& b) {
              return std::tie(b.busy, a.name) < std::tie(a.busy, b.name);
            });
  for (size_t c = 0; c < std::min(channels.size(), kChannels) && channels[c].packets > 0; ++c) {
    internal::BusiestChannel& to = *share.add_busiest_channels();
    to.set_name(channels[c].name);
    to.set_busy_ps(channels[c].busy.count());
    to.set_credit_stall_ps(channels[c].credit_stall.count());
    to.set_wire_bytes(channels[c].wire_bytes);
  }
}

collectives::LoggedRun MergeLogs(const RowPlan& plan,
                                 const std::vector<internal::RowShare>& shares) {
  collectives::LoggedRun run = {.algorithm = plan.algorithm,
                                .request = plan.request,
                                .endpoints = plan.endpoints,
                                .stretch = plan.stretch};
  run.ranks.resize(static_cast<size_t>(plan.request.ranks));
  for (const internal::RowShare& share : shares) {
    for (const internal::RankLog& log : share.logs()) {
      collectives::RankLog& to = run.ranks[static_cast<size_t>(log.rank())];
      to.begin = TimeOf(log.begin_ps());
      for (const internal::StreamLog& stream : log.streams()) {
        std::vector<InstructionTimes>& times = to.streams.emplace_back();
        for (int i = 0; i + 3 < stream.times_ps_size(); i += 4) {
          times.push_back({TimeOf(stream.times_ps(i)), TimeOf(stream.times_ps(i + 1)),
                           TimeOf(stream.times_ps(i + 2)), TimeOf(stream.times_ps(i + 3))});
        }
      }
    }
  }
  return run;
}

internal::WatchedWays WaysOf(const fabric::Fabric& fabric) {
  internal::WatchedWays ways;
  for (const fabric::MessagePath& path : fabric.WatchedPaths()) {
    internal::WatchedWay& way = *ways.add_ways();
    way.set_message(static_cast<int64_t>(path.message));
    way.set_link(path.link);
    way.set_order(path.order);
    for (const fabric::PathPart& part : path.parts) {
      way.add_parts(static_cast<int64_t>(part.cause));
      way.add_parts(part.length.count());
    }
    way.mutable_channels()->Add(path.channels.begin(), path.channels.end());
  }
  return ways;
}

std::vector<fabric::MessagePath> MergeWays(const std::vector<internal::WatchedWays>& shares) {
  std::map<int64_t, const internal::WatchedWay*> last;
  for (const internal::WatchedWays& share : shares) {
    for (const internal::WatchedWay& way : share.ways()) {
      const internal::WatchedWay*& of_message = last[way.message()];
      if (of_message == nullptr || std::pair(way.order(), -way.link()) >
                                       std::pair(of_message->order(), -of_message->link())) {
        of_message = &way;
      }
    }
  }
  std::vector<fabric::MessagePath> paths;
  for (const auto& [message, way] : last) {
    fabric::MessagePath& path = paths.emplace_back();
    path.message = static_cast<size_t>(message);
    path.link = way->link();
    path.order = way->order();
    for (int i = 0; i + 1 < way->parts_size(); i += 2) {
      path.parts.push_back(
          {static_cast<fabric::PathCause>(way->parts(i)), Picoseconds(way->parts(i + 1))});
    }
    path.channels.assign(way->channels().begin(), way->channels().end());
  }
  return paths;
}

v1::Breakdown BreakdownOf(const collectives::CriticalPath& path,
                          const std::vector<internal::RowShare>& shares) {
  v1::Breakdown breakdown;
  for (int c = 0; c < collectives::kCauses; ++c) {
    const Picoseconds time = path.parts[static_cast<size_t>(c)];
    if (time > Picoseconds(0)) {
      v1::BreakdownPart& part = *breakdown.add_parts();
      part.set_cause(std::string(CauseName(static_cast<collectives::Cause>(c))));
      part.set_time_ps(time.count());
    }
  }
  const size_t steps = path.steps.size();
  for (size_t s = 0; s < steps; ++s) {
    if (s >= kStepsAtEachEnd && s + kStepsAtEachEnd < steps) {
      breakdown.set_steps_left_out(breakdown.steps_left_out() + 1);
      continue;
    }
    const collectives::PathStep& step = path.steps[s];
    v1::BreakdownStep& to = *breakdown.add_steps();
    to.set_begin_ps(PicosecondsOf(step.begin));
    to.set_end_ps(PicosecondsOf(step.end));
    to.set_operation(std::string(OpCodeName(step.op)));
    to.set_rank(step.rank);
    to.set_from(step.from);
    to.set_bytes(step.bytes.count());
    to.mutable_channels()->Add(step.channels.begin(), step.channels.end());
  }
  std::vector<internal::BusiestChannel> channels;
  for (const internal::RowShare& share : shares) {
    channels.insert(channels.end(), share.busiest_channels().begin(),
                    share.busiest_channels().end());
  }
  std::sort(channels.begin(), channels.end(), [](const auto& a, const auto& b) {
    return a.busy_ps() != b.busy_ps() ? a.busy_ps() > b.busy_ps() : a.name() < b.name();
  });
  channels.resize(std::min(channels.size(), kChannels));
  for (const internal::BusiestChannel& channel : channels) {
    v1::ChannelUse& to = *breakdown.add_channels();
    to.set_name(channel.name());
    to.set_busy_ps(channel.busy_ps());
    to.set_credit_stall_ps(channel.credit_stall_ps());
    to.set_wire_bytes(channel.wire_bytes());
  }
  return breakdown;
}

v1::MessageLatency LatencyOf(const collectives::LoggedRun& run) {
  const std::vector<Picoseconds> latencies = collectives::MessageLatencies(run);
  v1::MessageLatency latency;
  latency.set_messages(static_cast<int64_t>(latencies.size()));
  if (!latencies.empty()) {
    const auto percentile = [&](size_t percent) {
      return latencies[(latencies.size() * percent + 99) / 100 - 1].count();
    };
    latency.set_p50_ps(percentile(50));
    latency.set_p99_ps(percentile(99));
    latency.set_max_ps(latencies.back().count());
  }
  return latency;
}

v1::Timeline TimelineOf(const collectives::LoggedRun& run) {
  v1::Timeline timeline;
  int64_t kept = 0;
  const Bytes element = collectives::ElementSize(run.request.type);
  for (int rank = 0; rank < run.request.ranks; ++rank) {
    const auto program = run.algorithm->MakeProgram(run.request, rank);
    v1::RankTimeline to;
    to.set_rank(rank);
    for (int stream = 0; stream < program->streams(); ++stream) {
      v1::StreamTimeline& times = *to.add_streams();
      for (int64_t index = 0; index < program->length(stream); ++index) {
        if (kept == kTimelineInstructionsMax) {
          timeline.set_instructions_left_out(timeline.instructions_left_out() + 1);
          continue;
        }
        ++kept;
        const Instruction instruction = program->At(stream, index);
        const InstructionTimes& ran =
            run.ranks[static_cast<size_t>(rank)]
                .streams[static_cast<size_t>(stream)][static_cast<size_t>(index)];
        v1::InstructionTime& entry = *times.add_instructions();
        entry.set_start_ps(PicosecondsOf(ran.start));
        entry.set_arrival_ps(PicosecondsOf(ran.arrival));
        entry.set_finish_ps(PicosecondsOf(ran.finish));
        entry.set_operation(std::string(OpCodeName(instruction.op)));
        entry.set_peer(HasPeer(instruction.op) ? instruction.peer : -1);
        entry.set_connection(instruction.connection);
        entry.set_sequence(instruction.sequence);
        entry.set_bytes((element * MovedCount(instruction)).count());
      }
    }
    if (!to.streams().empty() && to.streams(0).instructions_size() > 0) {
      *timeline.add_ranks() = std::move(to);
    }
  }
  return timeline;
}

}  // namespace upfabric::daemon
