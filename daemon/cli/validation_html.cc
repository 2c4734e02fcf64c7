#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "daemon/cli/validation_report.h"

namespace upfabric::daemon::cli {
namespace {

constexpr double kWidth = 340;
constexpr double kHeight = 220;
constexpr double kLeft = 52;
constexpr double kRight = 8;
constexpr double kTop = 8;
constexpr double kBottom = 26;

std::string Escaped(const std::string& text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

// "512", "64K", "8M", "1G".
std::string SizeText(double bytes) {
  constexpr const char* kUnits[] = {"", "K", "M", "G"};
  size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < std::size(kUnits); bytes /= 1024) {
    ++unit;
  }
  return absl::StrFormat("%.0f%s", bytes, kUnits[unit]);
}

// Logarithmic axes over what a table has, in whole octaves of bytes and decades of time.
class Plot {
 public:
  explicit Plot(const ValidatedTable& table) : table_(table) {
    double time_min = table.rows.front().measured_us;
    double time_max = time_min;
    double size_min = static_cast<double>(table.rows.front().bytes);
    double size_max = size_min;
    for (const ValidatedRow& row : table.rows) {
      time_min = std::min({time_min, row.measured_us, row.modelled_us});
      time_max = std::max({time_max, row.measured_us, row.modelled_us});
      size_min = std::min(size_min, static_cast<double>(row.bytes));
      size_max = std::max(size_max, static_cast<double>(row.bytes));
    }
    x_min_ = std::floor(std::log2(size_min));
    x_max_ = std::max(std::ceil(std::log2(size_max)), x_min_ + 1);
    y_min_ = std::floor(std::log10(time_min));
    y_max_ = std::max(std::ceil(std::log10(time_max)), y_min_ + 1);
  }

  std::string Svg() const {
    std::string svg =
        absl::StrFormat("<svg width=\"%.0f\" height=\"%.0f\" role=\"img\" aria-label=\"%s\">",
                        kWidth, kHeight, Escaped(table_.use.file));
    AppendGrid(svg);
    std::string line;
    for (const ValidatedRow& row : table_.rows) {
      absl::StrAppendFormat(&line, "%s%.1f,%.1f", line.empty() ? "" : " ",
                            X(static_cast<double>(row.bytes)), Y(row.modelled_us));
    }
    absl::StrAppend(&svg, "<polyline class=\"model\" points=\"", line, "\"/>");
    for (const ValidatedRow& row : table_.rows) {
      absl::StrAppendFormat(
          &svg,
          "<circle class=\"measured\" r=\"2.5\" cx=\"%.1f\" cy=\"%.1f\"><title>%d "
          "B: %.2f us measured, %.2f modelled, %s %s</title></circle>",
          X(static_cast<double>(row.bytes)), Y(row.measured_us), row.bytes, row.measured_us,
          row.modelled_us, row.algorithm, row.protocol);
    }
    absl::StrAppend(&svg, "</svg>");
    return svg;
  }

 private:
  double X(double bytes) const {
    return kLeft + (std::log2(bytes) - x_min_) / (x_max_ - x_min_) * (kWidth - kLeft - kRight);
  }
  double Y(double time) const {
    return kHeight - kBottom -
           (std::log10(time) - y_min_) / (y_max_ - y_min_) * (kHeight - kTop - kBottom);
  }

  void AppendGrid(std::string& svg) const {
    for (int decade = static_cast<int>(y_min_); decade <= y_max_; ++decade) {
      const double at = Y(std::pow(10, decade));
      absl::StrAppendFormat(&svg,
                            "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/><text x=\"%.1f\" "
                            "y=\"%.1f\" text-anchor=\"end\">%g us</text>",
                            kLeft, at, kWidth - kRight, kLeft - 4, at + 4, std::pow(10, decade));
    }
    const int step = x_max_ - x_min_ > 12 ? 10 : 5;
    for (int octave = static_cast<int>(std::ceil(x_min_ / step)) * step; octave <= x_max_;
         octave += step) {
      const double at = X(std::exp2(octave));
      absl::StrAppendFormat(&svg,
                            "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/><text x=\"%.1f\" "
                            "y=\"%.1f\" text-anchor=\"middle\">%s</text>",
                            at, kTop, kHeight - kBottom, at, kHeight - kBottom + 16,
                            SizeText(std::exp2(octave)));
    }
  }

  const ValidatedTable& table_;
  double x_min_ = 0;
  double x_max_ = 0;
  double y_min_ = 0;
  double y_max_ = 0;
};

std::string SummaryRow(const std::string& name, const ErrorSummary& errors) {
  const auto cell = [](int rows, double percent) {
    return rows == 0 ? std::string("-") : absl::StrFormat("%.1f %%", percent);
  };
  return absl::StrCat("<tr><td>", Escaped(name), "</td><td>", errors.rows, "</td><td>",
                      cell(errors.rows_small, errors.small), "</td><td>",
                      cell(errors.rows_large, errors.large), "</td><td>",
                      cell(errors.rows, errors.all), "</td></tr>\n");
}

}  // namespace

std::string ValidationHtml(const std::vector<ValidatedTable>& tables) {
  const ValidationSummary summary = Summarize(tables);
  std::string html = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>upfabric validate</title><style>
body { font: 14px sans-serif; margin: 2em; color: #222; background: #fff }
table { border-collapse: collapse } td, th { padding: 2px 12px; text-align: right }
td:first-child, th:first-child { text-align: left }
.plots { display: flex; flex-wrap: wrap; gap: 18px } figure { margin: 0 }
figcaption { width: 340px }
svg { font: 10px sans-serif } .grid { stroke: #ddd } .model { fill: none; stroke: #0072b2 }
.measured { fill: #d55e00 } .name { font-weight: bold }
</style></head><body><h1>Measured against modelled</h1>
<p>Dots are measured times, lines are modelled ones. An error is the geometric mean of the larger
over the smaller, less 1.</p>
<table><tr><th>of</th><th>rows</th><th>below 64 KiB</th><th>from 64 KiB</th><th>all</th></tr>
)";
  for (const auto& [family, errors] : summary.families) {
    absl::StrAppend(&html, SummaryRow(family, errors));
  }
  for (const auto& [scope, errors] : summary.scopes) {
    absl::StrAppend(&html, SummaryRow(scope, errors));
  }
  absl::StrAppend(&html, SummaryRow("overall", summary.overall),
                  "</table>\n<div class=\"plots\">\n");
  for (const ValidatedTable& table : tables) {
    ErrorSum sum;
    sum.Add(table);
    absl::StrAppend(&html, "<figure><figcaption><span class=\"name\">", Escaped(table.use.file),
                    "</span><br>", Escaped(table.use.fabric), ", ", table.use.collective, ", ",
                    table.use.ranks, " ranks, ", Escaped(table.use.software), ", ",
                    table.use.launch, absl::StrFormat(": %.1f %%", sum.Summary().all),
                    "</figcaption>", Plot(table).Svg(), "</figure>\n");
  }
  return html + "</div></body></html>\n";
}

}  // namespace upfabric::daemon::cli
