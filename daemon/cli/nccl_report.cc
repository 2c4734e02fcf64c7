#include "daemon/cli/nccl_report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "daemon/cli/json_writer.h"
#include "daemon/cli/names.h"

namespace upfabric::daemon::cli {
namespace {

// The versions whose output this is (docs/sources.md, key NCCL-TESTS).
constexpr int kNcclVersion = 23007;
constexpr absl::string_view kTestsVersion = "2.19.6";
constexpr double kBandwidthTolerance = 0.9;

constexpr int kTimeWidth = 7;
constexpr int kBandwidthWidth = 6;
constexpr int kDateWidth = 19;
constexpr int kJsonDecimals = 6;

double Microseconds(Picoseconds time) { return WideFraction{time.count(), 1'000'000}.ToDouble(); }

std::string SideText(const NcclSide& side) {
  return absl::StrCat(
      "  ", NarrowNumber(Microseconds(side.time), kTimeWidth), "  ",
      NarrowNumber(side.algorithm_bandwidth.ToDouble(), kBandwidthWidth), "  ",
      NarrowNumber(side.bus_bandwidth.ToDouble(), kBandwidthWidth), "  ",
      side.wrong.has_value() ? absl::StrFormat("%6g", static_cast<double>(*side.wrong)) : "   N/A");
}

absl::string_view BooleanWord(bool value) { return value ? "true" : "false"; }

void WriteSide(absl::string_view key, const NcclSide& side, JsonWriter& json) {
  json.Key(key).BeginObject();
  json.Key("time").Raw(MicrosecondsText(side.time));
  json.Key("alg_bw").Raw(DecimalText(side.algorithm_bandwidth, kJsonDecimals));
  json.Key("bus_bw").Raw(DecimalText(side.bus_bandwidth, kJsonDecimals));
  json.Key("nwrong");
  side.wrong.has_value() ? json.Raw(absl::StrFormat("%d.0", *side.wrong)) : json.Null();
  json.EndObject();
}

void WriteConfig(const NcclOptions& options, const std::vector<NcclDevice>& devices,
                 JsonWriter& json) {
  json.Key("config").BeginObject();
  json.Key("nthreads").Int(options.threads);
  json.Key("ngpus").Int(options.gpus);
  json.Key("minimum_bytes").Int(options.sizes.min.count());
  json.Key("maximum_bytes").Int(options.sizes.max.count());
  if (options.sizes.factor > 1) {
    json.Key("step_factor").Int(options.sizes.factor);
  } else {
    json.Key("step_bytes").Int(options.sizes.step.count());
  }
  json.Key("warmup_iters").Int(options.warmup);
  json.Key("iterations").Int(options.iterations);
  json.Key("aggregated_iterations").Int(options.aggregated);
  json.Key("validation").Int(options.check);
  json.Key("graph").Int(options.graph);
  json.Key("blocking_collectives").String(BooleanWord(options.blocking != 0));
  json.Key("per_iter_timing").String("false");
  json.Key("per_iter_skip").Int(0);
  json.Key("parallel_init").String("false");
  json.Key("devices").BeginArray();
  for (const NcclDevice& device : devices) {
    json.BeginObject();
    json.Key("rank").Int(device.rank);
    json.Key("group").Int(0);
    json.Key("pid").Int(device.pid);
    json.Key("hostname").String(device.host);
    json.Key("device").Int(device.device);
    json.Key("device_hex").String(device.bus);
    json.Key("device_info").String(device.description);
    json.EndObject();
  }
  json.EndArray().EndObject();
}

void WriteRow(const NcclRow& row, const NcclOptions& options, JsonWriter& json) {
  json.BeginObject();
  json.Key("size").Int(row.bytes);
  json.Key("count").Int(row.count);
  json.Key("type").String(DataTypeName(row.type));
  json.Key("redop").String(ReduceOpName(row.op));
  json.Key("root").String(absl::StrFormat("%6d", row.root));
  WriteSide("out_of_place", row.out_of_place, json);
  WriteSide("in_place", row.in_place, json);
  json.Key("actual_iterations").Int(options.iterations);
  json.Key("experiment_name").String("");
  json.EndObject();
}

void WriteStrings(absl::string_view key, const std::vector<std::string>& values, JsonWriter& json) {
  json.Key(key).BeginArray();
  for (const std::string& value : values) {
    json.String(value);
  }
  json.EndArray();
}

void WriteSummary(const NcclSummary& summary, JsonWriter& json) {
  json.Key("out_of_bounds").BeginObject();
  json.Key("count").Int(summary.sides_with_wrong);
  json.Key("okay").String(BooleanWord(summary.sides_with_wrong == 0)).EndObject();
  json.Key("average_bus_bandwidth").BeginObject();
  json.Key("bandwidth").Raw(absl::StrFormat("%.6f", summary.average_bus_bandwidth));
  json.Key("okay").String(
      summary.bandwidth_min.has_value() ? BooleanWord(!summary.bandwidth_missed()) : "unchecked");
  json.EndObject();
  std::vector<std::string> errors;
  if (!summary.error.empty()) {
    errors.push_back(summary.error);
  }
  WriteStrings("errors", errors, json);
}

}  // namespace

bool NcclSummary::bandwidth_missed() const {
  return bandwidth_min.has_value() && average_bus_bandwidth < kBandwidthTolerance * *bandwidth_min;
}

bool NcclSummary::failed() const {
  return sides_with_wrong > 0 || bandwidth_missed() || !error.empty();
}

NcclSummary Summarize(const std::vector<NcclRow>& rows, std::optional<double> bandwidth_min) {
  NcclSummary summary;
  summary.bandwidth_min = bandwidth_min;
  double sum = 0;
  for (const NcclRow& row : rows) {
    for (const NcclSide* side : {&row.out_of_place, &row.in_place}) {
      sum += side->bus_bandwidth.ToDouble();
      summary.sides_with_wrong += side->wrong.value_or(0) > 0 ? 1 : 0;
    }
  }
  summary.average_bus_bandwidth = rows.empty() ? 0 : sum / (2 * static_cast<double>(rows.size()));
  return summary;
}

std::string NcclHeader(absl::string_view program, const NcclOptions& options,
                       const std::vector<NcclDevice>& devices) {
  const bool by_factor = options.sizes.factor > 1;
  std::string text = absl::StrFormat(
      "# nccl-tests version %s nccl-headers=%d nccl-library=%d\n"
      "# Collective test starting: %s\n"
      "# nThread %d nGpus %d minBytes %d maxBytes %d step: %d(%s) warmup iters: %d iters: %d agg "
      "iters: %d validation: %d graph: %d unalign: %d\n",
      kTestsVersion, kNcclVersion, kNcclVersion, program, options.threads, options.gpus,
      options.sizes.min.count(), options.sizes.max.count(),
      by_factor ? options.sizes.factor : options.sizes.step.count(), by_factor ? "factor" : "bytes",
      options.warmup, options.iterations, options.aggregated, options.check, options.graph,
      options.unaligned);
  for (const std::string& remark : options.remarks) {
    absl::StrAppend(&text, "# ", remark, "\n");
  }
  absl::StrAppend(&text, "#\n# Using devices\n");
  for (const NcclDevice& device : devices) {
    absl::StrAppendFormat(&text, "#  Rank %2d Group %2d Pid %6d on %10s device %2d [%s] %s\n",
                          device.rank, 0, device.pid, device.host, device.device, device.bus,
                          device.description);
  }
  const int date_width = options.timestamps ? kDateWidth : 0;
  const auto names =
      absl::ParsedFormat<'s', 's', 's', 's', 's', 's', 's', 's', 's', 's', 's', 's', 's', '*', 's'>(
          "# %10s  %12s  %8s  %6s  %6s  %7s  %6s  %6s  %6s  %7s  %6s  %6s  %6s %*s\n");
  absl::StrAppendFormat(&text,
                        "#\n# %10s  %12s  %8s  %6s  %6s           out-of-place                     "
                        "  in-place          \n",
                        "", "", "", "", "");
  absl::StrAppendFormat(&text, names, "size", "count", "type", "redop", "root", "time", "algbw",
                        "busbw", "#wrong", "time", "algbw", "busbw", "#wrong", date_width,
                        options.timestamps ? "timestamp" : "");
  absl::StrAppendFormat(&text, names, "(B)", "(elements)", "", "", "", "(us)", "(GB/s)", "(GB/s)",
                        "", "(us)", "(GB/s)", "(GB/s)", "", date_width, "");
  return text;
}

std::string NcclRowText(const NcclRow& row) {
  return absl::StrCat(absl::StrFormat("%12d  %12d  %8s  %6s  %6d", row.bytes, row.count,
                                      DataTypeName(row.type), ReduceOpName(row.op), row.root),
                      SideText(row.out_of_place), SideText(row.in_place),
                      row.date.empty() ? "" : absl::StrCat("  ", row.date), "\n");
}

std::string NcclFooter(absl::string_view program, const NcclSummary& summary) {
  const absl::string_view gate =
      !summary.bandwidth_min.has_value() ? "" : (summary.bandwidth_missed() ? "FAILED" : "OK");
  std::string text = absl::StrFormat(
      "# Out of bounds values : %d %s\n"
      "# Avg bus bandwidth    : %g %s\n"
      "#\n"
      "# Collective test concluded: %s\n"
      "#\n",
      summary.sides_with_wrong, summary.sides_with_wrong == 0 ? "OK" : "FAILED",
      summary.average_bus_bandwidth, gate, program);
  absl::StrAppend(&text, summary.error.empty() ? "" : absl::StrCat("# error: ", summary.error),
                  "\n");
  return text;
}

std::string NcclJson(const NcclOptions& options, const std::vector<NcclDevice>& devices,
                     const std::vector<NcclRow>& rows, const NcclSummary& summary,
                     const NcclJsonFacts& facts) {
  constexpr int kVersion = 3;
  JsonWriter json;
  json.BeginObject(/*lines=*/true);
  json.Key("version").Int(kVersion);
  json.Key("start_time").String(facts.start_time);
  WriteStrings("args", facts.arguments, json);
  WriteStrings("env", facts.environment, json);
  json.Key("nccl_version").Int(kNcclVersion);
  WriteConfig(options, devices, json);
  json.Key("results").BeginArray(/*lines=*/true);
  for (const NcclRow& row : rows) {
    WriteRow(row, options, json);
  }
  json.EndArray();
  WriteSummary(summary, json);
  json.Key("end_time").String(facts.end_time);
  json.Key("upfabric").BeginObject();
  json.Key("fabric").String(facts.fabric);
  json.Key("seed").Raw(absl::StrCat(options.seed));
  json.Key("fingerprint").String(FingerprintText(facts.fingerprint));
  json.Key("clock").String("virtual");
  json.Key("fidelity").String("packet");
  json.Key("build").String(facts.build);
  json.EndObject().EndObject();
  return json.text() + "\n";
}

}  // namespace upfabric::daemon::cli
