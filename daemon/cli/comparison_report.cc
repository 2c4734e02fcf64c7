#include "daemon/cli/comparison_report.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "daemon/cli/json_writer.h"
#include "daemon/cli/names.h"
#include "daemon/cli/numbers.h"
#include "daemon/cli/run_report.h"
#include "daemon/cli/sizes.h"
#include "daemon/cli/text_table.h"

namespace upfabric::daemon::cli {
namespace {

using Align = TextTable::Align;

constexpr int kRatioDecimals = 3;
constexpr int kFactorDecimals = 4;

// Fabrics are long names; in the table they are letters.
std::string Letter(size_t fabric) { return std::string(1, static_cast<char>('A' + fabric)); }

std::string Signed(Picoseconds time) {
  return absl::StrCat(time.count() > 0 ? "+" : "", NanosecondsText(time));
}

std::string Percent(const WideFraction& share) {
  return absl::StrCat(DecimalText({share.numerator * 100, share.denominator}, 1), " %");
}

std::string TimeText(const v1::Row& row) { return DecimalText({row.time_ps(), 1'000'000}, 3); }

WideFraction TimeRatio(const v1::Row& base, const v1::Row& other) {
  return base.time_ps() > 0 ? WideFraction{other.time_ps(), base.time_ps()} : WideFraction{};
}

std::string RatioText(const v1::Row& base, const v1::Row& other) {
  return base.time_ps() > 0 ? DecimalText(TimeRatio(base, other), kRatioDecimals) : "-";
}

WideFraction EstimateShare(const PathDifference& path) {
  return path.moved.count() > 0 ? WideFraction{path.on_estimates.count(), path.moved.count()}
                                : WideFraction{};
}

// The first row with something to do: many ranks leave nothing of the smallest sizes.
int SmallRow(const v1::Result& result) {
  for (int r = 0; r < result.rows_size(); ++r) {
    if (result.rows(r).bytes() > 0) {
      return r;
    }
  }
  return 0;
}

PathDifference PathOf(const Comparison& comparison, size_t collective, size_t other) {
  const std::vector<v1::Result>& results = comparison.results[collective];
  const int row = SmallRow(results[0]);
  return ComparePaths(results[0].rows(row).explanation(), comparison.confidences[0],
                      results[other].rows(row).explanation(), comparison.confidences[other]);
}

// "at 1K: A 0.977 us (one_shot), B 0.986 us (one_shot); B takes 1.010 times as long as A, +9.000
// ns"
std::string Times(const v1::Row& base, const v1::Row& other, const std::string& letter) {
  return absl::StrFormat(
      "  at %s: A %s us (%s), %s %s us (%s); %s takes %s times as long as A, %s ns\n",
      SizeText(Bytes(base.bytes())), TimeText(base), base.algorithm(), letter, TimeText(other),
      other.algorithm(), letter, RatioText(base, other),
      Signed(Picoseconds(other.time_ps() - base.time_ps())));
}

std::string Header(const Comparison& comparison) {
  const v1::Result& first = comparison.results.front().front();
  std::string text = absl::StrFormat(
      "upfabric compare: %d ranks, software %s for every fabric, %s operations, virtual time\n",
      first.ranks(), first.software(), TimingName(first.timing()));
  for (size_t f = 0; f < comparison.fabrics.size(); ++f) {
    const std::string& error = comparison.results.front()[f].software_error();
    absl::StrAppendFormat(&text, "  %s = %s%s%s\n", Letter(f), comparison.fabrics[f],
                          error.empty() ? "" : ", software: ", error);
  }
  return text;
}

std::string Table(const Comparison& comparison) {
  std::vector<TextTable::Column> columns = {{"collective"}, {"size", Align::kRight}};
  for (size_t f = 0; f < comparison.fabrics.size(); ++f) {
    columns.push_back({absl::StrCat(Letter(f), " us"), Align::kRight});
    columns.push_back({"GB/s", Align::kRight});
    if (f > 0) {
      columns.push_back({absl::StrCat(Letter(f), "/A"), Align::kRight});
    }
    columns.push_back({"algorithm"});
  }
  columns.push_back({"wrong", Align::kRight});
  TextTable table(columns);
  for (const std::vector<v1::Result>& results : comparison.results) {
    for (int r = 0; r < results[0].rows_size(); ++r) {
      const v1::Row& base = results[0].rows(r);
      std::vector<std::string> cells = {std::string(CollectiveName(results[0].collective())),
                                        SizeText(Bytes(base.bytes()))};
      int64_t wrong = 0;
      for (size_t f = 0; f < results.size(); ++f) {
        const v1::Row& row = results[f].rows(r);
        const WideFraction bus = BusBandwidth(row, results[f].collective(), results[f].ranks());
        cells.push_back(TimeText(row));
        cells.push_back(DecimalText(bus, 2));
        if (f > 0) {
          cells.push_back(RatioText(base, row));
        }
        cells.push_back(row.algorithm());
        wrong = row.wrong() < 0 || wrong < 0 ? -1 : wrong + row.wrong();
      }
      cells.push_back(wrong < 0 ? "N/A" : absl::StrCat(wrong));
      table.AddRow(std::move(cells));
    }
  }
  return table.Render();
}

// The elements that differ, then all others in one line, then the sum.
std::string PathTable(const PathDifference& path, const std::string& letter) {
  TextTable table({{"element"},
                   {"A", Align::kRight},
                   {letter, Align::kRight},
                   {absl::StrCat(letter, " - A"), Align::kRight},
                   {"confidence"}});
  Picoseconds same;
  int same_count = 0;
  for (const ElementDifference& element : path.elements) {
    if (element.difference() == Picoseconds(0)) {
      same += element.base;
      ++same_count;
      continue;
    }
    table.AddRow({element.name, NanosecondsText(element.base), NanosecondsText(element.other),
                  Signed(element.difference()), std::string(ConfidenceName(element.confidence))});
  }
  if (same_count > 0) {
    table.AddRow({absl::StrCat(same_count, " others, equal"), NanosecondsText(same),
                  NanosecondsText(same), NanosecondsText(Picoseconds(0)), ""});
  }
  table.AddRow({"sum", NanosecondsText(path.base), NanosecondsText(path.other),
                Signed(path.other - path.base), ""});
  return table.Render("      ");
}

// At the smallest size: the path of one packet, element by element.
std::string WhySmall(const Comparison& comparison, size_t collective, size_t other) {
  const std::vector<v1::Result>& results = comparison.results[collective];
  const int row = SmallRow(results[0]);
  const PathDifference path = PathOf(comparison, collective, other);
  std::string text =
      absl::StrCat(Times(results[0].rows(row), results[other].rows(row), Letter(other)),
                   "    one packet's way through the idle fabric, before serialization, in ns:\n",
                   PathTable(path, Letter(other)));
  if (path.moved.count() > 0) {
    absl::StrAppendFormat(&text,
                          "    %s of these differences (%s of %s ns, signs dropped) rest on "
                          "estimates\n",
                          Percent(EstimateShare(path)), NanosecondsText(path.on_estimates),
                          NanosecondsText(path.moved));
  }
  return text;
}

// At the largest size: the busiest channel, by factors whose product is the ratio of the times.
std::string WhyLarge(const Comparison& comparison, size_t collective, size_t other) {
  const v1::Result& base_result = comparison.results[collective][0];
  const v1::Result& other_result = comparison.results[collective][other];
  const v1::Row& base_row = base_result.rows(base_result.rows_size() - 1);
  const v1::Row& other_row = other_result.rows(other_result.rows_size() - 1);
  const std::string b = Letter(other);
  std::string text = Times(base_row, other_row, b);
  const TimeFactors factors = CompareChannels(base_row, other_row);
  if (!factors.valid) {
    return absl::StrCat(text, "    no channel carried payload in both\n");
  }
  const ChannelUse a_use = UseOfBusiestChannel(base_row);
  const ChannelUse b_use = UseOfBusiestChannel(other_row);
  absl::StrAppendFormat(&text, "    busiest channel: A %s, %s %s\n", a_use.name, b, b_use.name);
  TextTable table({{"of the busiest channel"},
                   {"A", Align::kRight},
                   {b, Align::kRight},
                   {absl::StrCat("time x"), Align::kRight}});
  const auto factor = [](const WideFraction& f) { return DecimalText(f, kFactorDecimals); };
  table.AddRow({"payload bytes", DecimalText(a_use.payload_bytes, 0),
                DecimalText(b_use.payload_bytes, 0), factor(factors.payload)});
  table.AddRow({"payload / wire bytes", Percent(a_use.efficiency), Percent(b_use.efficiency),
                factor(factors.efficiency)});
  table.AddRow({"data rate, GB/s", DecimalText(a_use.gigabytes_per_second, 2),
                DecimalText(b_use.gigabytes_per_second, 2), factor(factors.data_rate)});
  table.AddRow({"busy / time", Percent(a_use.utilization), Percent(b_use.utilization),
                factor(factors.utilization)});
  table.AddRow({"product", "", "", factor(factors.time)});
  absl::StrAppend(&text, table.Render("      "));
  absl::StrAppendFormat(&text, "    waited for credits: A %s us, %s %s us\n",
                        DecimalText({a_use.credit_stall.count(), 1'000'000}, 3), b,
                        DecimalText({b_use.credit_stall.count(), 1'000'000}, 3));
  return text;
}

void WritePath(const PathDifference& path, JsonWriter& json) {
  json.Key("path").BeginObject();
  json.Key("base_ns").Raw(NanosecondsText(path.base));
  json.Key("other_ns").Raw(NanosecondsText(path.other));
  json.Key("difference_ns").Raw(NanosecondsText(path.other - path.base));
  json.Key("share_on_estimates").Raw(DecimalText(EstimateShare(path), kFactorDecimals));
  json.Key("elements").BeginArray();
  for (const ElementDifference& element : path.elements) {
    json.BeginObject();
    json.Key("name").String(element.name);
    json.Key("base_ns").Raw(NanosecondsText(element.base));
    json.Key("other_ns").Raw(NanosecondsText(element.other));
    json.Key("difference_ns").Raw(NanosecondsText(element.difference()));
    json.Key("confidence").String(ConfidenceName(element.confidence));
    json.EndObject();
  }
  json.EndArray().EndObject();
}

void WriteChannel(absl::string_view key, const v1::Row& row, JsonWriter& json) {
  const ChannelUse use = UseOfBusiestChannel(row);
  json.Key(key).BeginObject();
  json.Key("name").String(use.name);
  json.Key("payload_bytes").Raw(DecimalText(use.payload_bytes, 0));
  json.Key("efficiency").Raw(DecimalText(use.efficiency, 6));
  json.Key("data_rate_GBps").Raw(DecimalText(use.gigabytes_per_second, 6));
  json.Key("utilization").Raw(DecimalText(use.utilization, 6));
  json.Key("credit_stall_us").Raw(MicrosecondsText(use.credit_stall));
  json.EndObject();
}

void WriteChannels(const v1::Row& base, const v1::Row& other, JsonWriter& json) {
  json.Key("busiest_channel").BeginObject();
  WriteChannel("base", base, json);
  WriteChannel("other", other, json);
  const TimeFactors factors = CompareChannels(base, other);
  if (factors.valid) {
    json.Key("time_factors").BeginObject();
    json.Key("payload").Raw(DecimalText(factors.payload, 6));
    json.Key("efficiency").Raw(DecimalText(factors.efficiency, 6));
    json.Key("data_rate").Raw(DecimalText(factors.data_rate, 6));
    json.Key("utilization").Raw(DecimalText(factors.utilization, 6));
    json.Key("time").Raw(DecimalText(factors.time, 6));
    json.EndObject();
  }
  json.EndObject();
}

}  // namespace

std::string ComparisonText(const Comparison& comparison) {
  std::string text = absl::StrCat(Header(comparison), "\n", Table(comparison));
  for (size_t c = 0; c < comparison.results.size(); ++c) {
    for (size_t f = 1; f < comparison.fabrics.size(); ++f) {
      absl::StrAppendFormat(&text, "\nwhy, %s: %s (%s) against %s (A)\n",
                            CollectiveName(comparison.results[c][0].collective()),
                            comparison.fabrics[f], Letter(f), comparison.fabrics[0]);
      absl::StrAppend(&text, WhySmall(comparison, c, f), WhyLarge(comparison, c, f));
    }
  }
  return text;
}

std::string ComparisonJson(const Comparison& comparison) {
  JsonWriter json;
  const v1::Result& first = comparison.results.front().front();
  json.BeginObject(/*lines=*/true);
  json.Key("software").String(first.software());
  json.Key("ranks").Int(first.ranks());
  json.Key("fabrics").BeginArray();
  for (const std::string& fabric : comparison.fabrics) {
    json.String(fabric);
  }
  json.EndArray();
  json.Key("results").BeginArray(/*lines=*/true);
  for (const std::vector<v1::Result>& results : comparison.results) {
    for (const v1::Result& result : results) {
      WriteResult(result, json);
    }
  }
  json.EndArray();
  json.Key("why").BeginArray(/*lines=*/true);
  for (size_t c = 0; c < comparison.results.size(); ++c) {
    const std::vector<v1::Result>& results = comparison.results[c];
    for (size_t f = 1; f < results.size(); ++f) {
      json.BeginObject();
      json.Key("collective").String(CollectiveName(results[0].collective()));
      json.Key("base").String(comparison.fabrics[0]);
      json.Key("other").String(comparison.fabrics[f]);
      json.Key("small_bytes").Int(results[0].rows(SmallRow(results[0])).bytes());
      WritePath(PathOf(comparison, c, f), json);
      const int last = results[0].rows_size() - 1;
      json.Key("large_bytes").Int(results[0].rows(last).bytes());
      WriteChannels(results[0].rows(last), results[f].rows(last), json);
      json.EndObject();
    }
  }
  json.EndArray().EndObject();
  return json.text() + "\n";
}

}  // namespace upfabric::daemon::cli
