#include "daemon/exit_codes.h"

#include "gtest/gtest.h"

namespace upfabric::daemon {
namespace {

TEST(ExitCodesTest, BadInputIsTwo) {
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("-b: 1X")), kExitBadInput);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("no such fabric")), kExitBadInput);
  EXPECT_EQ(ExitCodeOf(absl::AlreadyExistsError("port in use")), kExitBadInput);
  EXPECT_EQ(ExitCodeOf(absl::UnimplementedError("algorithm")), kExitBadInput);
}

TEST(ExitCodesTest, AnUnavailablePeerIsThree) {
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("no daemon")), kExitUnavailable);
  EXPECT_EQ(ExitCodeOf(absl::ResourceExhaustedError("16 runs wait")), kExitUnavailable);
  EXPECT_EQ(ExitCodeOf(absl::CancelledError("stopped")), kExitUnavailable);
}

TEST(ExitCodesTest, NoProgressIsFourAndADeadlineOfAnRpcIsNot) {
  EXPECT_EQ(ExitCodeOf(NoProgressError("rank 3 waits")), kExitNoProgress);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("10 s")), kExitUnavailable);
}

TEST(ExitCodesTest, InternalErrorsAreSeventy) {
  EXPECT_EQ(ExitCodeOf(absl::InternalError("window 3, but 4")), kExitBrokenInvariant);
  EXPECT_EQ(ExitCodeOf(absl::UnknownError("?")), kExitBrokenInvariant);
}

TEST(ExitCodesTest, AStatusRemadeFromItsCodeHasTheSameCode) {
  for (const int code :
       {kExitWrong, kExitBadInput, kExitUnavailable, kExitNoProgress, kExitBrokenInvariant}) {
    EXPECT_EQ(ExitCodeOf(StatusOfExitCode(code, "text")), code);
    EXPECT_EQ(StatusOfExitCode(code, "text").message(), "text");
  }
}

TEST(ExitCodesTest, SuccessIsZero) { EXPECT_EQ(ExitCodeOf(absl::OkStatus()), kExitDone); }

}  // namespace
}  // namespace upfabric::daemon
