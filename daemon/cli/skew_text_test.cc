#include "daemon/cli/skew_text.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace upfabric::daemon::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseSkewTest, RanksByNameAndEvenly) {
  EXPECT_THAT(*ParseSkew("2=10us,0=1.5ns", 4, 0), ElementsAre(1500, 0, 10'000'000, 0));
  EXPECT_THAT(*ParseSkew("linear:3us", 4, 0), ElementsAre(0, 1'000'000, 2'000'000, 3'000'000));
  EXPECT_THAT(*ParseSkew("linear:3us", 1, 0), ElementsAre(0));
}

TEST(ParseSkewTest, RandomIsOfTheSeedAndBeginsAtZero) {
  const std::vector<int64_t> starts = *ParseSkew("random:10us", 64, 7);
  EXPECT_EQ(*std::min_element(starts.begin(), starts.end()), 0);
  EXPECT_LT(*std::max_element(starts.begin(), starts.end()), 10'000'000);
  EXPECT_GT(*std::max_element(starts.begin(), starts.end()), 5'000'000);
  EXPECT_EQ(*ParseSkew("random:10us", 64, 7), starts);
  EXPECT_NE(*ParseSkew("random:10us", 64, 8), starts);
}

TEST(ParseSkewTest, BadTextSaysWhatIsAllowed) {
  for (const char* text : {"", "10us", "random:", "random:0us", "random:2s", "linear:x", "1=2=3",
                           "1=-3us", "1=", "gaussian:3us"}) {
    EXPECT_THAT(std::string(ParseSkew(text, 4, 0).status().message()),
                HasSubstr("allowed: random:TIME"))
        << text;
  }
  EXPECT_EQ(ParseSkew("4=1us", 4, 0).status().message(), "rank 4; allowed are 0 to 3");
  EXPECT_EQ(ParseSkew("0=1us,1=1us", 2, 0).status().message(),
            "no rank starts at 0; leave one out");
}

}  // namespace
}  // namespace upfabric::daemon::cli
