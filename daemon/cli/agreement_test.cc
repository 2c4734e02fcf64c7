#include "daemon/cli/agreement.h"

#include <gtest/gtest.h>

#include <utility>

#include "daemon/exit_codes.h"

namespace upfabric::daemon::cli {
namespace {

// Process 0 of several; the others say what the test tells.
class FakeGroup final : public ProcessGroup {
 public:
  explicit FakeGroup(std::vector<std::string> others) : others_(std::move(others)) {}
  int index() const override { return 0; }
  int size() const override { return static_cast<int>(others_.size()) + 1; }
  std::unique_ptr<RowSession> StartRow(std::function<int(EndpointId)>, RowHooks) override {
    return nullptr;
  }
  absl::StatusOr<std::vector<std::string>> AllGather(const std::string& mine) override {
    std::vector<std::string> all = {mine};
    all.insert(all.end(), others_.begin(), others_.end());
    return all;
  }

 private:
  std::vector<std::string> others_;
};

TEST(AgreeOnTest, OneProcessKeepsItsOwnStatus) {
  FakeGroup alone({});
  EXPECT_TRUE(AgreeOn(absl::OkStatus(), alone).ok());
  EXPECT_EQ(AgreeOn(absl::NotFoundError("x"), alone), absl::NotFoundError("x"));
}

TEST(AgreeOnTest, AllFineIsFine) {
  FakeGroup group({"", ""});
  EXPECT_TRUE(AgreeOn(absl::OkStatus(), group).ok());
}

TEST(AgreeOnTest, AnErrorElsewhereIsMineToo) {
  FakeGroup group({"", "2 --fabric x.yaml: no such file"});
  const absl::Status status = AgreeOn(absl::OkStatus(), group);
  EXPECT_EQ(status.message(), "--fabric x.yaml: no such file");
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
}

TEST(AgreeOnTest, TheFirstProcessWithAnErrorIsHeard) {
  FakeGroup group({"2 theirs"});
  const absl::Status status = AgreeOn(absl::UnavailableError("mine"), group);
  EXPECT_EQ(status.message(), "mine");
  EXPECT_EQ(ExitCodeOf(status), kExitUnavailable);
}

}  // namespace
}  // namespace upfabric::daemon::cli
