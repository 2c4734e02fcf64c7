#include "daemon/cli/fault_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace upfabric::daemon::cli {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(const FaultWords& words) {
  const absl::StatusOr<v1::Fault> fault = ParseFault(words);
  EXPECT_EQ(fault.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(fault.status().message());
}

std::string TextOf(const FaultWords& words) {
  const absl::StatusOr<v1::Fault> fault = ParseFault(words);
  return fault.ok() ? FaultText(*fault) : std::string(fault.status().message());
}

TEST(FaultTextTest, EveryKindIsReadAndShown) {
  EXPECT_EQ(TextOf({.words = {"link-down", "gpu3:5"}}), "gpu3:5 down");
  EXPECT_EQ(TextOf({.words = {"link-up", "gpu0:0"}}), "gpu0:0 up");
  EXPECT_EQ(TextOf({.words = {"plane-down", "4"}}), "plane 4 down");
  EXPECT_EQ(TextOf({.words = {"plane-up", "sw4"}}), "plane 4 up");
  EXPECT_EQ(TextOf({.words = {"lanes", "gpu3:5", "2"}}), "gpu3:5 2 lanes");
  EXPECT_EQ(TextOf({.words = {"lanes", "trunk7", "2"}}), "trunk7 2 lanes");
  EXPECT_EQ(TextOf({.words = {"error-rate", "gpu3:5", "1e-6"}}), "gpu3:5 flit error rate 1e-6");
  EXPECT_EQ(TextOf({.words = {"flap", "gpu3:5"}, .down = "5us", .period = "9us", .times = "3"}),
            "gpu3:5 flaps");
  EXPECT_EQ(TextOf({.words = {"slow", "gpu3"}, .injection = "2.5", .memory = "1.5"}),
            "gpu3 slow injection x2.5 memory x1.5");
  EXPECT_EQ(TextOf({.words = {"leak", "gpu3:5"}, .space = "4KiB"}), "gpu3:5 leaks 4KiB");
}

TEST(FaultTextTest, ALeakIsOfTheChannelToTheSwitchUnlessItSaysFromIt) {
  FaultWords words{.words = {"leak", "gpu3:5"}, .space = "4KiB", .vc = "1"};
  EXPECT_TRUE(ParseFault(words)->credit_leak().to_switch());
  EXPECT_EQ(ParseFault(words)->credit_leak().virtual_channel(), 1);
  words.from_switch = true;
  EXPECT_FALSE(ParseFault(words)->credit_leak().to_switch());
}

TEST(FaultTextTest, WithoutATimeItIsNow) {
  EXPECT_EQ(ParseFault({.words = {"plane-up", "4"}})->time(), "");
  EXPECT_EQ(ParseFault({.words = {"plane-up", "4"}, .at = "12us"})->time(), "12us");
}

TEST(FaultTextTest, MistakesNameTheWordAndWhatIsAllowed) {
  EXPECT_THAT(ErrorOf({.words = {"unplug", "gpu3:5"}}),
              HasSubstr("FAULT: \"unplug\" is not a fault; allowed: link-down, link-up, flap"));
  EXPECT_THAT(ErrorOf({}), HasSubstr("FAULT: \"\""));
  EXPECT_THAT(ErrorOf({.words = {"link-down", "3:5"}}),
              HasSubstr("\"3:5\" is not a link; allowed: gpuE:L"));
  EXPECT_THAT(ErrorOf({.words = {"link-down", "gpu3"}}), HasSubstr("\"gpu3\" is not a link"));
  EXPECT_THAT(ErrorOf({.words = {"slow", "3"}}), HasSubstr("allowed: gpuE"));
  EXPECT_THAT(ErrorOf({.words = {"plane-down", "x"}}), HasSubstr("PLANE: \"x\""));
  EXPECT_THAT(ErrorOf({.words = {"lanes", "gpu3:5"}}), HasSubstr("allowed: lanes LINK N"));
  EXPECT_THAT(ErrorOf({.words = {"link-up", "gpu3:5"}, .space = "4KiB"}),
              HasSubstr("--space: not of this fault; allowed: link-up LINK"));
  EXPECT_THAT(ErrorOf({.words = {"flap", "gpu3:5"}, .down = "5us", .period = "5us", .times = "1"}),
              HasSubstr("link_flap.down: 5us is out of range"));
  EXPECT_THAT(ErrorOf({.words = {"plane-up", "4"}, .at = "12"}), HasSubstr("time: "));
}

TEST(FaultTextTest, JsonIsWhatAFileHas) {
  v1::FaultSchedule faults;
  *faults.add_faults() = *ParseFault({.words = {"link-down", "gpu0:5"}, .at = "1us"});
  faults.mutable_faults(0)->set_row(2);
  EXPECT_EQ(FaultsFileText(faults),
            "{\"faults\":[\n"
            "{\"time\":\"1us\",\"link_down\":{\"endpoint\":0,\"link\":5},\"row\":2}\n]}\n");
  EXPECT_EQ(FaultsText({}), "none");
}

}  // namespace
}  // namespace upfabric::daemon::cli
