// Measured tables and their index from anybody.

#include <cstddef>
#include <cstdint>
#include <string>

#include "daemon/validation/measured_table.h"
#include "daemon/validation/table_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto table = upfabric::daemon::ParseMeasuredTable("table", text);
  if (table.ok()) {
    for (const upfabric::daemon::MeasuredRow& row : table->rows) {
      upfabric::daemon::TimeOf(row, "all_reduce", 8);
    }
  }
  (void)upfabric::daemon::ParseTableIndex("index", text).status();
  return 0;
}
