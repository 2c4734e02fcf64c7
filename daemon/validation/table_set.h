// Which measured tables a command means, each with what the index, the table and flags say of it.
//
// Errors: kInvalidArgument, kNotFound, one line that names the file or the flag.

#ifndef UPFABRIC_DAEMON_VALIDATION_TABLE_SET_H_
#define UPFABRIC_DAEMON_VALIDATION_TABLE_SET_H_

#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/validation/measured_table.h"
#include "daemon/validation/table_index.h"

namespace upfabric::daemon {

struct UsedTable {
  TableUse use;
  MeasuredTable table;
};

struct TableSources {
  std::vector<std::string> tables;  // files, folders, "-"
  std::string index = {};           // a file; "": index.csv beside the tables, if there is one
  // Fields that are not "" or 0 stand before those of the index, and these before the table's own.
  TableUse given = {.ranks = 0, .domains = 0};
};

// A folder gives all tables of its index, in that order. `input` is read for "-".
absl::StatusOr<std::vector<UsedTable>> CollectTables(const TableSources& sources,
                                                     std::istream& input);

}  // namespace upfabric::daemon

#endif  // UPFABRIC_DAEMON_VALIDATION_TABLE_SET_H_
