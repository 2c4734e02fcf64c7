// Goal: a drawing shows or counts every switch and endpoint of a plane, whatever the shape and
// size.

#include "daemon/cli/topology_drawing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "daemon/cli/shape_text.h"
#include "daemon/config/loader.h"
#include "fabric/config/from_proto.h"
#include "fabric/presets/presets.h"

namespace upfabric::daemon::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Shape {
  explicit Shape(const std::string& preset)
      : spec(fabric::FabricSpecFromProto(ResolveFabric(preset).value()).value()),
        layout(fabric::Layout::Create(spec, 1).value()) {}
  std::string Dot() const { return TopologyDot(spec, layout); }

  fabric::FabricSpec spec;
  fabric::Layout layout;
};

TEST(TopologyDrawingTest, LargeShapesAreCutShortAndSaySo) {
  const std::string dot = Shape("ue-leaf-spine-256").Dot();
  for (const char* const text :
       {"\"leaf0\"", "\"leaf2\"", "\"leaf15\"", "... 12 more", "gpu240-255", "100 GB/s"}) {
    EXPECT_THAT(dot, HasSubstr(text));
  }
  EXPECT_EQ(dot.find("leaf3\""), std::string::npos);
  EXPECT_THAT(Shape("tpu-v5p-512").Dot(), HasSubstr("... 480 more"));
  EXPECT_THAT(Shape("gb200-nvl72").Dot(), HasSubstr("... 14 more"));
  EXPECT_THAT(Shape("cloudmatrix384").Dot(), HasSubstr("one of 7 planes that are alike"));
}

TEST(TopologyDrawingTest, NoDrawingHasMoreThanAHundredNodes) {
  for (const fabric::PresetFile& preset : fabric::Presets()) {
    const std::string dot = Shape(std::string(preset.id)).Dot();
    size_t nodes = 0;
    for (size_t at = dot.find("fillcolor"); at != std::string::npos;
         at = dot.find("fillcolor", at + 1)) {
      ++nodes;
    }
    EXPECT_GE(nodes, 2u) << preset.id;
    EXPECT_LE(nodes, 100u) << preset.id;
  }
}

TEST(TopologyDrawingTest, SvgIsDrawnForEveryEngine) {
  for (const char* const preset : {"hgx-h100", "mi300x-oam8", "trn2-16"}) {
    const Shape shape(preset);
    const auto svg = TopologySvg(shape.spec, shape.layout);
    ASSERT_TRUE(svg.ok());
    EXPECT_THAT(*svg, StartsWith("<?xml"));
    EXPECT_THAT(*svg, HasSubstr(" endpoints, "));
    EXPECT_THAT(*svg, HasSubstr("</svg>"));
  }
}

TEST(ShapeTextTest, EveryShapeHasWordsAndCounts) {
  const auto text = [](const std::string& preset) { return TopologyText(Shape(preset).spec); };
  EXPECT_EQ(text("hgx-h100"), "2 planes x 5 links + 2 planes x 4 links");
  EXPECT_EQ(text("ue-leaf-spine-256"), "Clos of 16 leaves x 16, 16 spines");
  EXPECT_EQ(text("colossus-1k"), "Clos of 32 leaves x 32, 32 spines, 16 cores (4 pods)");
  EXPECT_EQ(text("tpu-v4-64"), "4 x 4 x 4 torus");
  EXPECT_EQ(text("dojo-tile"), "5 x 5 mesh");
  EXPECT_EQ(text("gaudi3-8"), "full mesh x 3 links");
  EXPECT_EQ(text("slim-dragonfly-72"), "dragonfly of 9 groups x 4 routers x 2");
  EXPECT_EQ(text("dgx2-v100"), "6 planes of 2 switches x 8, all joined");
  EXPECT_EQ(text("mtia2-24"), "tree of 2 x 12");
  const ShapeCounts mesh = CountsOf(Shape("gaudi3-8").layout);
  EXPECT_EQ(mesh.switches, 0);
  EXPECT_EQ(mesh.links(), 8 * 7 / 2 * 3);
  const ShapeCounts torus = CountsOf(Shape("tpu-v4-64").layout);
  EXPECT_EQ(torus.switches, 64);
  EXPECT_EQ(torus.switch_links, 3 * 64);
}

}  // namespace
}  // namespace upfabric::daemon::cli
