#include "daemon/cli/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace upfabric::daemon::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(ProgressBarTest, NothingIsDrawnInAPipe) {
  std::ostringstream out;
  absl::Time now;
  {
    ProgressBar bar(out, /*is_terminal=*/false, [&now] { return now; });
    now += absl::Seconds(5);
    bar.Update(1, 2);
  }
  EXPECT_EQ(out.str(), "");
}

TEST(ProgressBarTest, AShortRunDrawsNothing) {
  std::ostringstream out;
  absl::Time now;
  {
    ProgressBar bar(out, /*is_terminal=*/true, [&now] { return now; });
    now += absl::Milliseconds(900);
    bar.Update(1, 2);
  }
  EXPECT_EQ(out.str(), "");
}

TEST(ProgressBarTest, ALongRunDrawsAndErasesAtTheEnd) {
  std::ostringstream out;
  absl::Time now;
  ProgressBar bar(out, /*is_terminal=*/true, [&now] { return now; });
  now += absl::Seconds(2);
  bar.Update(1, 2);
  EXPECT_THAT(out.str(), HasSubstr("[####################....................] 1 of 2 rows, 2 s"));
  bar.Finish();
  EXPECT_THAT(out.str(), EndsWith("\r\033[K"));
  const std::string finished = out.str();
  now += absl::Seconds(2);
  bar.Update(2, 2);
  EXPECT_EQ(out.str(), finished);
}

TEST(ProgressBarTest, TicksDrawBetweenRows) {
  std::ostringstream out;
  absl::Time now;
  ProgressBar bar(out, /*is_terminal=*/true, [&now] { return now; });
  now += absl::Seconds(3);
  for (int i = 0; i < 2048; ++i) {
    bar.Tick();
  }
  EXPECT_THAT(out.str(), HasSubstr("0 of 0 rows, 3 s"));
}

}  // namespace
}  // namespace upfabric::daemon::cli
