#include "daemon/validation/measured_table.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "fabric/base/status.h"

namespace upfabric::daemon {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

absl::Status ErrorAt(const std::string& file, size_t line, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(file, ":", line, ": ", message));
}

// "all_reduce_perf", "alltoall", "AllReduce" -> our word; "" if it is none.
std::string CollectiveOf(absl::string_view word) {
  std::string letters;
  for (const char c : absl::AsciiStrToLower(word)) {
    if (absl::ascii_isalpha(static_cast<unsigned char>(c))) {
      letters += c;
    }
  }
  constexpr std::array<std::pair<absl::string_view, absl::string_view>, 9> kWords = {{
      {"allreduce", "all_reduce"},
      {"allgather", "all_gather"},
      {"reducescatter", "reduce_scatter"},
      {"alltoall", "all_to_all"},
      {"broadcast", "broadcast"},
      {"sendrecv", "sendrecv"},
      {"gather", "gather"},
      {"scatter", "scatter"},
      {"reduce", "reduce"},
  }};
  for (const auto& [found, collective] : kWords) {
    if (absl::StartsWith(letters, found)) {
      return std::string(collective);
    }
  }
  return "";
}

// A number that is finite and not negative; nothing otherwise.
std::optional<double> NumberOf(absl::string_view text) {
  double value = 0;
  if (!absl::SimpleAtod(text, &value) || !std::isfinite(value) || value < 0) {
    return std::nullopt;
  }
  return value;
}

// The part after "key:" of a comment, or "".
std::string CommentValue(absl::string_view line, absl::string_view key) {
  absl::string_view rest = absl::StripLeadingAsciiWhitespace(line.substr(1));
  if (!absl::ConsumePrefix(&rest, key) || !absl::ConsumePrefix(&rest, ":")) {
    return "";
  }
  return std::string(absl::StripAsciiWhitespace(rest));
}

class CsvReader {
 public:
  explicit CsvReader(MeasuredTable& table) : table_(table) {}

  absl::Status Comment(absl::string_view line) {
    if (const std::string word = CommentValue(line, "collective"); !word.empty()) {
      table_.collective = CollectiveOf(word);
    }
    if (const std::string text = CommentValue(line, "ranks"); !text.empty()) {
      const std::string digits = text.substr(0, text.find_first_not_of("0123456789"));
      if (!absl::SimpleAtoi(digits, &table_.ranks)) {
        table_.ranks = 0;
      }
    }
    return absl::OkStatus();
  }

  absl::Status Header(size_t line, absl::string_view text) {
    for (const absl::string_view name : absl::StrSplit(text, ',')) {
      columns_.push_back(std::string(absl::StripAsciiWhitespace(name)));
    }
    const auto has = [this](const char* name) {
      return std::find(columns_.begin(), columns_.end(), name) != columns_.end();
    };
    if (!has("bytes") || !(has("time_us") || has("algbw_GBps") || has("busbw_GBps"))) {
      return ErrorAt(table_.file, line,
                     "no header of a table; wanted are bytes and one of time_us, algbw_GBps, "
                     "busbw_GBps");
    }
    return absl::OkStatus();
  }

  absl::Status Row(size_t line, absl::string_view text) {
    const std::vector<absl::string_view> cells = absl::StrSplit(text, ',');
    MeasuredRow row;
    bool sized = false;
    for (size_t c = 0; c < cells.size() && c < columns_.size(); ++c) {
      const absl::string_view cell = absl::StripAsciiWhitespace(cells[c]);
      if (cell.empty()) {
        continue;
      }
      const std::optional<double> number = NumberOf(cell);
      if (!number.has_value()) {
        return ErrorAt(table_.file, line,
                       absl::StrCat(columns_[c], " is \"", cell, "\"; a number is wanted"));
      }
      if (columns_[c] == "bytes") {
        sized = absl::SimpleAtoi(cell, &row.bytes) && row.bytes >= 0;
      } else if (columns_[c] == "time_us") {
        row.microseconds = number;
      } else if (columns_[c] == "algbw_GBps") {
        row.algorithm_bandwidth = number;
      } else if (columns_[c] == "busbw_GBps") {
        row.bus_bandwidth = number;
      }
    }
    if (!sized) {
      return ErrorAt(table_.file, line, "has no size; a whole number of bytes is wanted");
    }
    table_.rows.push_back(row);
    return absl::OkStatus();
  }

  bool has_header() const { return !columns_.empty(); }

 private:
  MeasuredTable& table_;
  std::vector<std::string> columns_;
};

absl::Status ParseCsv(const std::string& text, MeasuredTable& table) {
  CsvReader reader(table);
  size_t number = 0;
  for (const absl::string_view raw : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    if (line.empty()) {
      continue;
    }
    if (line.front() == '#') {
      UPF_RETURN_IF_ERROR(reader.Comment(line));
    } else if (!reader.has_header()) {
      UPF_RETURN_IF_ERROR(reader.Header(number, line));
    } else {
      UPF_RETURN_IF_ERROR(reader.Row(number, line));
    }
  }
  return absl::OkStatus();
}

// "[1,0]<stdout>: text", as mpirun tags lines, without the tag.
absl::string_view WithoutTag(absl::string_view line) {
  const size_t end = line.find(">:");
  if (absl::StartsWith(line, "[") && end != absl::string_view::npos && end < 32) {
    line.remove_prefix(end + 2);
  }
  return absl::StripAsciiWhitespace(line);
}

class PerfReader {
 public:
  explicit PerfReader(MeasuredTable& table) : table_(table) {}

  void Comment(absl::string_view line) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line.substr(1), absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.empty()) {
      return;
    }
    if (words[0] == "size" && words.size() > 3) {
      has_root_ = absl::StrContains(line, " root");
    }
    if (absl::StrContains(line, "test starting:")) {
      table_.collective = CollectiveOf(words.back());
    }
    if (words[0] == "Rank" && words.size() > 2) {
      ++table_.ranks;
    }
    for (size_t w = 0; w + 1 < words.size(); ++w) {
      int value = 0;
      if (words[w] == "nGpus" && absl::SimpleAtoi(words[w + 1], &value)) {
        table_.single_process = value > 1;
      }
    }
    for (const absl::string_view word : words) {
      if (absl::string_view code = word; absl::ConsumePrefix(&code, "nccl-library=")) {
        table_.version = VersionOfCode(code);
      }
    }
  }

  absl::Status Row(size_t line, absl::string_view text) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    MeasuredRow row;
    int64_t count = 0;
    if (words.size() < 6 || !absl::SimpleAtoi(words[0], &row.bytes) ||
        !absl::SimpleAtoi(words[1], &count)) {
      return absl::OkStatus();  // what else the job printed
    }
    size_t next = 3;  // after the type
    if (!NumberOf(words[next]).has_value()) {
      ++next;  // operation
    }
    if (has_root_) {
      ++next;
    }
    if (next + 2 >= words.size()) {
      return ErrorAt(table_.file, line, "has no time and bandwidths where nccl-tests prints them");
    }
    row.microseconds = NumberOf(words[next]);
    row.algorithm_bandwidth = NumberOf(words[next + 1]);
    row.bus_bandwidth = NumberOf(words[next + 2]);
    if (!row.microseconds.has_value() || row.bytes < 0) {
      return ErrorAt(table_.file, line,
                     absl::StrCat("the time is \"", words[next], "\"; a number is wanted"));
    }
    table_.rows.push_back(row);
    return absl::OkStatus();
  }

  // 22902 -> "2.29".
  static std::string VersionOfCode(absl::string_view code) {
    int value = 0;
    constexpr int kMajor = 10'000;
    constexpr int kMinor = 100;
    if (!absl::SimpleAtoi(code, &value) || value < kMajor) {
      return "";
    }
    return absl::StrCat(value / kMajor, ".", value % kMajor / kMinor);
  }

 private:
  MeasuredTable& table_;
  bool has_root_ = false;
};

absl::Status ParsePerf(const std::string& text, MeasuredTable& table) {
  PerfReader reader(table);
  size_t number = 0;
  for (const absl::string_view raw : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::string_view line = WithoutTag(raw);
    if (line.empty()) {
      continue;
    }
    if (line.front() == '#') {
      reader.Comment(line);
    } else {
      UPF_RETURN_IF_ERROR(reader.Row(number, line));
    }
  }
  return absl::OkStatus();
}

const Value* Find(const Struct& object, const std::string& key) {
  const auto it = object.fields().find(key);
  return it == object.fields().end() ? nullptr : &it->second;
}

std::optional<double> FindNumber(const Struct& object, const std::string& key) {
  const Value* value = Find(object, key);
  return value != nullptr && value->has_number_value() ? std::optional(value->number_value())
                                                       : std::nullopt;
}

absl::Status ParseJson(const std::string& text, MeasuredTable& table) {
  Struct root;
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, &root);
  if (!parsed.ok()) {
    return ErrorAt(table.file, 1, "is no JSON; what nccl-tests writes with -J is wanted");
  }
  if (const Value* arguments = Find(root, "args");
      arguments != nullptr && arguments->list_value().values_size() > 0) {
    const std::string program = arguments->list_value().values(0).string_value();
    table.collective = CollectiveOf(program.substr(program.rfind('/') + 1));
  }
  if (const auto version = FindNumber(root, "nccl_version")) {
    table.version = PerfReader::VersionOfCode(absl::StrCat(*version));
  }
  if (const Value* config = Find(root, "config"); config != nullptr) {
    table.single_process = FindNumber(config->struct_value(), "ngpus").value_or(1) > 1;
    if (const Value* devices = Find(config->struct_value(), "devices"); devices != nullptr) {
      table.ranks = devices->list_value().values_size();
    }
  }
  const Value* results = Find(root, "results");
  if (results == nullptr || !results->has_list_value()) {
    return ErrorAt(table.file, 1, "has no \"results\"; what nccl-tests writes with -J is wanted");
  }
  for (const Value& entry : results->list_value().values()) {
    const Struct& result = entry.struct_value();
    const Value* side = Find(result, "out_of_place");
    const std::optional<double> size = FindNumber(result, "size");
    constexpr double kSizeMax = 1e15;  // chosen: a thousand times what memories hold
    if (side == nullptr || !size.has_value() || !(*size >= 0 && *size <= kSizeMax)) {
      return ErrorAt(table.file, 1,
                     "has a result without out_of_place, or without a size in bytes");
    }
    table.rows.push_back({.bytes = static_cast<int64_t>(*size),
                          .microseconds = FindNumber(side->struct_value(), "time"),
                          .algorithm_bandwidth = FindNumber(side->struct_value(), "alg_bw"),
                          .bus_bandwidth = FindNumber(side->struct_value(), "bus_bw")});
  }
  return absl::OkStatus();
}

bool LooksLikeCsv(const std::string& text) {
  for (const absl::string_view raw : absl::StrSplit(text, '\n')) {
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    if (!line.empty() && line.front() != '#') {
      return absl::StrContains(line, ',') && absl::StartsWith(line, "bytes");
    }
  }
  return false;
}

// Ranks by which the bandwidths of a row differ; 0 if they do not say.
int RanksFromBandwidths(const MeasuredTable& table) {
  if (table.rows.empty()) {
    return 0;
  }
  const MeasuredRow& last = table.rows.back();
  const double factor = last.algorithm_bandwidth.value_or(0) > 0
                            ? last.bus_bandwidth.value_or(0) / *last.algorithm_bandwidth
                            : 0;
  constexpr int kRanksMax = 256;  // beyond, printed bandwidths have too few digits
  int best = 0;
  double distance = 2e-3;
  for (int ranks = 2; ranks <= kRanksMax; ++ranks) {
    const double away = std::abs(BusFactor(table.collective, ranks) - factor);
    if (BusFactor(table.collective, ranks) != 1 && away < distance) {
      best = ranks;
      distance = away;
    }
  }
  return best;
}

}  // namespace

absl::StatusOr<MeasuredTable> ParseMeasuredTable(const std::string& file, const std::string& text) {
  MeasuredTable table = {.file = file};
  const absl::string_view start = absl::StripLeadingAsciiWhitespace(text);
  if (absl::StartsWith(start, "{")) {
    UPF_RETURN_IF_ERROR(ParseJson(text, table));
  } else if (LooksLikeCsv(text)) {
    UPF_RETURN_IF_ERROR(ParseCsv(text, table));
  } else {
    UPF_RETURN_IF_ERROR(ParsePerf(text, table));
  }
  if (table.rows.empty()) {
    return ErrorAt(file, 1,
                   "has no row of measurements; wanted is CSV with bytes and time_us, or what "
                   "nccl-tests prints or writes with -J");
  }
  if (table.ranks == 0) {
    table.ranks = RanksFromBandwidths(table);
  }
  return table;
}

double BusFactor(const std::string& collective, int ranks) {
  const double n = ranks;
  if (collective == "all_reduce") {
    return 2 * (n - 1) / n;
  }
  if (collective == "broadcast" || collective == "reduce" || collective == "sendrecv") {
    return 1;
  }
  return (n - 1) / n;
}

std::optional<double> TimeOf(const MeasuredRow& row, const std::string& collective, int ranks) {
  const auto by = [&row](double gigabytes_per_second) {
    return static_cast<double>(row.bytes) * 1e-3 / gigabytes_per_second;
  };
  std::optional<double> time = row.microseconds;
  if (!time.has_value() && row.bus_bandwidth.value_or(0) > 0) {
    time = by(*row.bus_bandwidth / BusFactor(collective, ranks));
  }
  if (!time.has_value() && row.algorithm_bandwidth.value_or(0) > 0) {
    time = by(*row.algorithm_bandwidth);
  }
  return time.has_value() && *time > 0 && std::isfinite(*time) ? time : std::nullopt;
}

}  // namespace upfabric::daemon
