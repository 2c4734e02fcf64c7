#include "daemon/cli/fabric_listing.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "daemon/config/loader.h"
#include "fabric/config/figures.h"
#include "fabric/presets/presets.h"

namespace upfabric::daemon::cli {
namespace {

using ::testing::HasSubstr;

ListedFabric Listed(const std::string& id) {
  absl::StatusOr<v1::Fabric> config = ResolveFabric(id);
  EXPECT_TRUE(config.ok()) << config.status();
  absl::StatusOr<ListedFabric> listed = ListedFabric::Create(*config);
  EXPECT_TRUE(listed.ok()) << listed.status();
  return std::move(listed).value();
}

TEST(FabricListingTest, ShowHasEveryFigureAndWhatFollows) {
  const ListedFabric fabric = Listed("ualink-pod-72");
  const std::string text = FabricText(fabric);
  for (const fabric::NamedFigure& named : fabric::ListFigures(fabric.config)) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat("  ", named.path, " ")));
  }
  EXPECT_THAT(text, HasSubstr("limited by "));
  EXPECT_THAT(text, HasSubstr("93.45 %"));  // 256 B, UALINK-200-1.0
  EXPECT_THAT(text, HasSubstr("sum, before serialization"));
}

TEST(FabricListingTest, JsonIsReadableByAParser) {
  google::protobuf::Struct parsed;
  const std::string text = FabricJson(Listed("gb200-nvl72"));
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(text, &parsed).ok()) << text;
  EXPECT_EQ(parsed.fields().at("endpoints").number_value(), 72);
}

TEST(FabricListingTest, EveryPresetIsListed) {
  std::vector<ListedFabric> presets;
  for (const fabric::PresetFile& preset : fabric::Presets()) {
    presets.push_back(Listed(std::string(preset.id)));
  }
  const std::string table = PresetsTable(presets);
  const std::string json = PresetsJson(presets);
  for (const ListedFabric& preset : presets) {
    EXPECT_THAT(table, HasSubstr(preset.config.id()));
    EXPECT_THAT(json, HasSubstr(preset.config.id()));
  }
}

TEST(FabricListingTest, AFabricThatCannotBeBuiltIsAnError) {
  EXPECT_EQ(ListedFabric::Create({}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace upfabric::daemon::cli
