#include "daemon/machine_memory.h"

#include <cstddef>
#include <vector>

#include "daemon/exit_codes.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

TEST(MachineMemoryTest, IsThatOfAMachine) {
  EXPECT_GT(MemoryForUs(), 100'000'000);
  EXPECT_LT(MemoryForUs(), int64_t{1} << 50);
}

TEST(MachineMemoryDeathTest, AProgramThatTakesMoreEndsWithOneLine) {
  const auto fill = [] {
    EndWhereMemoryEnds("upfabric", 200'000'000);
    std::vector<std::vector<char>> blocks;
    for (int block = 0; block < 1'000; ++block) {
      blocks.emplace_back(std::size_t{1'000'000}, 'x');
    }
  };
  EXPECT_EXIT(fill(), ::testing::ExitedWithCode(kExitBadInput),
              "^upfabric: it takes more than the 200 MB of memory that this process may have; "
              "allowed: [^\n]*\n$");
}

}  // namespace
}  // namespace upfabric::daemon
