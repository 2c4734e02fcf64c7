#include "daemon/stop_signal.h"

#include <signal.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

TEST(StopSignalTest, ASignalSetsTheFlagAndDoesNotEndTheProcess) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const StopSignal stop;
    EXPECT_FALSE(stop.stopped());
    kill(getpid(), signal);
    while (!stop.stopped()) {
      std::this_thread::yield();
    }
  }
}

TEST(StopSignalTest, EndsWithoutASignal) {
  const StopSignal stop;
  EXPECT_FALSE(stop.stopped());
}

}  // namespace
}  // namespace upfabric::daemon
