// What was measured in each table: an index, index.csv, beside measured tables.
//
// Format:  CSV with a header; columns file, preset, collective, ranks, domains, scope, network,
//          stack, version, launch, algorithm, placement; others are ignored.
// Errors:  kInvalidArgument "FILE:LINE: what is wrong; what is allowed".

#ifndef UPFABRIC_DAEMON_VALIDATION_TABLE_INDEX_H_
#define UPFABRIC_DAEMON_VALIDATION_TABLE_INDEX_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace upfabric::daemon {

struct TableUse {
  std::string file = {};
  std::string fabric = {};      // a preset or a file
  std::string collective = {};  // our word
  int ranks = 0;
  int domains = 1;           // fabrics that a network joins; ranks in equal blocks
  std::string scope = {};    // "domain" or "scale_out"
  std::string network = {};  // of several domains
  std::string software = {};
  std::string version = {};    // of the library, "" if unknown
  std::string launch = {};     // process_per_gpu, threads, single_process, graph, unknown
  std::string algorithm = {};  // "" is the library's choice
};

absl::StatusOr<std::vector<TableUse>> ParseTableIndex(const std::string& file,
                                                      const std::string& text);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_VALIDATION_TABLE_INDEX_H_
