// Message sizes as users type them, and the sizes of a sweep.
//
// Units:  bytes; K, M and G are powers of 1024, as in nccl-tests.
// Errors: kInvalidArgument; the caller adds the flag.

#ifndef UPFABRIC_DAEMON_CLI_SIZES_H_
#define UPFABRIC_DAEMON_CLI_SIZES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fabric/base/units.h"

namespace upfabric::daemon::cli {

// Reads "8", "1.5G", "64k". A fraction must give a whole number of bytes.
absl::StatusOr<Bytes> ParseSize(absl::string_view text);

// "8", "1K", "64M", "1536": with a letter where the number is whole.
std::string SizeText(Bytes size);

// Whole numbers without sign. `min` and `max` are the limits that the error names.
struct WholeNumberLimits {
  int64_t min = 0;
  int64_t max = 0;
};
absl::StatusOr<int64_t> ParseWholeNumber(absl::string_view text, const WholeNumberLimits& limits);

// "0-7,64" as the endpoints it names, in that order; duplicates are refused.
absl::StatusOr<std::vector<int>> ParseEndpointList(absl::string_view text);

struct SizeSweep {
  Bytes min{int64_t{32} << 20};
  Bytes max{int64_t{32} << 20};
  Bytes step{int64_t{1} << 20};
  int64_t factor = 1;  // above 1 it wins over step
};

// The sizes from min to max. Refuses min above max, a sweep that never grows, and one of more than
// 10,000 rows; these messages name the flags.
absl::StatusOr<std::vector<int64_t>> SweepSizes(const SizeSweep& sweep);

}  // namespace upfabric::daemon::cli

#endif  // UPFABRIC_DAEMON_CLI_SIZES_H_
