#include "daemon/validation/calibration.h"

#include <gmock/gmock.h>

#include <cmath>

#include "daemon/config/yaml_writer.h"

namespace upfabric::daemon {
namespace {

// Tables as the built-in profile would measure them if its LL step took 1 us more.
std::vector<UsedTable> PlantedTables() {
  Models models;
  absl::StatusOr<const Software*> nccl = models.SoftwareNamed("nccl");
  EXPECT_TRUE(nccl.ok());
  Software planted = **nccl;
  for (auto& generation : planted.profile.generations) {
    generation.constants.ll_step_us += 1;
  }
  models.Replace("planted", planted);
  std::vector<UsedTable> tables;
  for (const int ranks : {2, 4, 8}) {
    UsedTable used;
    used.use = {.file = absl::StrCat("t", ranks, ".csv"),
                .fabric = "dgx-a100",
                .collective = "all_reduce",
                .ranks = ranks,
                .scope = "domain",
                .software = "planted",
                .launch = "threads"};
    const absl::StatusOr<PreparedUse> prepared = models.Prepare(used.use);
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    for (int64_t bytes = 8; bytes <= int64_t{8} << 30; bytes *= 4) {
      used.table.rows.push_back(
          {.bytes = bytes,
           .microseconds =
               Predict(prepared->software.parts, prepared->prepared, bytes).microseconds});
    }
    used.use.software = "nccl";
    tables.push_back(used);
  }
  return tables;
}

TEST(CalibrationTest, FindsPlantedConstants) {
  const std::vector<UsedTable> tables = PlantedTables();
  const auto fitted = Calibrate("nccl", tables, [](const std::string&) {});
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  ASSERT_EQ(fitted->parts.size(), 1u);
  EXPECT_EQ(fitted->parts[0].name, "ampere");
  EXPECT_LT(fitted->parts[0].errors.all, 1.0);
  EXPECT_LT(fitted->parts[0].held_out_errors.all, 10.0);
  EXPECT_EQ(fitted->held_out.size(), 3u);
  EXPECT_EQ(fitted->profile.calibration().tables_size(), 3);
}

TEST(CalibrationTest, IsDeterministic) {
  const std::vector<UsedTable> tables = PlantedTables();
  const auto first = Calibrate("nccl", tables, [](const std::string&) {});
  const auto second = Calibrate("nccl", tables, [](const std::string&) {});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(WriteYaml(first->profile), WriteYaml(second->profile));
}

TEST(CalibrationTest, RefusesTablesOfOtherSoftware) {
  std::vector<UsedTable> tables = PlantedTables();
  for (UsedTable& used : tables) {
    used.use.software = "rccl";
  }
  const auto fitted = Calibrate("nccl", tables, [](const std::string&) {});
  EXPECT_EQ(fitted.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace upfabric::daemon
