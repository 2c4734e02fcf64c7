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

using ::testing::ContainsRegex;
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

TEST(FabricListingTest, ShowSaysWhatBitErrorsLeave) {
  v1::Fabric config = *ResolveFabric("ualink-pod-72");
  v1::Link& link = *config.mutable_link();
  EXPECT_THAT(FabricText(Listed("ualink-pod-72")),
              HasSubstr("  a flit of 640 B fails with 6.2e-11, as given; 9.69e-05 replays a GB"));
  *link.mutable_medium()->mutable_bit_error_rate() = link.errors().flit_error_rate();
  link.mutable_medium()->mutable_bit_error_rate()->set_value("1e-6");
  link.mutable_errors()->clear_flit_error_rate();
  const auto listed = ListedFabric::Create(config);
  ASSERT_TRUE(listed.ok()) << listed.status();
  // 2.24e-50 of 10^9 / 640 flits
  EXPECT_THAT(
      FabricText(*listed),
      HasSubstr("  FEC RS(544,514) corrects 15 symbols of 10 b in a codeword; a flit lies in "
                "1 codeword\n"
                "  bit error rate 1e-06 on a lane, errors taken as independent\n"
                "  a flit of 640 B fails with 2.24e-50 after FEC; 3.5e-44 replays a GB"));
  EXPECT_THAT(FabricJson(*listed),
              HasSubstr("\"errors\":{\"bit_error_rate\":1e-06,\"fec\":\"RS(544,514)\","
                        "\"flit_error_rate\":2.24e-50,\"replays_per_GB\":3.5e-44}"));
}

TEST(FabricListingTest, ThePathHasTheEnergyOfMediumAndRetimers) {
  v1::Fabric config = *ResolveFabric("ualink-pod-72");
  v1::Retimer& retimer = *config.mutable_link()->add_retimers();
  retimer.set_name("analog");
  *retimer.mutable_latency() = config.endpoint().injection();
  *retimer.mutable_energy() = config.link().medium().energy();
  retimer.mutable_energy()->set_value("3.3pJ/bit");
  const auto listed = ListedFabric::Create(config);
  ASSERT_TRUE(listed.ok()) << listed.status();
  const std::string text = FabricText(*listed);
  EXPECT_THAT(text, HasSubstr("medium twinax (passive copper, 2m of at most 4m)"));
  EXPECT_THAT(text, ContainsRegex("uplink retimer 1 analog +100.000 +3.300 "));
  EXPECT_THAT(text, ContainsRegex("downlink propagation twinax +9.200 +6.000 "));
  EXPECT_THAT(text, ContainsRegex("sum, before serialization +[0-9.]+ +18.600"));  // 2 x 9.3
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
