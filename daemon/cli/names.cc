#include "daemon/cli/names.h"

#include <array>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace upfabric::daemon::cli {
namespace {

template <typename Value>
struct Named {
  Value value;
  absl::string_view name;
};

constexpr std::array<Named<v1::Collective>, 10> kCollectives = {{
    {v1::COLLECTIVE_ALL_REDUCE, "all_reduce"},
    {v1::COLLECTIVE_ALL_GATHER, "all_gather"},
    {v1::COLLECTIVE_REDUCE_SCATTER, "reduce_scatter"},
    {v1::COLLECTIVE_ALL_TO_ALL, "all_to_all"},
    {v1::COLLECTIVE_BROADCAST, "broadcast"},
    {v1::COLLECTIVE_SENDRECV, "sendrecv"},
    {v1::COLLECTIVE_REDUCE, "reduce"},
    {v1::COLLECTIVE_GATHER, "gather"},
    {v1::COLLECTIVE_SCATTER, "scatter"},
    {v1::COLLECTIVE_BARRIER, "barrier"},
}};

constexpr std::array<Named<v1::DataType>, 12> kDataTypes = {{
    {v1::DATA_TYPE_INT8, "int8"},
    {v1::DATA_TYPE_UINT8, "uint8"},
    {v1::DATA_TYPE_INT32, "int32"},
    {v1::DATA_TYPE_UINT32, "uint32"},
    {v1::DATA_TYPE_INT64, "int64"},
    {v1::DATA_TYPE_UINT64, "uint64"},
    {v1::DATA_TYPE_FLOAT16, "half"},
    {v1::DATA_TYPE_FLOAT32, "float"},
    {v1::DATA_TYPE_FLOAT64, "double"},
    {v1::DATA_TYPE_BFLOAT16, "bfloat16"},
    {v1::DATA_TYPE_FLOAT8_E4M3, "f8e4m3"},
    {v1::DATA_TYPE_FLOAT8_E5M2, "f8e5m2"},
}};

constexpr std::array<Named<v1::ReduceOp>, 5> kReduceOps = {{
    {v1::REDUCE_OP_SUM, "sum"},
    {v1::REDUCE_OP_PROD, "prod"},
    {v1::REDUCE_OP_MAX, "max"},
    {v1::REDUCE_OP_MIN, "min"},
    {v1::REDUCE_OP_AVG, "avg"},
}};

constexpr std::array<Named<v1::PayloadMode>, 4> kPayloadModes = {{
    {v1::PAYLOAD_MODE_AUTO, "auto"},
    {v1::PAYLOAD_MODE_FULL, "full"},
    {v1::PAYLOAD_MODE_SAMPLED, "sampled"},
    {v1::PAYLOAD_MODE_NONE, "none"},
}};

constexpr std::array<Named<v1::Granularity>, 2> kGranularities = {{
    {v1::GRANULARITY_TRAIN, "train"},
    {v1::GRANULARITY_PACKET, "packet"},
}};

constexpr std::array<Named<v1::Timing>, 2> kTimings = {{
    {v1::TIMING_ISOLATED, "isolated"},
    {v1::TIMING_QUEUED, "queued"},
}};

constexpr std::array<Named<v1::Confidence>, 4> kConfidences = {{
    {v1::CONFIDENCE_SPEC, "spec"},
    {v1::CONFIDENCE_MEASURED, "measured"},
    {v1::CONFIDENCE_VENDOR, "vendor"},
    {v1::CONFIDENCE_ESTIMATE, "estimate"},
}};

template <typename Table, typename Value>
absl::string_view NameIn(const Table& table, Value value) {
  for (const auto& entry : table) {
    if (entry.value == value) {
      return entry.name;
    }
  }
  return "?";
}

template <typename Value, typename Table>
absl::StatusOr<Value> ParseIn(const Table& table, absl::string_view text, absl::string_view noun) {
  for (const auto& entry : table) {
    if (entry.name == text) {
      return entry.value;
    }
  }
  const std::string known = absl::StrJoin(
      table, ", ",
      [](std::string* out, const Named<Value>& entry) { absl::StrAppend(out, entry.name); });
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is not ", noun, "; allowed: ", known));
}

template <typename Value, typename Table>
std::vector<Value> ValuesOf(const Table& table) {
  std::vector<Value> values;
  for (const auto& entry : table) {
    values.push_back(entry.value);
  }
  return values;
}

}  // namespace

absl::StatusOr<v1::Collective> ParseCollective(absl::string_view text) {
  return ParseIn<v1::Collective>(kCollectives, text, "a collective");
}

absl::StatusOr<v1::DataType> ParseDataType(absl::string_view text) {
  if (text == "float32") {
    return v1::DATA_TYPE_FLOAT32;
  }
  if (text == "float16") {
    return v1::DATA_TYPE_FLOAT16;
  }
  return ParseIn<v1::DataType>(kDataTypes, text, "a type");
}

absl::StatusOr<v1::ReduceOp> ParseReduceOp(absl::string_view text) {
  return ParseIn<v1::ReduceOp>(kReduceOps, text, "an operation");
}

absl::StatusOr<v1::PayloadMode> ParsePayloadMode(absl::string_view text) {
  return ParseIn<v1::PayloadMode>(kPayloadModes, text, "a payload mode");
}

absl::StatusOr<v1::Granularity> ParseGranularity(absl::string_view text) {
  return ParseIn<v1::Granularity>(kGranularities, text, "a granularity");
}

absl::string_view CollectiveName(v1::Collective collective) {
  return NameIn(kCollectives, collective);
}

absl::string_view DataTypeName(v1::DataType type) { return NameIn(kDataTypes, type); }

absl::string_view ReduceOpName(v1::ReduceOp op) {
  return op == v1::REDUCE_OP_UNSPECIFIED ? "none" : NameIn(kReduceOps, op);
}

absl::string_view PayloadModeName(v1::PayloadMode mode) { return NameIn(kPayloadModes, mode); }

absl::string_view GranularityName(v1::Granularity granularity) {
  return NameIn(kGranularities, granularity);
}

absl::string_view TimingName(v1::Timing timing) { return NameIn(kTimings, timing); }

absl::string_view ConfidenceName(v1::Confidence confidence) {
  return NameIn(kConfidences, confidence);
}

std::vector<v1::DataType> AllDataTypes() { return ValuesOf<v1::DataType>(kDataTypes); }

std::vector<v1::ReduceOp> AllReduceOps() { return ValuesOf<v1::ReduceOp>(kReduceOps); }

std::vector<v1::Collective> AllCollectives() { return ValuesOf<v1::Collective>(kCollectives); }

bool HasReduceOp(v1::Collective collective) {
  return collective == v1::COLLECTIVE_ALL_REDUCE || collective == v1::COLLECTIVE_REDUCE_SCATTER ||
         collective == v1::COLLECTIVE_REDUCE;
}

bool HasRoot(v1::Collective collective) {
  return collective == v1::COLLECTIVE_BROADCAST || collective == v1::COLLECTIVE_REDUCE ||
         collective == v1::COLLECTIVE_GATHER || collective == v1::COLLECTIVE_SCATTER;
}

}  // namespace upfabric::daemon::cli
