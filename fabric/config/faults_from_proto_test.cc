#include "fabric/config/faults_from_proto.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "fabric/config/field_error.h"

namespace upfabric::fabric {
namespace {

using testing::HasSubstr;

absl::StatusOr<FaultSchedule> Read(const std::string& text) {
  v1::FaultSchedule schedule;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &schedule)) << text;
  return FaultScheduleFromProto(schedule);
}

void ExpectRefused(const std::string& text, const std::string& path, const std::string& message) {
  const absl::Status status = Read(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_EQ(FieldPathOf(status).value_or("none"), path) << text;
  EXPECT_THAT(std::string(status.message()), HasSubstr(message)) << text;
}

TEST(FaultsFromProtoTest, ARowIsNotNegative) {
  ExpectRefused(R"(faults { row: -1 time: "1us" plane_down { plane: 0 } })", "faults[0].row",
                "-1 is negative");
}

TEST(FaultsFromProtoTest, ConvertsEveryKind) {
  const FaultSchedule faults = Read(R"(faults { time: "1us" link_down { endpoint: 3 link: 5 } }
              faults { time: "2us" link_up { endpoint: 0 link: 0 } }
              faults { time: "3us" lanes { target { endpoint: 1 link: 2 } lanes: 1 } }
              faults { time: "4us"
                       error_rate { target { endpoint: 1 link: 2 } flit_error_rate: "1e-6" } }
              faults { time: "5us" plane_down { plane: 0 } }
              faults { time: "6us" plane_up { plane: 7 } }
              faults { time: "7us" slow_endpoint { endpoint: 4 memory_factor: "2.5" } }
              faults { time: "0ps" credit_leak { target { endpoint: 1 link: 2 } to_switch: true
                                                 virtual_channel: 3 space: "4KiB" } })")
                                   .value();
  ASSERT_EQ(faults.size(), 8u);
  EXPECT_EQ(faults[0].time, SimTime(Picoseconds(1'000'000)));
  const auto& down = std::get<LinkStateFault>(faults[0].what);
  EXPECT_EQ(down.link.endpoint, EndpointId(3));
  EXPECT_EQ(down.link.link, 5);
  EXPECT_FALSE(down.up);
  EXPECT_TRUE(std::get<LinkStateFault>(faults[1].what).up);
  EXPECT_EQ(std::get<LaneFault>(faults[2].what).lanes, 1);
  EXPECT_EQ(std::get<ErrorRateFault>(faults[3].what).flit_error_rate, Ratio(1, 1'000'000));
  EXPECT_FALSE(std::get<PlaneStateFault>(faults[4].what).up);
  EXPECT_EQ(std::get<PlaneStateFault>(faults[5].what).plane, 7);
  const auto& slow = std::get<SlowEndpointFault>(faults[6].what);
  EXPECT_EQ(slow.injection_factor, Ratio(1));
  EXPECT_EQ(slow.memory_factor, Ratio(5, 2));
  const auto& leak = std::get<CreditLeakFault>(faults[7].what);
  EXPECT_TRUE(leak.to_switch);
  EXPECT_EQ(leak.virtual_channel, 3);
  EXPECT_EQ(leak.space, Bytes(4096));
}

TEST(FaultsFromProtoTest, ALinkBetweenSwitchesHasANumberOfItsOwn) {
  const FaultSchedule faults =
      Read(R"(faults { time: "1us" lanes { target { trunk: 7 } lanes: 1 } })").value();
  const auto& lanes = std::get<LaneFault>(faults[0].what);
  EXPECT_EQ(lanes.link.endpoint, EndpointId(-1));
  EXPECT_EQ(lanes.link.link, 7);
  ExpectRefused(R"(faults { time: "1us" lanes { target { trunk: 7 link: 1 } lanes: 1 } })",
                "faults[0].lanes.target.trunk", "and so is a link of an endpoint; give one");
  ExpectRefused(R"(faults { time: "1us" lanes { target { trunk: -1 } lanes: 1 } })",
                "faults[0].lanes.target.trunk", "is negative");
}

TEST(FaultsFromProtoTest, AFlapIsItsDownsAndUps) {
  const FaultSchedule faults =
      Read(R"(faults { time: "10us" link_flap { target { endpoint: 3 link: 5 } down: "1us"
                                                period: "4us" times: 2 } })")
          .value();
  ASSERT_EQ(faults.size(), 4u);
  const int64_t us[] = {10, 11, 14, 15};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(faults[i].time, SimTime(Picoseconds(us[i] * 1'000'000)));
    EXPECT_EQ(std::get<LinkStateFault>(faults[i].what).up, i % 2 == 1);
  }
}

TEST(FaultsFromProtoTest, ErrorsNameTheField) {
  ExpectRefused(R"(faults { time: "1us" })", "faults[0]", "give one of link_down");
  ExpectRefused(R"(faults { plane_down { plane: 0 } })", "faults[0].time", "is empty");
  ExpectRefused(R"(faults { time: "901s" plane_down { plane: 0 } })", "faults[0].time", "900s");
  ExpectRefused(R"(faults { time: "1us" plane_down {} })", "faults[0].plane_down.plane",
                "is missing");
  ExpectRefused(R"(faults { time: "1us" link_down { endpoint: -1 link: 0 } })",
                "faults[0].link_down.endpoint", "is negative");
  ExpectRefused(R"(faults { time: "1us" link_up { endpoint: 1 } })", "faults[0].link_up.link",
                "is missing");
  ExpectRefused(R"(faults { time: "1us" error_rate { target { endpoint: 0 link: 0 } } })",
                "faults[0].error_rate.flit_error_rate", "is empty");
  ExpectRefused(R"(faults { time: "1us" credit_leak { target { endpoint: 0 link: 0 }
                                                      space: "4" } })",
                "faults[0].credit_leak.space", "has no unit");
  ExpectRefused(R"(faults { time: "1us" slow_endpoint { endpoint: 0 memory_factor: "x" } })",
                "faults[0].slow_endpoint.memory_factor", "number");
}

TEST(FaultsFromProtoTest, AFlapFitsItsPeriodAndTheRun) {
  const auto flap = [](const std::string& rest) {
    return "faults { time: \"1us\" link_flap { target { endpoint: 0 link: 0 } " + rest + " } }";
  };
  const std::string path = "faults[0].link_flap.";
  ExpectRefused(flap(R"(down: "4us" period: "4us" times: 1)"), path + "down", "less than");
  ExpectRefused(flap(R"(down: "0us" period: "4us" times: 1)"), path + "down", "above 0");
  ExpectRefused(flap(R"(down: "1us" period: "4us")"), path + "times", "1 to 10000");
  ExpectRefused(flap(R"(down: "1us" period: "100s" times: 10)"), path + "period", "900s");
}

}  // namespace
}  // namespace upfabric::fabric
