// Which seeds a property test runs.

#ifndef UPFABRIC_TESTS_TESTING_SEED_RANGE_H_
#define UPFABRIC_TESTS_TESTING_SEED_RANGE_H_

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace upfabric::fabric::testing {

// Consecutive seeds, the unit of a test case.
struct SeedBlock {
  int64_t first = 0;
  int64_t count = 0;
};

inline std::string SeedBlockName(const SeedBlock& block) {
  return "From" + std::to_string(block.first) + "To" +
         std::to_string(block.first + block.count - 1);
}

// Seeds 0 to `count` - 1 in blocks, or those that UPFABRIC_SEEDS=FIRST:COUNT names. Ends the
// process with 2 if that cannot be read.
inline std::vector<SeedBlock> SeedBlocks(int64_t count, int64_t block_size) {
  int64_t first = 0;
  if (const char* given = std::getenv("UPFABRIC_SEEDS"); given != nullptr) {
    char rest = 0;
    long long from = 0;
    long long seeds = 0;
    if (std::sscanf(given, "%lld:%lld%c", &from, &seeds, &rest) != 2 || from < 0 || seeds < 1) {
      std::fprintf(stderr, "UPFABRIC_SEEDS is \"%s\"; allowed: FIRST:COUNT, from 0 and from 1\n",
                   given);
      std::_Exit(2);
    }
    first = from;
    count = seeds;
  }
  std::vector<SeedBlock> blocks;
  for (int64_t done = 0; done < count; done += block_size) {
    blocks.push_back({first + done, std::min(block_size, count - done)});
  }
  return blocks;
}

}  // namespace upfabric::fabric::testing

#endif  // UPFABRIC_TESTS_TESTING_SEED_RANGE_H_
