#include "daemon/cli/matrix_file.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "collectives/collective.h"
#include "daemon/cli/names.h"
#include "daemon/config/loader.h"
#include "daemon/workload_from_proto.h"
#include "fabric/base/status.h"

namespace upfabric::daemon::cli {
namespace {

// chosen: a matrix of 2,048 ranks, ten digits a number.
constexpr size_t kFileBytesMax = size_t{48} << 20;
constexpr int64_t kBytesMax = int64_t{1} << 40;  // as any size of a row

absl::StatusOr<int64_t> ReadEntry(absl::string_view text, int64_t element,
                                  const std::string& type) {
  int64_t bytes = 0;
  if (!absl::SimpleAtoi(text, &bytes) || bytes < 0 || bytes > kBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text.substr(0, 40), "\" is no number of bytes; allowed are 0 to ", kBytesMax));
  }
  if (bytes % element != 0) {
    return absl::InvalidArgumentError(absl::StrCat(bytes, " bytes are no whole elements of ", type,
                                                   "; allowed are multiples of ", element));
  }
  return bytes;
}

}  // namespace

int64_t Matrix::BytesMax() const {
  const auto n = static_cast<size_t>(ranks);
  int64_t max = 0;
  for (size_t rank = 0; rank < n; ++rank) {
    int64_t sent = 0;
    int64_t received = 0;
    for (size_t other = 0; other < n; ++other) {
      sent += bytes[rank * n + other];
      received += bytes[other * n + rank];
    }
    max = std::max({max, sent, received});
  }
  return max;
}

absl::Status LoadMatrix(const SweepOptions& sweep, int fabric_endpoints, v1::Workload& workload) {
  if (sweep.matrix.empty()) {
    return absl::OkStatus();
  }
  UPF_ASSIGN_OR_RETURN(const collectives::DataType type, DataTypeFromProto(workload.type()));
  absl::StatusOr<Matrix> matrix =
      ReadMatrixFile(sweep.matrix, collectives::ElementSize(type).count(),
                     std::string(DataTypeName(workload.type())));
  if (!matrix.ok()) {
    return absl::Status(matrix.status().code(),
                        absl::StrCat("--matrix: ", matrix.status().message()));
  }
  if (!sweep.ranks.has_value() && sweep.endpoints.empty() && matrix->ranks <= fabric_endpoints) {
    workload.clear_endpoints();
    for (int rank = 0; rank < matrix->ranks; ++rank) {
      workload.add_endpoints(rank);
    }
  }
  if (matrix->ranks != workload.endpoints_size()) {
    return absl::InvalidArgumentError(absl::StrCat("--matrix: ", sweep.matrix, " is of ",
                                                   matrix->ranks, " ranks, the run of ",
                                                   workload.endpoints_size(), " (-g)"));
  }
  workload.mutable_matrix_bytes()->Add(matrix->bytes.begin(), matrix->bytes.end());
  workload.clear_sizes_bytes();
  workload.add_sizes_bytes(matrix->BytesMax());
  return absl::OkStatus();
}

absl::StatusOr<Matrix> ReadMatrixFile(const std::string& path, int64_t element,
                                      const std::string& type) {
  UPF_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kFileBytesMax));
  Matrix matrix;
  size_t columns = 0;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const auto refuse = [&](const auto&... reason) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", number, ": ", reason...));
    };
    line = line.substr(0, line.find('#'));
    const std::vector<absl::string_view> entries =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r,"), absl::SkipEmpty());
    if (entries.empty()) {
      continue;
    }
    if (matrix.ranks == 0) {
      columns = entries.size();
    } else if (entries.size() != columns) {
      return refuse("has ", entries.size(), " numbers, the first line has ", columns,
                    "; allowed: as many as there are ranks");
    }
    ++matrix.ranks;
    for (size_t column = 0; column < entries.size(); ++column) {
      const absl::StatusOr<int64_t> bytes = ReadEntry(entries[column], element, type);
      if (!bytes.ok()) {
        return refuse("column ", column + 1, ": ", bytes.status().message());
      }
      matrix.bytes.push_back(*bytes);
    }
  }
  if (static_cast<size_t>(matrix.ranks) != columns || matrix.ranks == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": has ", matrix.ranks, " lines of ", columns,
        " numbers; allowed: as many lines as numbers, a line a source, a number a destination"));
  }
  return matrix;
}

}  // namespace upfabric::daemon::cli
