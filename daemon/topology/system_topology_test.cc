#include "daemon/topology/system_topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "daemon/config/loader.h"
#include "daemon/config/source_lines.h"
#include "daemon/config/yaml_reader.h"
#include "fabric/config/from_proto.h"
#include "fabric/config/inheritance.h"
#include "fabric/topo/layout.h"

namespace upfabric::daemon {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::string File(const std::string& name) {
  return ReadFile(absl::StrCat(UPF_TESTDATA, "/", name), 1 << 20).value();
}
std::string Example(const std::string& name) { return File("../../../docs/examples/" + name); }

absl::StatusOr<ImportedFabric> Import(const std::string& text, const std::string& base = "") {
  const absl::StatusOr<SystemTopology> system = ReadTopology(text);
  return system.ok() ? FabricOf(*system, base, "imported")
                     : absl::StatusOr<ImportedFabric>(system.status());
}

std::string ErrorOf(const std::string& text, const std::string& base = "") {
  return std::string(Import(text, base).status().message());
}

// The fabric, read back from the file that is written of it.
v1::Fabric Complete(const ImportedFabric& imported) {
  v1::Fabric fabric;
  SourceLines lines("imported");
  EXPECT_TRUE(ReadYaml(FabricFileText(imported, "x"), fabric, lines).ok());
  EXPECT_TRUE(fabric::TakeOver(ResolveFabric(fabric.base()).value(), fabric).ok());
  return fabric;
}

fabric::Layout LayoutOf(const ImportedFabric& imported) {
  const fabric::FabricSpec spec = fabric::FabricSpecFromProto(Complete(imported)).value();
  return fabric::Layout::Create(spec, 1).value();
}

std::vector<int> LinksOfPlanes(const fabric::Layout& layout) {
  std::vector<int> links;
  for (const fabric::Layout::Plane& plane : layout.planes()) {
    links.push_back(plane.links);
  }
  return links;
}

TEST(SystemTopologyTest, EachSwitchOfTheFileIsAPlane) {
  const ImportedFabric imported = Import(Example("h100-topo.xml")).value();
  EXPECT_EQ(imported.fabric.base(), "hgx-h100");
  const fabric::Layout layout = LayoutOf(imported);
  EXPECT_EQ(layout.endpoints(), 8);
  EXPECT_EQ(LinksOfPlanes(layout), (std::vector<int>{5, 5, 4, 4}));
  EXPECT_THAT(imported.remarks, Contains(HasSubstr("8 network interfaces: mlx5_0 (400000 Mb/s)")));
}

TEST(SystemTopologyTest, HiddenSwitchesAreThoseOfTheBase) {
  const ImportedFabric imported = Import(File("h100_hidden_switches.xml")).value();
  EXPECT_EQ(LinksOfPlanes(LayoutOf(imported)), (std::vector<int>{5, 5, 4, 4}));
  EXPECT_THAT(imported.remarks, Contains(HasSubstr("how many switches there are")));
}

TEST(SystemTopologyTest, OneSwitchStaysOneWhereTheBaseHasOtherLinks) {
  const std::string text =
      absl::StrReplaceAll(File("h100_hidden_switches.xml"), {{"count=\"18\"", "count=\"12\""}});
  EXPECT_EQ(LinksOfPlanes(LayoutOf(Import(text).value())), (std::vector<int>{12}));
}

TEST(SystemTopologyTest, DirectLinksAreAFullMesh) {
  const ImportedFabric amd = Import(File("mi300x_mesh.xml")).value();
  EXPECT_EQ(amd.fabric.base(), "mi300x-oam8");
  EXPECT_TRUE(LayoutOf(amd).direct().has_value());
  EXPECT_EQ(LayoutOf(amd).links_per_endpoint(), 7);
  const ImportedFabric quad = Import(File("a100_quad.xml")).value();
  EXPECT_EQ(quad.fabric.base(), "dgx-a100");
  EXPECT_EQ(LayoutOf(quad).links_per_endpoint(), 12);
}

// The matrix shows the links of a pair, whatever lies between.
TEST(SystemTopologyTest, TheMatrixIsReadWithTabsColorsAndBlanks) {
  const std::string text = Example("h100-topo.txt");
  const ImportedFabric imported = Import(text, "hgx-h100").value();
  EXPECT_EQ(LinksOfPlanes(LayoutOf(imported)), (std::vector<int>{5, 5, 4, 4}));
  const ImportedFabric blanks =
      Import(absl::StrReplaceAll(text, {{"\t", "    "}}), "hgx-h100").value();
  EXPECT_EQ(blanks.fabric.SerializeAsString(), imported.fabric.SerializeAsString());
}

TEST(SystemTopologyTest, LinksOfAMatrixAreDirectIfAnAcceleratorHasSoMany) {
  const std::string quad =
      "\tGPU0\tGPU1\tGPU2\nGPU0\t X \tNV4\tNV4\nGPU1\tNV4\t X \tNV4\nGPU2\tNV4\tNV4\t X \n";
  EXPECT_TRUE(LayoutOf(Import(quad, "dgx-a100").value()).direct().has_value());
  const std::string switched = absl::StrReplaceAll(quad, {{"NV4", "NV8"}});
  EXPECT_EQ(LinksOfPlanes(LayoutOf(Import(switched, "dgx-a100").value())), (std::vector<int>{8}));
}

TEST(SystemTopologyTest, RefusesWhatAFabricCannotBe) {
  EXPECT_THAT(ErrorOf(Example("h100-topo.txt")), HasSubstr("--base: missing"));
  EXPECT_THAT(ErrorOf(Example("h100-topo.txt"), "mi300x-oam8"), HasSubstr("has no switches"));
  EXPECT_THAT(ErrorOf(Example("h100-topo.txt"), "nothing"), HasSubstr("unknown fabric"));
  EXPECT_THAT(ErrorOf("<system/>"), HasSubstr("lists 0 accelerators"));
  const std::string old = absl::StrReplaceAll(File("a100_quad.xml"), {{"\"80\"", "\"52\""}});
  EXPECT_THAT(ErrorOf(old), HasSubstr("none for sm 52"));
  std::string uneven = Example("h100-topo.xml");
  uneven.replace(uneven.rfind("count=\"5\""), 9, "count=\"6\"");
  EXPECT_THAT(ErrorOf(uneven), HasSubstr("has 6 links to switch 0000:08:00.0"));
}

TEST(SystemTopologyTest, RefusesSwitchesAndDirectLinksTogether) {
  // Of any two, not of the first pair alone.
  std::string mixed = Example("h100-topo.xml");
  for (const char* target : {"0000:db:00.0", "0000:ba:00.0"}) {
    const bool last = std::string(target) == "0000:ba:00.0";
    const size_t gpu = mixed.find(last ? "<gpu dev=\"7\"" : "<gpu dev=\"6\"");
    mixed.insert(mixed.find('\n', gpu) + 1, absl::StrCat("<nvlink target=\"", target,
                                                         "\" count=\"2\" tclass=\"0x030200\"/>\n"));
  }
  EXPECT_THAT(ErrorOf(mixed), HasSubstr("gpu 0000:ba:00.0 has links to another accelerator"));
}

TEST(SystemTopologyTest, NamesTheLineOfWhatIsWrongInXml) {
  const std::string text = Example("h100-topo.xml");
  const auto with = [&text](const char* from, const char* to) {
    std::string changed = text;
    changed.replace(changed.find(from), std::string(from).size(), to);
    return ErrorOf(changed);
  };
  EXPECT_THAT(with("</cpu>", ""), HasSubstr("not well-formed"));
  EXPECT_THAT(with("<system", "<graph"), HasSubstr("not well-formed"));
  EXPECT_EQ(ErrorOf("<graphs/>"), "1: the outermost element is <graphs>; allowed: <system>");
  EXPECT_EQ(with("count=\"5\"", "count=\"five\""),
            "5: nvlink count is \"five\"; allowed: 1 to 255");
  EXPECT_THAT(with("tclass=\"0x068000\"", "tclass=\"0x01\""), HasSubstr("5: tclass is \"0x01\""));
  EXPECT_EQ(with("target=\"0000:05:00.0\"", ""), "5: nvlink has no attribute target");
  EXPECT_EQ(with(" busid=\"0000:18:00.0\"", ""), "3: pci has no attribute busid");
  EXPECT_THAT(with("0000:2a:00.0", "0000:18:00.0"), HasSubstr(": a second gpu at 0000:18:00.0"));
  EXPECT_THAT(with("sm=\"90\"", "sm=\"80\""), HasSubstr("is of sm 90, others of sm 80"));
  std::string one_way = File("a100_quad.xml");
  one_way.replace(one_way.find("count=\"4\""), 9, "count=\"3\"");
  EXPECT_THAT(ErrorOf(one_way), HasSubstr("allowed are as many at both ends"));
}

TEST(SystemTopologyTest, NamesTheLineOfWhatIsWrongInAMatrix) {
  EXPECT_THAT(ErrorOf("nothing"), HasSubstr("1: begins with \"nothing\""));
  EXPECT_THAT(ErrorOf(" GPU0 GPU1\nGPU0 X NV2\n"), HasSubstr("1: names 2 GPUs, but 1"));
  EXPECT_THAT(ErrorOf(" GPU0 GPU1\nGPU0 X NV2\nGPU1 NV3 X\n"),
              HasSubstr("3: from GPU1 to GPU0 it is \"NV3\", and back"));
  EXPECT_THAT(ErrorOf(" GPU0 GPU1\nGPU0 X FOO\nGPU1 NV3 X\n"),
              HasSubstr("2: from GPU0 to GPU1 it is \"FOO\"; allowed: X, NV and a number"));
  EXPECT_THAT(ErrorOf(" GPU0 GPU1\nGPU0 X\n"), HasSubstr("2: GPU0 has 1 cells; allowed: 2"));
  EXPECT_THAT(ErrorOf(" GPU0 GPU1\nGPU1 NV2 X\n"), HasSubstr("2: is of GPU1; allowed is GPU0"));
  EXPECT_THAT(ErrorOf(" GPU0 GPU1\nGPU0 NV2 X\n"), HasSubstr("X from a GPU to itself"));
  EXPECT_THAT(ErrorOf(" GPU0 GPU1\nGPU0 X SYS\nGPU1 SYS X\n", "dgx-a100"),
              HasSubstr("has 0 links to GPU0"));
}

}  // namespace
}  // namespace upfabric::daemon
