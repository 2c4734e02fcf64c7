#include "daemon/cli/matrix_file.h"
#include "daemon/cli/sweep_workload.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace upfabric::daemon::cli {
namespace {

using ::testing::ElementsAre;

std::string FileWith(const std::string& text) {
  const std::string path = (std::filesystem::path(::testing::TempDir()) / "m.txt").string();
  std::ofstream(path) << text;
  return path;
}

std::string Refusal(const std::string& text) {
  const std::string path = FileWith(text);
  const std::string message(ReadMatrixFile(path, 4, "float").status().message());
  return message.rfind(path, 0) == 0 ? message.substr(path.size()) : message;
}

TEST(MatrixFileTest, LinesAreSourcesWithBlanksOrCommas) {
  const auto matrix =
      ReadMatrixFile(FileWith("# dispatch\n0 8\t16\n\n4, 0, 12  # rank 1\n20 24 0\n"), 4, "float");
  ASSERT_TRUE(matrix.ok()) << matrix.status();
  EXPECT_EQ(matrix->ranks, 3);
  EXPECT_THAT(matrix->bytes, ElementsAre(0, 8, 16, 4, 0, 12, 20, 24, 0));
  EXPECT_EQ(matrix->BytesMax(), 44);  // what rank 2 sends
}

TEST(MatrixFileTest, BadFilesNameTheLine) {
  EXPECT_EQ(Refusal("0 8\n4 x\n"),
            ":2: column 2: \"x\" is no number of bytes; allowed are 0 to 1099511627776");
  EXPECT_EQ(Refusal("0 8\n-4 0\n"),
            ":2: column 1: \"-4\" is no number of bytes; allowed are 0 to 1099511627776");
  EXPECT_EQ(Refusal("0 6\n4 0\n"),
            ":1: column 2: 6 bytes are no whole elements of float; allowed are multiples of 4");
  EXPECT_EQ(Refusal("0 8\n4\n"),
            ":2: has 1 numbers, the first line has 2; allowed: as many as there are ranks");
  EXPECT_EQ(Refusal("0 8\n"),
            ": has 1 lines of 2 numbers; allowed: as many lines as numbers, a "
            "line a source, a number a destination");
  EXPECT_EQ(Refusal("# nothing\n"),
            ": has 0 lines of 0 numbers; allowed: as many lines as "
            "numbers, a line a source, a number a destination");
}

TEST(MatrixFileTest, TakesAsManyRanksAsItHasUnlessOthersAreNamed) {
  SweepOptions sweep;
  sweep.matrix = FileWith("0 8\n4 0\n");
  v1::Workload workload = WorkloadOf(sweep, v1::COLLECTIVE_ALL_TO_ALL, 8);
  ASSERT_TRUE(LoadMatrix(sweep, 8, workload).ok());
  EXPECT_THAT(workload.endpoints(), ElementsAre(0, 1));
  EXPECT_THAT(workload.matrix_bytes(), ElementsAre(0, 8, 4, 0));
  EXPECT_THAT(workload.sizes_bytes(), ElementsAre(8));
  sweep.ranks = 3;
  workload = WorkloadOf(sweep, v1::COLLECTIVE_ALL_TO_ALL, 8);
  EXPECT_EQ(LoadMatrix(sweep, 8, workload).message(),
            "--matrix: " + sweep.matrix + " is of 2 ranks, the run of 3 (-g)");
}

}  // namespace
}  // namespace upfabric::daemon::cli
