#include "daemon/config/loader.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <variant>

#include "fabric/config/from_proto.h"
#include "fabric/presets/presets.h"

namespace upfabric::daemon {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class LoaderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/loaderXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) const {
    std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  static constexpr char kPreset[] = "gb200-nvl72";
  static std::string PresetText() {
    for (const fabric::PresetFile& preset : fabric::Presets()) {
      if (preset.id == kPreset) {
        return std::string(preset.yaml);
      }
    }
    return "";
  }
  static v1::Fabric PresetFabric() { return ResolveFabric(kPreset).value(); }
  // What a fabric that stands on the preset says of its own.
  std::string Derived(const std::string& own) const {
    return Write("d.yaml", "id: d\ntitle: derived\nbase: gb200-nvl72\n" + own);
  }

  std::string folder_;
};

std::string MessageOf(const absl::Status& status) {
  EXPECT_EQ(std::string(status.message()).find('\n'), std::string::npos);
  return {status.message().data(), status.message().size()};
}

TEST_F(LoaderTest, TheSameFabricComesFromEveryFormat) {
  const v1::Fabric preset = PresetFabric();
  std::string text;
  std::string json;
  ASSERT_TRUE(google::protobuf::TextFormat::PrintToString(preset, &text));
  ASSERT_TRUE(google::protobuf::util::MessageToJsonString(preset, &json).ok());
  for (const std::string& path :
       {Write("a.yaml", PresetText()), Write("a.yml", PresetText()), Write("a.json", json),
        Write("a.txtpb", text), Write("a.textproto", text), Write("a.PBTXT", text)}) {
    const absl::StatusOr<v1::Fabric> fabric = LoadFabricFile(path);
    ASSERT_TRUE(fabric.ok()) << fabric.status();
    EXPECT_TRUE(MessageDifferencer::Equals(*fabric, preset)) << path;
  }
}

TEST_F(LoaderTest, ASemanticErrorHasFileLineAndField) {
  std::string text = PresetText();
  const std::string good = "value: 212.5Gbps";
  const size_t at = text.find(good);
  ASSERT_NE(at, std::string::npos);
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n');
  text.replace(at, good.size(), "value: 212.5");
  const std::string path = Write("bad.yaml", text);

  const absl::Status status = LoadFabricFile(path).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(status),
              AllOf(StartsWith(path + ":" + std::to_string(line) + ": link.lane_rate.value: "),
                    HasSubstr("has no unit; write a rate as")));
}

TEST_F(LoaderTest, AMissingPartHasTheLineOfWhatIsAroundIt) {
  const std::string path = Write("short.yaml", "id: x\ntitle: t\nfamily: f\n");
  EXPECT_THAT(MessageOf(LoadFabricFile(path).status()),
              StartsWith(path + ":1: availability: is missing"));
}

TEST_F(LoaderTest, RefusesFilesThatCannotBeRead) {
  const absl::Status missing = LoadFabricFile(folder_ + "/none.yaml").status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(MessageOf(missing), HasSubstr("none.yaml: cannot be read (No such file"));

  std::filesystem::create_directory(folder_ + "/folder.yaml");
  EXPECT_THAT(MessageOf(LoadFabricFile(folder_ + "/folder.yaml").status()),
              HasSubstr("cannot be read (Is a directory)"));

  EXPECT_THAT(MessageOf(LoadFabricFile(Write("a.toml", "")).status()),
              HasSubstr("allowed extensions are .yaml, .yml, .json"));

  EXPECT_THAT(MessageOf(LoadFabricFile(Write("big.yaml", std::string(5'000'000, '#'))).status()),
              HasSubstr("at most 4 MiB"));
}

TEST_F(LoaderTest, ResolvesIdsAndFiles) {
  EXPECT_EQ(ResolveFabric("gb200-nvl72")->id(), "gb200-nvl72");
  EXPECT_EQ(ResolveFabric(Write("mine.yaml", PresetText()))->id(), PresetFabric().id());
}

TEST_F(LoaderTest, AnUnknownIdNamesThoseThatBeginLikeIt) {
  const absl::Status status = ResolveFabric("gb300").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(MessageOf(status), HasSubstr("unknown fabric \"gb300\", is it gb300-nvl72?; allowed "
                                           "is one that `upfabric presets` lists, or a file"));
  EXPECT_THAT(MessageOf(ResolveFabric("xyz").status()),
              HasSubstr("unknown fabric \"xyz\"; allowed is"));
  EXPECT_EQ(ResolveFabric("").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(LoaderTest, ANameWithASlashOrAKnownExtensionIsAFile) {
  EXPECT_THAT(MessageOf(ResolveFabric("./gb200-nvl72").status()), HasSubstr("allowed extensions"));
  EXPECT_THAT(MessageOf(ResolveFabric("gb200-nvl72.yaml").status()), HasSubstr("cannot be read"));
}

TEST_F(LoaderTest, LoadsAWorkload) {
  const std::string path = Write("w.yaml", "collective: all_reduce\nsizes_bytes: [1024]\n");
  EXPECT_EQ(LoadWorkloadFile(path)->collective(), v1::COLLECTIVE_ALL_REDUCE);
  EXPECT_THAT(MessageOf(LoadWorkloadFile(Write("v.yaml", "collective: all\n")).status()),
              HasSubstr("v.yaml:1: collective: is \"all\"; one of all_reduce, "));
}

TEST_F(LoaderTest, LoadsFaultsAndSaysWhereTheyAreWrong) {
  const std::string path = Write("f.yaml",
                                 "faults:\n"
                                 "  - {time: 1us, plane_down: {plane: 4}}\n"
                                 "  - {row: 2, time: 1us, plane_up: {plane: 4}}\n");
  EXPECT_EQ(LoadFaultsFile(path)->faults_size(), 2);
  EXPECT_THAT(MessageOf(LoadFaultsFile(Write("g.yaml",
                                             "faults:\n"
                                             "  - {time: 1us, plane_down: {plane: 4}}\n"
                                             "  - {time: 1, plane_up: {plane: 4}}\n"))
                            .status()),
              HasSubstr("g.yaml:3: faults[1].time: "));
}

TEST_F(LoaderTest, WhatIsInjectedMayHappenNowButInNoRow) {
  const auto now =
      LoadInjectionFile(Write("f.json", "{\"faults\":[{\"plane_down\":{\"plane\":4}}]}"));
  ASSERT_TRUE(now.ok()) << now.status();
  EXPECT_EQ(now->faults(0).time(), "");
  EXPECT_THAT(MessageOf(LoadInjectionFile(
                            Write("g.yaml", "faults:\n  - {row: 1, plane_down: {plane: 4}}\n"))
                            .status()),
              HasSubstr("g.yaml:2: faults[0].row: "));
}

TEST_F(LoaderTest, LoadsAScenarioAndChecksItsFabric) {
  v1::Scenario scenario;
  *scenario.mutable_fabric() = PresetFabric();
  scenario.mutable_workload()->set_collective(v1::COLLECTIVE_BROADCAST);
  std::string text;
  ASSERT_TRUE(google::protobuf::TextFormat::PrintToString(scenario, &text));
  const absl::StatusOr<v1::Scenario> loaded = LoadScenarioFile(Write("s.txtpb", text));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_TRUE(MessageDifferencer::Equals(*loaded, scenario));

  scenario.mutable_fabric()->mutable_link()->mutable_lanes()->set_value("0");
  ASSERT_TRUE(google::protobuf::TextFormat::PrintToString(scenario, &text));
  EXPECT_THAT(MessageOf(LoadScenarioFile(Write("s.txtpb", text)).status()),
              HasSubstr(": fabric.link.lanes.value: 0 is out of range"));

  // Somebody else may say which fabric, and one may stand on another.
  EXPECT_FALSE(LoadScenarioFile(Write("w.yaml", "workload: {seed: 1}\n"))->has_fabric());
  EXPECT_EQ(LoadScenarioFile(Write("b.yaml", "fabric: {base: hgx-h100}\nworkload: {seed: 1}\n"))
                ->fabric()
                .id(),
            "hgx-h100");
  EXPECT_THAT(MessageOf(LoadScenarioFile(Write("f.yaml", "fabric: {base: hgx-h100}\n")).status()),
              HasSubstr("f.yaml:1: has no workload; "));
}

TEST_F(LoaderTest, AFabricSaysOnlyHowItDiffersFromItsBase) {
  const std::string four = "{value: 4, confidence: estimate, note: chosen}";
  const v1::Fabric fabric =
      LoadFabricFile(Derived("without: [switch.in_switch]\nlink: {lanes: " + four + "}\n")).value();
  v1::Fabric expected = PresetFabric();
  expected.set_id("d");
  expected.set_title("derived");
  expected.mutable_switch_()->clear_in_switch();
  v1::Figure& lanes = *expected.mutable_link()->mutable_lanes();
  lanes.Clear();  // a figure is taken whole, its source too
  lanes.set_value("4");
  lanes.set_confidence(v1::CONFIDENCE_ESTIMATE);
  lanes.set_note("chosen");
  EXPECT_TRUE(MessageDifferencer::Equals(fabric, expected));
}

TEST_F(LoaderTest, AKindOfLinkSaysOnlyHowItDiffersToo) {
  const std::string path = Write("clos.yaml", R"(
id: clos
title: leaf and spine
base: ualink-pod-72
link_kinds:
  - name: slow
    without: [fec]
    link: {lanes: {value: 1, confidence: estimate, note: chosen}}
topology:
  clos:
    endpoints: {value: 8, confidence: estimate, note: chosen}
    endpoints_per_leaf: {value: 4, confidence: estimate, note: chosen}
    spines: {value: 2, confidence: estimate, note: chosen}
    uplinks: {value: 1, confidence: estimate, note: chosen}
    spine_link: slow
)");
  const auto spec = fabric::FabricSpecFromProto(LoadFabricFile(path).value()).value();
  ASSERT_EQ(spec.more_links.size(), 1u);
  EXPECT_EQ(spec.more_links[0].lanes, 1);
  EXPECT_FALSE(spec.more_links[0].has_fec);
  EXPECT_TRUE(spec.link.has_fec);
  EXPECT_EQ(spec.more_links[0].lane_rate, spec.link.lane_rate);
  EXPECT_EQ(std::get<fabric::ClosSpec>(spec.shape).leaf_link_kind, 1);
}

TEST_F(LoaderTest, PodsAreJoinedByAFabricThatMayStandOnAnother) {
  const auto pods = [this](const std::string& count, const std::string& network) {
    return LoadFabricFile(Write("pods.yaml",
                                "id: pods\ntitle: pods\nbase: hgx-h100\n"
                                "scale_out:\n  pods: {value: " +
                                    count +
                                    ", confidence: estimate, note: chosen}\n"
                                    "  network:\n" +
                                    network));
  };
  const auto spec = fabric::FabricSpecFromProto(pods("4", "    base: ib-ndr-rails-32\n").value());
  EXPECT_EQ(spec->all_endpoints(), 32);
  ASSERT_TRUE(spec->scale_out.has_value());
  EXPECT_EQ(spec->scale_out->network->id, "ib-ndr-rails-32");
  EXPECT_EQ(spec->scale_out->network->endpoints, 32);
  EXPECT_THAT(MessageOf(pods("3", "    base: ib-ndr-rails-32\n").status()),
              HasSubstr("scale_out.network.topology: has 32 endpoints, but 3 pods of 8 have 24"));
  EXPECT_THAT(MessageOf(pods("4", "    base: hgx-h100-x4\n").status()),
              HasSubstr("scale_out.network.scale_out: is given, but pods of pods"));
  EXPECT_THAT(MessageOf(pods("4", "    base: nothing\n").status()),
              HasSubstr("pods.yaml:7: scale_out.network.base: unknown fabric \"nothing\""));
  const std::string lanes = "{lanes: {value: 0, confidence: estimate, note: none}}";
  EXPECT_THAT(MessageOf(pods("4", "    base: ib-ndr-rails-32\n    link: " + lanes + "\n").status()),
              HasSubstr("pods.yaml:8: scale_out.network.link.lanes.value: 0 is out of range"));
}

TEST_F(LoaderTest, EthernetWithoutCreditsIsReadAndChecked) {
  const auto spec =
      fabric::FabricSpecFromProto(ResolveFabric("ue-leaf-spine-256@uet").value()).value();
  const fabric::TransportSpec& transport = *spec.endpoint.transport;
  EXPECT_EQ(transport.recovery, fabric::Recovery::kSelective);
  EXPECT_EQ(transport.entropies, 64);
  const auto& nscc = std::get<fabric::NsccSpec>(transport.congestion_control);
  EXPECT_EQ(nscc.target, Ratio(3, 4));
  EXPECT_EQ(nscc.average_weight, Ratio(1, 80));
  EXPECT_EQ(spec.switch_chip.shared_buffer->trim_above, Bytes(500'000));
  const auto refused = [this](const std::string& own) {
    return MessageOf(
        LoadFabricFile(Write("e.yaml", "id: e\ntitle: e\nbase: ue-leaf-spine-256@uet\n" + own))
            .status());
  };
  const std::string text = ", confidence: estimate, note: chosen}";
  EXPECT_THAT(refused("switch: {shared_buffer: {mark_all: {value: 1KB" + text + "}}\n"),
              HasSubstr("switch.shared_buffer.mark_all.value: is less than mark_from"));
  EXPECT_THAT(refused("switch: {shared_buffer: {alpha: {value: 0" + text + "}}\n"),
              HasSubstr("e.yaml:4: switch.shared_buffer.alpha.value: 0 is out of range"));
  EXPECT_THAT(refused("endpoint: {transport: {recovery: {value: hope" + text + "}}\n"),
              HasSubstr("hope is not known; allowed is selective, go-back-n"));
  EXPECT_THAT(refused("endpoint: {transport: {entropies: {value: 257" + text + "}}\n"),
              HasSubstr("257 is out of range; allowed is 1 to 256"));
}

TEST_F(LoaderTest, VariantsAreComposed) {
  const v1::Fabric aec = ResolveFabric("ualink-pod-72@aec").value();
  EXPECT_EQ(aec.id(), "ualink-pod-72@aec");
  EXPECT_EQ(aec.link().retimers_size(), 2);
  EXPECT_EQ(aec.link().medium().name(), "aec");
  EXPECT_EQ(aec.link().lanes().value(),
            ResolveFabric("ualink-pod-72").value().link().lanes().value());
  // The last one has the medium; retimers stay, since optics have none of their own.
  EXPECT_EQ(ResolveFabric("gb200-nvl72@aec@optics").value().link().medium().name(),
            "retimed-optics");
  for (const fabric::PresetFile& variant : fabric::Variants()) {
    // Networks that join servers are for so many accelerators, as their names say.
    const bool joins = std::string_view(variant.id).find('x') != std::string_view::npos;
    const std::vector<std::string> bases =
        !joins ? std::vector<std::string>{"ualink-pod-72", "gb200-nvl72", "ue-leaf-spine-256"}
        : variant.id == "slingshot-4x200" ? std::vector<std::string>{"gh200-quad"}
                                          : std::vector<std::string>{"dgx-a100", "mi300x-oam8"};
    for (const std::string& base : bases) {
      const auto fabric = ResolveFabric(base + "@" + std::string(variant.id));
      ASSERT_TRUE(fabric.ok()) << base << " " << variant.id << " " << fabric.status();
      EXPECT_EQ(fabric->has_scale_out(), joins);
    }
  }
  EXPECT_THAT(MessageOf(ResolveFabric("hgx-h100@wire").status()),
              HasSubstr("unknown variant \"wire\" of hgx-h100; known are aec, efa-4x100,"));
}

TEST_F(LoaderTest, WhatDoesNotFitABaseIsRefusedWithItsLine) {
  const auto refused = [this](const std::string& own) {
    return MessageOf(LoadFabricFile(Derived(own)).status());
  };
  EXPECT_THAT(refused("without: [switch.cache]\n"),
              HasSubstr("d.yaml:4: without[0]: \"switch.cache\" is not there"));
  const std::string one = "{value: 2, confidence: estimate, note: chosen}";
  EXPECT_THAT(refused("topology: {full_mesh: {endpoints: " + one + ", links: " + one + "}}\n"),
              HasSubstr("switch: is given, but a full mesh has none"));
  EXPECT_THAT(refused("topology: {torus: {axes: [{size: " + one + ", link: thick}]}}\n"),
              HasSubstr("axes[0].link: \"thick\" is no kind of link"));
  EXPECT_THAT(refused("topology: {torus: {}}\n"), HasSubstr("has 0 axes; give 1 to 3"));
  EXPECT_THAT(MessageOf(LoadFabricFile(Write("e.yaml", "id: e\nbase: nothing\n")).status()),
              HasSubstr("e.yaml:2: base: unknown fabric \"nothing\""));
  EXPECT_THAT(MessageOf(LoadFabricFile(Write("f.yaml", "id: f\nbase: ./f.yaml\n")).status()),
              HasSubstr("stands on 8 others or goes in a circle"));
  EXPECT_THAT(MessageOf(LoadFabricFile(Write("w.yaml", "id: w\nwithout: [switch]\n")).status()),
              HasSubstr("w.yaml:2: without: is given without a base"));
}

}  // namespace
}  // namespace upfabric::daemon
