#include "daemon/cli/run_report.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "daemon/cli/breakdown_report.h"
#include "daemon/cli/fault_text.h"
#include "daemon/cli/names.h"
#include "daemon/cli/numbers.h"
#include "daemon/cli/sizes.h"
#include "daemon/cli/text_table.h"

namespace upfabric::daemon::cli {
namespace {

constexpr int kBandwidthDecimals = 6;
constexpr int kTimeWidth = 7;
constexpr int kBandwidthWidth = 6;

// A field of a row: its name, whether JSON quotes it, and its text.
struct Field {
  absl::string_view name;
  bool is_text = false;
  std::string value;
};

bool HasJitter(const v1::Result& result) {
  return std::any_of(result.rows().begin(), result.rows().end(),
                     [](const v1::Row& row) { return row.has_jitter(); });
}

bool IsOfTasks(const v1::Result& result) {
  return !result.rows().empty() && !result.rows(0).task().empty();
}

// Whether rows are of all algorithms: then each size has a fastest one, without a list of others.
bool IsOfAll(const v1::Result& result) {
  return std::any_of(result.rows().begin(), result.rows().end(),
                     [](const v1::Row& row) { return row.fastest() && row.candidates().empty(); });
}

bool HasLatency(const v1::Result& result) {
  return std::any_of(result.rows().begin(), result.rows().end(),
                     [](const v1::Row& row) { return row.has_latency(); });
}

bool HasRankTimes(const v1::Result& result) {
  return std::any_of(result.rows().begin(), result.rows().end(),
                     [](const v1::Row& row) { return !row.rank_times().empty(); });
}

void AddLatencyFields(const v1::Row& row, std::vector<Field>& fields) {
  const v1::MessageLatency& latency = row.latency();
  const auto time = [&fields](absl::string_view name, int64_t picoseconds) {
    fields.push_back({name, false, MicrosecondsText(Picoseconds(picoseconds))});
  };
  fields.push_back({"messages", false, absl::StrCat(latency.messages())});
  time("latency_p50_us", latency.p50_ps());
  time("latency_p99_us", latency.p99_ps());
  time("latency_max_us", latency.max_ps());
}

// Both are arrays, by rank.
void AddRankTimeFields(const v1::Row& row, std::vector<Field>& fields) {
  std::vector<std::string> starts;
  std::vector<std::string> ends;
  for (const v1::RankTime& time : row.rank_times()) {
    starts.push_back(MicrosecondsText(Picoseconds(time.start_ps())));
    ends.push_back(MicrosecondsText(Picoseconds(time.end_ps())));
  }
  fields.push_back({"rank_start_us", false, absl::StrCat("[", absl::StrJoin(starts, ","), "]")});
  fields.push_back({"rank_end_us", false, absl::StrCat("[", absl::StrJoin(ends, ","), "]")});
}

WideFraction BusBandwidthAtMedian(v1::Row row) {
  row.set_time_ps(row.jitter().median_ps());
  return BusBandwidth(row, row.collective(), row.ranks());
}

void AddJitterFields(const v1::Row& row, std::vector<Field>& fields) {
  const v1::Jitter& jitter = row.jitter();
  const auto time = [&fields](absl::string_view name, int64_t picoseconds) {
    fields.push_back({name, false, MicrosecondsText(Picoseconds(picoseconds))});
  };
  fields.push_back({"jitter_repetitions", false, absl::StrCat(jitter.repetitions())});
  time("jitter_min_us", jitter.min_ps());
  time("jitter_median_us", jitter.median_ps());
  time("jitter_max_us", jitter.max_ps());
  fields.push_back({"jitter_median_busbw_GBps", false,
                    DecimalText(BusBandwidthAtMedian(row), kBandwidthDecimals)});
}

std::vector<Field> FieldsOf(const v1::Row& row, const v1::Result& result) {
  const WideFraction bus = BusBandwidth(row, row.collective(), row.ranks());
  std::vector<Field> fields;
  if (IsOfTasks(result)) {
    fields = {{"task", true, row.task()},
              {"collective", true, std::string(CollectiveName(row.collective()))},
              {"ranks", false, absl::StrCat(row.ranks())},
              {"start_us", false, MicrosecondsText(Picoseconds(row.start_ps()))}};
  }
  const std::vector<Field> common = {
      {"bytes", false, absl::StrCat(row.bytes())},
      {"count", false, absl::StrCat(row.count())},
      {"type", true, std::string(DataTypeName(row.type()))},
      {"redop", true, std::string(ReduceOpName(row.op()))},
      {"algorithm", true, row.algorithm()},
      {"protocol", true, row.protocol()},
      {"payload", true, std::string(PayloadModeName(row.payload()))},
      {"time_us", false, MicrosecondsText(Picoseconds(row.time_ps()))},
      {"algbw_GBps", false, DecimalText(AlgorithmBandwidth(row), kBandwidthDecimals)},
      {"busbw_GBps", false, DecimalText(bus, kBandwidthDecimals)},
      {"wrong", false, row.wrong() < 0 ? "null" : absl::StrCat(row.wrong())},
  };
  fields.insert(fields.end(), common.begin(), common.end());
  if (IsOfAll(result)) {
    fields.push_back({"fastest", false, row.fastest() ? "true" : "false"});
  }
  if (HasLatency(result)) {
    AddLatencyFields(row, fields);
  }
  if (HasRankTimes(result)) {
    AddRankTimeFields(row, fields);
  }
  if (HasJitter(result)) {
    AddJitterFields(row, fields);
  }
  return fields;
}

std::string TimeColumn(int64_t picoseconds) {
  return NarrowNumber(WideFraction{picoseconds, 1'000'000}.ToDouble(), kTimeWidth);
}

std::string TimeText(int64_t picoseconds) {
  return std::string(absl::StripAsciiWhitespace(TimeColumn(picoseconds)));
}

// What `best` tried for a row: what ran, the fastest first, then what could not have been faster.
std::string CandidatesText(const v1::Row& row) {
  std::vector<v1::Candidate> tried(row.candidates().begin(), row.candidates().end());
  const auto time = [](const v1::Candidate& candidate) {
    return candidate.time_ps() + candidate.bound_ps();  // one of the two is 0
  };
  std::stable_sort(tried.begin(), tried.end(), [&](const auto& a, const auto& b) {
    return std::pair(a.time_ps() == 0, time(a)) < std::pair(b.time_ps() == 0, time(b));
  });
  std::string text = absl::StrCat("# ", row.bytes(), " B, us:");
  const char* separator = " ";
  bool ran = true;
  for (const v1::Candidate& candidate : tried) {
    if (ran && candidate.time_ps() == 0) {
      ran = false;
      separator = "; not run, at least: ";
    }
    absl::StrAppend(&text, separator, candidate.algorithm(), " ", TimeText(time(candidate)),
                    candidate.wrong() > 0 ? " (wrong)" : "");
    separator = ", ";
  }
  return text + "\n";
}

// Lines below the table.
std::string NotesOf(const v1::Row& row) {
  std::string text = row.candidates().empty() ? "" : CandidatesText(row);
  if (row.has_latency()) {
    const v1::MessageLatency& latency = row.latency();
    absl::StrAppend(&text, "# ", row.bytes(), " B, us: latency of ", latency.messages(),
                    " messages p50 ", TimeText(latency.p50_ps()), ", p99 ",
                    TimeText(latency.p99_ps()), ", max ", TimeText(latency.max_ps()), "\n");
  }
  constexpr int kRanksALine = 8;
  for (int rank = 0; rank < row.rank_times_size(); ++rank) {
    const v1::RankTime& time = row.rank_times(rank);
    absl::StrAppend(&text, rank % kRanksALine == 0
                               ? absl::StrCat(rank == 0 ? "" : "\n", "# ", row.bytes(),
                                              " B, us: ranks from ", rank, " on: ")
                               : ", ");
    absl::StrAppend(&text, TimeText(time.start_ps()), "-", TimeText(time.end_ps()));
  }
  return absl::StrCat(text, row.rank_times().empty() ? "" : "\n");
}

void WriteCandidates(const v1::Row& row, JsonWriter& json) {
  json.Key("candidates").BeginArray(/*lines=*/false);
  for (const v1::Candidate& candidate : row.candidates()) {
    const bool ran = candidate.time_ps() > 0;
    json.BeginObject();
    json.Key("algorithm").String(candidate.algorithm());
    json.Key(ran ? "time_us" : "not_run_at_least_us")
        .Raw(MicrosecondsText(Picoseconds(ran ? candidate.time_ps() : candidate.bound_ps())));
    json.EndObject();
  }
  json.EndArray();
}

// The columns that --jitter adds: their two lines of the head, and one row's.
constexpr absl::string_view kJitterNames = "  jitter      min   median      max   busbw";
constexpr absl::string_view kJitterUnits = "  (runs)     (us)     (us)     (us)  (GB/s)";
std::string JitterColumns(const v1::Row& row) {
  const v1::Jitter& jitter = row.jitter();
  return absl::StrFormat("  %6d  %s  %s  %s  %s", jitter.repetitions(), TimeColumn(jitter.min_ps()),
                         TimeColumn(jitter.median_ps()), TimeColumn(jitter.max_ps()),
                         NarrowNumber(BusBandwidthAtMedian(row).ToDouble(), kBandwidthWidth));
}

// What a window costs each process, and whether several of them pay.
void AppendWorkOfWindows(const v1::RunStatistics& statistics, std::string& text) {
  const int processes = statistics.processes_size();
  if (processes == 0 || statistics.windows() == 0) {
    return;
  }
  double wait_seconds = 0;
  for (const v1::ProcessStatistics& process : statistics.processes()) {
    wait_seconds += process.exchange_wait_seconds();
  }
  const double windows = static_cast<double>(statistics.windows()) * processes;
  absl::StrAppendFormat(&text, "# work a window %.1f us, exchange wait %.1f us (each process)\n",
                        statistics.user_cpu_seconds() * 1e6 / windows,
                        wait_seconds * 1e6 / windows);
  if (processes > 1 && statistics.wall_seconds() > statistics.user_cpu_seconds()) {
    absl::StrAppendFormat(&text,
                          "# one process is faster: the work of all takes %.3f s, the run took "
                          "%.3f s\n",
                          statistics.user_cpu_seconds(), statistics.wall_seconds());
  }
}

// What closes a table.
std::string TotalsLine(const v1::Result& result) {
  return absl::StrFormat("# fingerprint %s  seed %d  hops %d  virtual time %s s\n",
                         FingerprintText(result.fingerprint()), result.seed(), result.hops(),
                         SecondsText(Picoseconds(result.virtual_ps())));
}

// Rows of tasks, which begin when those before them have ended.
std::string TaskTable(const v1::Result& result) {
  const auto microseconds = [](int64_t picoseconds) {
    return DecimalText({picoseconds, 1'000'000}, 3);
  };
  constexpr auto kRight = TextTable::Align::kRight;
  TextTable table({{"task"},
                   {"collective"},
                   {"ranks", kRight},
                   {"size", kRight},
                   {"algorithm"},
                   {"start us", kRight},
                   {"end us", kRight},
                   {"time us", kRight},
                   {"algbw", kRight},
                   {"busbw", kRight},
                   {"#wrong", kRight}});
  std::string notes;
  for (const v1::Row& row : result.rows()) {
    const WideFraction bus = BusBandwidth(row, row.collective(), row.ranks());
    table.AddRow({row.task(), std::string(CollectiveName(row.collective())),
                  absl::StrCat(row.ranks()), SizeText(Bytes(row.bytes())), row.algorithm(),
                  microseconds(row.start_ps()), microseconds(row.start_ps() + row.time_ps()),
                  microseconds(row.time_ps()), DecimalText(AlgorithmBandwidth(row), 2),
                  DecimalText(bus, 2), row.wrong() < 0 ? "N/A" : absl::StrCat(row.wrong())});
    absl::StrAppend(&notes, NotesOf(row));
  }
  return absl::StrFormat(
             "# upfabric run: %s, %d tasks on %d endpoints, software %s, virtual time\n",
             result.fabric(), result.rows_size(), result.ranks(), result.software()) +
         table.Render("  ") + notes + TotalsLine(result);
}

}  // namespace

std::string RunTable(const v1::Result& result) {
  if (IsOfTasks(result)) {
    return TaskTable(result);
  }
  int name_width = static_cast<int>(absl::string_view("algorithm").size());
  for (const v1::Row& row : result.rows()) {
    name_width = std::max(name_width, static_cast<int>(row.algorithm().size()));
  }
  const bool has_jitter = HasJitter(result);
  const bool of_all = IsOfAll(result);
  std::string text =
      absl::StrFormat("# upfabric run %s: %s, %d ranks, software %s, %s, virtual time\n",
                      CollectiveName(result.collective()), result.fabric(), result.ranks(),
                      result.software(), TimingName(result.timing()));
  if (!result.software_error().empty()) {
    absl::StrAppendFormat(&text, "# software %s: %s\n", result.software(), result.software_error());
  }
  absl::StrAppendFormat(&text, "# %10s  %12s  %8s  %6s  %6s  %*s  %7s  %6s  %6s  %6s%s\n", "size",
                        "count", "type", "redop", "root", name_width, "algorithm", "time", "algbw",
                        "busbw", "#wrong", has_jitter ? kJitterNames : "");
  absl::StrAppendFormat(&text, "# %10s  %12s  %8s  %6s  %6s  %*s  %7s  %6s  %6s%s\n", "(B)",
                        "(elements)", "", "", "", name_width, "", "(us)", "(GB/s)", "(GB/s)",
                        has_jitter ? absl::StrCat("        ", kJitterUnits) : "");
  for (const v1::Row& row : result.rows()) {
    const WideFraction bus = BusBandwidth(row, row.collective(), row.ranks());
    absl::StrAppendFormat(&text, "%12d  %12d  %8s  %6s  %6d  %*s  %s  %s  %s  %6s%s\n", row.bytes(),
                          row.count(), DataTypeName(row.type()), ReduceOpName(row.op()), row.root(),
                          name_width, row.algorithm(), TimeColumn(row.time_ps()),
                          NarrowNumber(AlgorithmBandwidth(row).ToDouble(), kBandwidthWidth),
                          NarrowNumber(bus.ToDouble(), kBandwidthWidth),
                          row.wrong() < 0 ? "N/A" : absl::StrCat(row.wrong()),
                          absl::StrCat(has_jitter ? JitterColumns(row) : "",
                                       of_all && row.fastest() ? "  fastest" : ""));
  }
  for (const v1::Row& row : result.rows()) {
    absl::StrAppend(&text, NotesOf(row));
  }
  return text + TotalsLine(result) + BreakdownText(result);
}

std::string RunCsv(const v1::Result& result) {
  const auto name = [](std::string* out, const Field& field) { absl::StrAppend(out, field.name); };
  const auto value = [](std::string* out, const Field& field) {
    // Of an array the elements, a comma being the column's end.
    absl::StrAppend(
        out, absl::StrReplaceAll(field.value, {{"null", "N/A"}, {"[", ""}, {"]", ""}, {",", ";"}}));
  };
  std::string text = absl::StrCat(absl::StrJoin(FieldsOf({}, result), ",", name), "\n");
  for (const v1::Row& row : result.rows()) {
    absl::StrAppend(&text, absl::StrJoin(FieldsOf(row, result), ",", value), "\n");
  }
  return text;
}

void WriteResult(const v1::Result& result, JsonWriter& json) {
  json.BeginObject();
  json.Key("fabric").String(result.fabric());
  json.Key("ranks").Int(result.ranks());
  json.Key("collective").String(IsOfTasks(result) ? "tasks" : CollectiveName(result.collective()));
  json.Key("software").String(result.software());
  if (!result.software_error().empty()) {
    json.Key("software_error").String(result.software_error());
  }
  json.Key("seed").Raw(absl::StrCat(result.seed()));
  json.Key("fingerprint").String(FingerprintText(result.fingerprint()));
  json.Key("virtual_seconds").Raw(SecondsText(Picoseconds(result.virtual_ps())));
  json.Key("hops").Int(result.hops());
  json.Key("rows").BeginArray(/*lines=*/true);
  for (const v1::Row& row : result.rows()) {
    json.BeginObject();
    for (const Field& field : FieldsOf(row, result)) {
      json.Key(field.name);
      field.is_text ? json.String(field.value) : json.Raw(field.value);
    }
    if (!row.candidates().empty()) {
      WriteCandidates(row, json);
    }
    if (row.has_breakdown()) {
      json.Key("breakdown");
      WriteBreakdown(row, json);
    }
    json.EndObject();
  }
  json.EndArray();
  if (result.faults().faults_size() > 0) {
    json.Key("faults").BeginArray(/*lines=*/true);
    for (const v1::Fault& fault : result.faults().faults()) {
      json.Raw(FaultJson(fault));
    }
    json.EndArray();
  }
  json.EndObject();
}

std::string RunJson(const v1::Result& result) {
  JsonWriter json;
  WriteResult(result, json);
  return json.text() + "\n";
}

std::string StatisticsText(const v1::RunStatistics& statistics) {
  // Of all rows, repetitions with skewed starts included, which the result does not count.
  int64_t hops_total = 0;
  for (const v1::ProcessStatistics& process : statistics.processes()) {
    hops_total += process.hops();
  }
  const auto hops = static_cast<double>(hops_total);
  const double per_second = statistics.wall_seconds() > 0 ? hops / statistics.wall_seconds() : 0.0;
  const double nanoseconds_per_hop =
      hops_total > 0 ? statistics.user_cpu_seconds() * 1e9 / hops : 0.0;
  const double packets_per_record =
      statistics.records() > 0 ? hops / static_cast<double>(statistics.records()) : 0.0;
  std::string text = absl::StrFormat(
      "# wall %.3f s, user CPU %.3f s, %d hops, %.3g hops/s, %.1f ns CPU a hop\n"
      "# %d records, %.2f hops a record, %d windows of %s ns, granularity %s, peak memory "
      "%.1f MB\n",
      statistics.wall_seconds(), statistics.user_cpu_seconds(), hops_total, per_second,
      nanoseconds_per_hop, statistics.records(), packets_per_record, statistics.windows(),
      NanosecondsText(Picoseconds(statistics.window_ps())),
      GranularityName(statistics.granularity()),
      static_cast<double>(statistics.peak_memory_bytes()) / 1e6);
  if (statistics.replays() > 0 || statistics.shares_returned() > 0) {
    absl::StrAppendFormat(&text, "# %d replays of flits, %d shares rerouted\n",
                          statistics.replays(), statistics.shares_returned());
  }
  const v1::CongestionCounts& congestion = statistics.congestion();
  if (congestion.ByteSizeLong() > 0) {
    absl::StrAppendFormat(
        &text,
        "# packets marked %d, trimmed %d, dropped %d, sent again %d; channels paused %s us\n",
        congestion.marked_packets(), congestion.trimmed_packets(), congestion.dropped_packets(),
        congestion.retransmitted_packets(), MicrosecondsText(Picoseconds(congestion.paused_ps())));
  }
  absl::StrAppendFormat(
      &text,
      "# checked: %d channels (packets, payload and wire units conserved, credits home, wire "
      "bytes at most rate x time), %d messages posted and delivered, %d completions against their "
      "lower bound\n",
      statistics.channels_checked(), statistics.messages_checked(),
      statistics.completions_checked());
  AppendWorkOfWindows(statistics, text);
  for (const v1::ProcessStatistics& process : statistics.processes()) {
    absl::StrAppendFormat(
        &text, "# process %d: %d hops, fabric %.1f MB, exchange wait %.3f s, crossed %.1f %%\n",
        process.daemon(), process.hops(), static_cast<double>(process.fabric_bytes()) / 1e6,
        process.exchange_wait_seconds(), process.crossed_share() * 100);
  }
  return text;
}

}  // namespace upfabric::daemon::cli
