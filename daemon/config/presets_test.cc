// All presets as the programs see them: they load, show where each figure comes from, and have the
// rates their vendors announce.

#include "fabric/presets/presets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/config/loader.h"
#include "fabric/config/figures.h"
#include "fabric/config/from_proto.h"

namespace upfabric::daemon {
namespace {

using fabric::FabricSpec;
using fabric::NamedFigure;
using fabric::PresetFile;
using testing::ElementsAre;

v1::Fabric Load(const PresetFile& preset) { return ResolveFabric(std::string(preset.id)).value(); }

TEST(PresetsTest, AreSortedByIdAndNamedAfterIt) {
  std::vector<std::string> ids;
  for (const PresetFile& preset : fabric::Presets()) {
    ids.emplace_back(preset.id);
    EXPECT_EQ(Load(preset).id(), preset.id);
  }
  EXPECT_THAT(ids, ElementsAre("gb200-nvl72", "helios-72-ualink", "helios-72-ualoe", "hgx-h100",
                               "ualink-pod-1024", "ualink-pod-72"));
}

TEST(PresetsTest, EveryFigureShowsItsConfidenceAndSourceOrReasoning) {
  for (const PresetFile& preset : fabric::Presets()) {
    const std::vector<NamedFigure> figures = fabric::ListFigures(Load(preset));
    EXPECT_GE(figures.size(), 28u);
    for (const auto& [path, figure] : figures) {
      EXPECT_NE(figure.confidence(), v1::CONFIDENCE_UNSPECIFIED) << preset.id << " " << path;
      const bool is_estimate = figure.confidence() == v1::CONFIDENCE_ESTIMATE;
      EXPECT_FALSE((is_estimate ? figure.note() : figure.source()).empty())
          << preset.id << " " << path;
    }
  }
}

TEST(PresetsTest, OnlyNvlinkSwitchesReduce) {
  for (const PresetFile& preset : fabric::Presets()) {
    const FabricSpec spec = fabric::FabricSpecFromProto(Load(preset)).value();
    EXPECT_EQ(spec.switch_chip.in_switch.has_value(),
              std::holds_alternative<fabric::NvlinkSpec>(spec.protocol))
        << preset.id;
  }
}

TEST(PresetsTest, EverySourceKeyIsInTheListOfSources) {
  std::ifstream file(UPF_SOURCES_PATH);
  ASSERT_TRUE(file.good()) << UPF_SOURCES_PATH;
  std::set<std::string> keys;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string bar;
    std::string key;
    if (words >> bar >> key && bar == "|") {
      keys.insert(key);
    }
  }
  for (const PresetFile& preset : fabric::Presets()) {
    for (const auto& [path, figure] : fabric::ListFigures(Load(preset))) {
      EXPECT_TRUE(figure.source().empty() || keys.contains(figure.source()))
          << preset.id << " " << path << ": " << figure.source();
    }
  }
}

// Data rate of all links of an endpoint, each way: lanes x rate x coding, before framing and taxes.
double EndpointGigabytesPerSecond(const FabricSpec& spec) {
  int64_t links = 0;
  for (const fabric::PlaneGroupSpec& group : spec.groups) {
    links += int64_t{group.planes} * group.links;
  }
  return (spec.link.lane_rate * (spec.link.coding * Ratio(links * spec.link.lanes)))
      .GigabytesPerSecond();
}

TEST(PresetsTest, EndpointsHaveTheAnnouncedRate) {
  const auto rate = [](const std::string& id) {
    return EndpointGigabytesPerSecond(
        fabric::FabricSpecFromProto(ResolveFabric(id).value()).value());
  };
  EXPECT_DOUBLE_EQ(rate("hgx-h100"), 450.0);           // 18 links of 25
  EXPECT_DOUBLE_EQ(rate("gb200-nvl72"), 900.0);        // 18 links of 50
  EXPECT_DOUBLE_EQ(rate("ualink-pod-72"), 900.0);      // 9 links of 100
  EXPECT_DOUBLE_EQ(rate("ualink-pod-1024"), 100.0);    // 4 links of 25
  EXPECT_DOUBLE_EQ(rate("helios-72-ualink"), 1800.0);  // 18 links of 100
  EXPECT_DOUBLE_EQ(rate("helios-72-ualoe"), 1800.0);   // 36 links of 50
}

TEST(PresetsTest, TheAcceleratorSideIsTheSameInAll) {
  for (const PresetFile& preset : fabric::Presets()) {
    const FabricSpec spec = fabric::FabricSpecFromProto(Load(preset)).value();
    EXPECT_EQ(spec.endpoint.injection, Picoseconds(100'000)) << preset.id;
    EXPECT_EQ(spec.endpoint.delivery, Picoseconds(130'000)) << preset.id;
    EXPECT_EQ(spec.endpoint.local_latency, Picoseconds(250'000)) << preset.id;
  }
}

// From the first bit at the serializer to the first bit behind PHY and FEC at the other end.
Picoseconds WireDelay(const fabric::LinkSpec& link) {
  constexpr int64_t kPicosecondsPerSecond = 1'000'000'000'000;
  const Ratio codewords = link.fec.codeword_bits * Ratio(link.fec.interleave);
  const Ratio collection = codewords / (link.lane_rate.bits_per_second() * Ratio(link.lanes)) *
                           Ratio(kPicosecondsPerSecond);
  return link.phy_tx + Picoseconds(collection.Ceil()) + link.fec.decode + link.propagation +
         link.phy_rx;
}

TEST(PresetsTest, OneWayTimesAreThoseTheNotesOfInjectionState) {
  const auto one_way = [](const std::string& id) {
    const FabricSpec spec = fabric::FabricSpecFromProto(ResolveFabric(id).value()).value();
    return spec.endpoint.injection + 2 * WireDelay(spec.link) + spec.switch_chip.pipeline +
           spec.endpoint.delivery;
  };
  // 100 + 2 x (25 + 25.6 + 40 + 6.9 + 25) + 150 + 130 ns
  EXPECT_EQ(one_way("gb200-nvl72"), Picoseconds(625'000));
  // 100 + 2 x (25 + 51.2 + 40 + 3 + 25) + 150 + 130 ns
  EXPECT_EQ(one_way("hgx-h100"), Picoseconds(668'400));
  // 100 + 2 x (15 + 25.6 + 40 + 9.2 + 10) + 209.4 + 130 ns
  EXPECT_EQ(one_way("ualink-pod-72"), Picoseconds(639'000));
  EXPECT_EQ(one_way("helios-72-ualink"), Picoseconds(639'000));
  // 100 + 2 x (15 + 25.6 + 40 + 18.4 + 10) + 259.4 + 130 ns
  EXPECT_EQ(one_way("ualink-pod-1024"), Picoseconds(707'400));
  // 100 + 2 x (15 + 51.2 + 40 + 9.2 + 10) + 683.8 + 130 ns
  EXPECT_EQ(one_way("helios-72-ualoe"), Picoseconds(1'164'600));
}

}  // namespace
}  // namespace upfabric::daemon
