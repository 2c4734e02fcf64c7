#include "daemon/cli/breakdown_report.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "daemon/cli/numbers.h"
#include "daemon/cli/text_table.h"

namespace upfabric::daemon::cli {
namespace {

using Align = TextTable::Align;

std::string ShareText(int64_t part, int64_t whole) {
  return whole == 0 ? "-" : absl::StrCat(DecimalText({absl::int128(part) * 100, whole}, 1), " %");
}

std::string Microseconds(int64_t picoseconds) { return DecimalText({picoseconds, 1'000'000}, 3); }

// "gpu0 -> gpu1" of a message, "gpu1" of what happened in one.
std::string WhereText(const v1::BreakdownStep& step) {
  const std::string rank = absl::StrCat("rank ", step.rank());
  return step.from() < 0 ? rank : absl::StrCat("rank ", step.from(), " -> ", step.rank());
}

std::string PartsText(const v1::Row& row) {
  TextTable table({{"cause"}, {"us", Align::kRight}, {"of the time", Align::kRight}});
  for (const v1::BreakdownPart& part : row.breakdown().parts()) {
    table.AddRow(
        {part.cause(), Microseconds(part.time_ps()), ShareText(part.time_ps(), row.time_ps())});
  }
  return table.Render("    ");
}

std::string StepsText(const v1::Breakdown& breakdown) {
  TextTable table({{"from us", Align::kRight},
                   {"to us", Align::kRight},
                   {"where"},
                   {"what"},
                   {"bytes", Align::kRight},
                   {"over"}});
  const int half = breakdown.steps_size() / 2;
  for (int s = 0; s < breakdown.steps_size(); ++s) {
    if (s == half && breakdown.steps_left_out() > 0) {
      table.AddRow({"...", "...", absl::StrCat(breakdown.steps_left_out(), " more"), "", "", ""});
    }
    const v1::BreakdownStep& step = breakdown.steps(s);
    table.AddRow({Microseconds(step.begin_ps()), Microseconds(step.end_ps()), WhereText(step),
                  step.operation(), absl::StrCat(step.bytes()),
                  absl::StrJoin(step.channels(), " ")});
  }
  return table.Render("    ");
}

std::string ChannelsText(const v1::Row& row) {
  TextTable table({{"busiest channels"},
                   {"busy / time", Align::kRight},
                   {"waited for credits, us", Align::kRight},
                   {"wire bytes", Align::kRight}});
  for (const v1::ChannelUse& channel : row.breakdown().channels()) {
    table.AddRow({channel.name(), ShareText(channel.busy_ps(), row.time_ps()),
                  Microseconds(channel.credit_stall_ps()), absl::StrCat(channel.wire_bytes())});
  }
  return table.Render("    ");
}

}  // namespace

std::string BreakdownText(const v1::Result& result) {
  std::string text;
  for (const v1::Row& row : result.rows()) {
    if (!row.has_breakdown()) {
      continue;
    }
    const v1::Breakdown& breakdown = row.breakdown();
    absl::StrAppend(&text, "\nwhy, ", row.bytes(), " bytes by ", row.algorithm(), ": ",
                    Microseconds(row.time_ps()), " us\n", PartsText(row),
                    "  the chain that ended last\n", StepsText(breakdown), ChannelsText(row));
    if (breakdown.bound_ps() > 0) {
      absl::StrAppend(&text, "  no execution of ", row.algorithm(), " takes less than ",
                      Microseconds(breakdown.bound_ps()), " us; this one takes ",
                      DecimalText({row.time_ps(), breakdown.bound_ps()}, 2), " times as long\n");
    }
  }
  return text;
}

void WriteBreakdown(const v1::Row& row, JsonWriter& json) {
  const v1::Breakdown& breakdown = row.breakdown();
  const auto time = [&json](absl::string_view key, int64_t picoseconds) {
    json.Key(key).Raw(MicrosecondsText(Picoseconds(picoseconds)));
  };
  json.BeginObject().Key("parts_us").BeginObject();
  for (const v1::BreakdownPart& part : breakdown.parts()) {
    time(part.cause(), part.time_ps());
  }
  json.EndObject();
  time("bound_us", breakdown.bound_ps());
  json.Key("steps").BeginArray();
  for (const v1::BreakdownStep& step : breakdown.steps()) {
    json.BeginObject();
    time("begin_us", step.begin_ps());
    time("end_us", step.end_ps());
    json.Key("rank").Int(step.rank());
    json.Key("from");
    step.from() < 0 ? json.Null() : json.Int(step.from());
    json.Key("operation").String(step.operation());
    json.Key("bytes").Int(step.bytes());
    json.Key("channels").BeginArray();
    for (const std::string& channel : step.channels()) {
      json.String(channel);
    }
    json.EndArray().EndObject();
  }
  json.EndArray().Key("steps_left_out").Int(breakdown.steps_left_out());
  json.Key("channels").BeginArray();
  for (const v1::ChannelUse& channel : breakdown.channels()) {
    json.BeginObject().Key("name").String(channel.name());
    json.Key("utilization")
        .Raw(row.time_ps() == 0 ? "0" : DecimalText({channel.busy_ps(), row.time_ps()}, 6));
    time("credit_stall_us", channel.credit_stall_ps());
    json.Key("wire_bytes").Int(channel.wire_bytes());
    json.EndObject();
  }
  json.EndArray().EndObject();
}

}  // namespace upfabric::daemon::cli
