// All presets as the programs see them: they load, show where each figure comes from, and have the
// rates their vendors announce.

#include "fabric/presets/presets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/config/loader.h"
#include "daemon/config/yaml_reader.h"
#include "daemon/config/yaml_writer.h"
#include "fabric/api/fabric.h"
#include "fabric/api/fabric_analysis.h"
#include "fabric/config/figures.h"
#include "fabric/config/from_proto.h"
#include "fabric/topo/layout.h"

namespace upfabric::daemon {
namespace {

using fabric::FabricSpec;
using fabric::NamedFigure;
using fabric::PresetFile;
using ::testing::HasSubstr;

v1::Fabric Load(const PresetFile& preset) { return ResolveFabric(std::string(preset.id)).value(); }

TEST(PresetsTest, AreSortedByIdAndNamedAfterIt) {
  std::vector<std::string> ids;
  for (const PresetFile& preset : fabric::Presets()) {
    ids.emplace_back(preset.id);
    EXPECT_EQ(Load(preset).id(), preset.id);
  }
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

TEST(PresetsTest, AreReadBackFromTheYamlThatTheyAreWrittenAs) {
  for (const PresetFile& preset : fabric::Presets()) {
    const v1::Fabric fabric = Load(preset);
    v1::Fabric again;
    SourceLines lines("written");
    const absl::Status read = ReadYaml(WriteYaml(fabric), again, lines);
    ASSERT_TRUE(read.ok()) << preset.id << " " << read;
    EXPECT_EQ(again.SerializeAsString(), fabric.SerializeAsString()) << preset.id;
  }
}

TEST(PresetsTest, EveryFigureShowsItsConfidenceAndSourceOrReasoning) {
  for (const PresetFile& preset : fabric::Presets()) {
    const std::vector<NamedFigure> figures = fabric::ListFigures(Load(preset));
    EXPECT_GE(figures.size(), 25u);
    for (const auto& [path, figure] : figures) {
      EXPECT_NE(figure.confidence(), v1::CONFIDENCE_UNSPECIFIED) << preset.id << " " << path;
      const bool is_estimate = figure.confidence() == v1::CONFIDENCE_ESTIMATE;
      EXPECT_FALSE((is_estimate ? figure.note() : figure.source()).empty())
          << preset.id << " " << path;
    }
  }
}

// NVLink switches do from the fourth generation on; a full mesh has none.
TEST(PresetsTest, OnlyNvlinkSwitchesReduce) {
  constexpr int kFirstGeneration = 4;
  for (const PresetFile& preset : fabric::Presets()) {
    const FabricSpec spec = fabric::FabricSpecFromProto(Load(preset)).value();
    const auto* nvlink = std::get_if<fabric::NvlinkSpec>(&spec.protocol);
    const bool reduces = nvlink != nullptr && nvlink->generation >= kFirstGeneration &&
                         std::holds_alternative<std::monostate>(spec.shape);
    EXPECT_EQ(spec.switch_chip.in_switch.has_value(), reduces) << preset.id;
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

TEST(PresetsTest, EndpointsHaveTheAnnouncedRate) {
  const auto rate = [](const std::string& id) {
    const FabricSpec spec = fabric::FabricSpecFromProto(ResolveFabric(id).value()).value();
    return fabric::Fabric::Create(spec, {}).value()->view().EndpointRate().GigabytesPerSecond();
  };
  EXPECT_DOUBLE_EQ(rate("hgx-h100"), 450.0);           // 18 links of 25
  EXPECT_DOUBLE_EQ(rate("gb200-nvl72"), 900.0);        // 18 links of 50
  EXPECT_DOUBLE_EQ(rate("ualink-pod-72"), 900.0);      // 9 links of 100
  EXPECT_DOUBLE_EQ(rate("ualink-pod-1024"), 100.0);    // 4 links of 25
  EXPECT_DOUBLE_EQ(rate("helios-72-ualink"), 1800.0);  // 18 links of 100
  EXPECT_DOUBLE_EQ(rate("helios-72-ualoe"), 1800.0);   // 36 links of 50
  EXPECT_DOUBLE_EQ(rate("dgx2-v100"), 150.0);          // 6 links of 25
  EXPECT_DOUBLE_EQ(rate("dgx-a100"), 300.0);           // 12 links of 25
  EXPECT_DOUBLE_EQ(rate("a100-quad"), 300.0);          // 12 links of 25
  EXPECT_DOUBLE_EQ(rate("gh200-quad"), 450.0);         // 18 links of 25
  EXPECT_DOUBLE_EQ(rate("hgx-b200"), 900.0);           // 18 links of 50
  EXPECT_DOUBLE_EQ(rate("vr-nvl72"), 1800.0);          // 36 links of 50
  EXPECT_DOUBLE_EQ(rate("mi300x-oam8"), 448.0);        // 7 links of 64
  EXPECT_DOUBLE_EQ(rate("mi355x-oam8"), 535.5);        // 7 links of 76.5
  EXPECT_DOUBLE_EQ(rate("gaudi3-8"), 525.0);           // 21 links of 25
  EXPECT_DOUBLE_EQ(rate("tpu-v4-64"), 270.0);          // 6 links of 45
  EXPECT_DOUBLE_EQ(rate("tpu-v6e-256"), 360.0);        // 4 links of 90
  EXPECT_DOUBLE_EQ(rate("tpu-v5p"), 540.0);            // 6 links of 90
  EXPECT_DOUBLE_EQ(rate("tpu7x"), 600.0);              // 6 links of 100
  EXPECT_DOUBLE_EQ(rate("groq-v1-264"), 161.0);        // 7 links of 15 and 4 of 14
  EXPECT_DOUBLE_EQ(rate("trn2-ultra64"), 640.0);       // 4 links of 128 and 2 of 64
  EXPECT_DOUBLE_EQ(rate("cloudmatrix384"), 392.0);     // 14 links of 28
  EXPECT_DOUBLE_EQ(rate("colossus-1k"), 50.0);         // a port of 400 Gb/s
  EXPECT_DOUBLE_EQ(rate("kove-pool-32"), 50.0);        // likewise
  EXPECT_DOUBLE_EQ(rate("ib-xdr-rails-32"), 100.0);    // a port of 800 Gb/s
  EXPECT_DOUBLE_EQ(rate("vr-cpx-tray-12"), 118.0);     // PCIe 6 x16
  EXPECT_NEAR(rate("cxl-pool-16"), 59.3, 0.05);        // PCIe 5 x16, 64/68
}

// What an endpoint sends into an idle fabric does not wait for credits: its first switch has room
// for what the link carries until a credit is back. The time is that of the path up to and with the
// switch's pipeline, and of the wire back.
TEST(PresetsTest, CreditsDoNotLimitAnIdleUplink) {
  int with_credits = 0;
  for (const PresetFile& preset : fabric::Presets()) {
    const FabricSpec spec = fabric::FabricSpecFromProto(Load(preset)).value();
    if (spec.switch_chip.shared_buffer.has_value()) {
      continue;
    }
    const auto fabric = fabric::FabricAnalysis::Create(spec).value();
    Picoseconds round_trip;
    for (const fabric::PathElement& element : fabric->view().UnloadedPath()) {
      const bool is_switch = element.name.starts_with("switch");
      if (!element.name.ends_with("injection")) {
        round_trip += element.latency * (is_switch ? 1 : 2);
      }
      if (is_switch) {
        ++with_credits;
        const double bytes =  // GB/s x ps are thousandths of a byte
            spec.link.data_rate().GigabytesPerSecond() * static_cast<double>(round_trip.count()) /
            1000;
        EXPECT_GE(static_cast<double>(spec.switch_chip.buffer_per_vc.count()), bytes) << preset.id;
        break;
      }
    }
  }
  EXPECT_GE(with_credits, 30);
}

TEST(PresetsTest, TheAcceleratorSideIsTheSameInAll) {
  // Those behind a NIC have its time on top.
  const std::map<std::string_view, int64_t> nics = {{"ue-leaf-spine-256", 500'000},
                                                    {"colossus-1k", 500'000},
                                                    {"colossus-100k", 500'000},
                                                    {"ib-ndr-rails-32", 400'000},
                                                    {"ib-xdr-rails-32", 400'000}};
  for (const PresetFile& preset : fabric::Presets()) {
    const FabricSpec spec = fabric::FabricSpecFromProto(Load(preset)).value();
    if (std::string_view(preset.id).find("-pool-") != std::string_view::npos) {
      continue;  // hosts and memory, no accelerators
    }
    const auto found = nics.find(preset.id);
    const Picoseconds nic(found != nics.end() ? found->second : 0);
    EXPECT_EQ(spec.endpoint.injection, Picoseconds(100'000) + nic) << preset.id;
    EXPECT_EQ(spec.endpoint.delivery, Picoseconds(130'000) + nic) << preset.id;
    EXPECT_EQ(spec.endpoint.local_latency, Picoseconds(250'000)) << preset.id;
  }
}

// The estimate is for large fabrics; switches that reduce have tables besides.
void ExpectAbout(int64_t bytes, int64_t estimate, std::string_view preset) {
  constexpr int64_t kLarge = 1'000'000;
  if (bytes > kLarge) {
    EXPECT_LT(bytes, 2 * estimate) << preset;
    EXPECT_LT(estimate, 2 * bytes) << preset;
  }
}

// Of every shape there is one, and none can deadlock (Fabric::Create would refuse it); what has too
// many endpoints for packets is refused, with the memory that it would take.
TEST(PresetsTest, EveryShapeIsThereAndBuilds) {
  std::set<size_t> shapes;
  for (const PresetFile& preset : fabric::Presets()) {
    const FabricSpec spec = fabric::FabricSpecFromProto(Load(preset)).value();
    const auto built = fabric::Fabric::Create(spec, {});
    if (spec.all_endpoints() <= fabric::Layout::kEndpointsMax) {
      ASSERT_TRUE(built.ok()) << built.status();
      ExpectAbout((*built)->MemoryBytes(),
                  fabric::FabricAnalysis::Create(spec).value()->IdleBytes(), preset.id);
    } else {
      EXPECT_EQ(built.status().code(), absl::StatusCode::kInvalidArgument) << preset.id;
      EXPECT_THAT(std::string(built.status().message()), HasSubstr("would take about 368 MB"));
    }
    shapes.insert(spec.shape.index());
  }
  EXPECT_EQ(shapes.size(), std::variant_size_v<fabric::ShapeSpec>);
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
