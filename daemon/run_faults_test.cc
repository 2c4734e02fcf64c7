#include "daemon/run_faults.h"

#include <google/protobuf/text_format.h>

#include "daemon/config/loader.h"
#include "fabric/config/from_proto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

v1::FaultSchedule Schedule(const std::string& text) {
  v1::FaultSchedule schedule;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &schedule)) << text;
  return schedule;
}

void ExpectSame(const v1::FaultSchedule& actual, const std::string& expected) {
  EXPECT_EQ(actual.DebugString(), Schedule(expected).DebugString());
}

TEST(RunFaultsTest, ARowMeetsTheFaultsOfEveryRowAndItsOwn) {
  const v1::FaultSchedule run = Schedule(R"(
      faults { time: "5us" link_up { endpoint: 3 link: 5 } }
      faults { row: 2 time: "7us" plane_down { plane: 4 } })");
  ExpectSame(FaultsOfRow(run, 1), R"(faults { time: "5us" link_up { endpoint: 3 link: 5 } })");
  ExpectSame(FaultsOfRow(run, 2), R"(
      faults { time: "5us" link_up { endpoint: 3 link: 5 } }
      faults { row: 2 time: "7us" plane_down { plane: 4 } })");
}

TEST(RunFaultsTest, WhatARowLeavesBehindStandsInLaterRowsFromTheirStart) {
  const v1::FaultSchedule run = Schedule(R"(
      faults { time: "5us" plane_up { plane: 4 } }
      faults { row: 2 time: "7us" plane_down { plane: 4 } })");
  ExpectSame(FaultsOfRow(run, 3), R"(
      faults { row: 1 time: "0ps" plane_down { plane: 4 } }
      faults { time: "5us" plane_up { plane: 4 } })");
}

TEST(RunFaultsTest, TheLastStateOfAPartStands) {
  ExpectSame(StandingAfter(Schedule(R"(
      faults { row: 1 time: "9us" lanes { target { endpoint: 0 link: 1 } lanes: 1 } }
      faults { row: 1 time: "2us" lanes { target { endpoint: 0 link: 1 } lanes: 3 } }
      faults { row: 1 time: "1us" error_rate { target { endpoint: 0 link: 1 }
                                               flit_error_rate: "1e-6" } }
      faults { row: 3 time: "1us" plane_up { plane: 4 } }
      faults { row: 2 time: "9us" plane_down { plane: 4 } }
      faults { row: 2 time: "1us" slow_endpoint { endpoint: 2 injection_factor: "2" } }
      faults { row: 2 time: "2us" slow_endpoint { endpoint: 2 injection_factor: "1.0" } }
      faults { row: 2 time: "1us" slow_endpoint { endpoint: 3 memory_factor: "2" } })")),
             R"(
      faults { row: 1 time: "0ps" error_rate { target { endpoint: 0 link: 1 }
                                               flit_error_rate: "1e-6" } }
      faults { row: 1 time: "0ps" lanes { target { endpoint: 0 link: 1 } lanes: 1 } }
      faults { row: 1 time: "0ps" slow_endpoint { endpoint: 3 memory_factor: "2" } })");
}

// The flap's last end, 0 + 2 x 10us + 5us, is after the link was taken down.
TEST(RunFaultsTest, FlapsAndLeaksLeaveNothing) {
  ExpectSame(StandingAfter(Schedule(R"(
      faults { row: 1 time: "0ps" link_flap { target { endpoint: 0 link: 1 } down: "5us"
                                              period: "10us" times: 3 } }
      faults { row: 1 time: "24us" link_down { endpoint: 0 link: 1 } }
      faults { row: 1 time: "26us" link_down { endpoint: 0 link: 2 } }
      faults { row: 1 time: "1us" credit_leak { target { link: 1 } space: "1KiB" } })")),
             R"(faults { row: 1 time: "0ps" link_down { endpoint: 0 link: 2 } })");
}

TEST(RunFaultsTest, WhatIsInjectedHappensNowOrLater) {
  const SimTime now(Picoseconds(1'500'001));
  ExpectSame(*Stamped(Schedule(R"(faults { plane_down { plane: 4 } }
                                  faults { time: "2us" plane_up { plane: 4 } })"),
                      3, now),
             R"(faults { row: 3 time: "1.500001us" plane_down { plane: 4 } }
                faults { row: 3 time: "2us" plane_up { plane: 4 } })");
  EXPECT_EQ(Stamped(Schedule(R"(faults { time: "1.5us" plane_up { plane: 4 } })"), 3, now).status(),
            absl::InvalidArgumentError("at 1.5us: the row is at 1.500001us already"));
  EXPECT_FALSE(Stamped(Schedule("faults { row: 3 plane_up { plane: 4 } }"), 3, now).ok());
  EXPECT_FALSE(Stamped({}, 3, now).ok());
}

TEST(RunFaultsTest, TheFaultThatDoesNotFitIsNamedAsTheFileHasIt) {
  const fabric::FabricSpec spec = *fabric::FabricSpecFromProto(*ResolveFabric("hgx-h100"));
  const auto fabric = *fabric::Fabric::Create(spec, {});
  const v1::FaultSchedule faults = Schedule(R"(
      faults { time: "0ps" link_flap { target { endpoint: 0 link: 1 } down: "5us" period: "10us"
                                       times: 3 } }
      faults { time: "0ps" plane_down { plane: 99 } })");
  const absl::Status status = CheckEachFault(faults, *fabric);
  EXPECT_EQ(status,
            absl::InvalidArgumentError("faults[1]: plane 99 is out of range; allowed is 0 to 3"));
  EXPECT_EQ(WithoutPosition(status).message(), "plane 99 is out of range; allowed is 0 to 3");
}

}  // namespace
}  // namespace upfabric::daemon
