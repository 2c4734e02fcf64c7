#include "fabric/config/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fabric/config/field_error.h"

namespace upfabric::fabric {
namespace {

using testing::ElementsAre;

v1::Figure MakeFigure(const std::string& value, v1::Confidence confidence) {
  v1::Figure figure;
  figure.set_value(value);
  figure.set_confidence(confidence);
  return figure;
}

TEST(FiguresTest, AreListedWithTheirPathsInTheOrderOfTheSchema) {
  v1::Fabric fabric;
  *fabric.mutable_topology()->mutable_planes()->add_groups()->mutable_planes() =
      MakeFigure("18", v1::CONFIDENCE_SPEC);
  *fabric.mutable_link()->add_retimers()->mutable_latency() =
      MakeFigure("3ns", v1::CONFIDENCE_SPEC);
  *fabric.mutable_link()->add_retimers()->mutable_latency() =
      MakeFigure("4ns", v1::CONFIDENCE_SPEC);
  *fabric.mutable_link()->mutable_lanes() = MakeFigure("2", v1::CONFIDENCE_SPEC);

  std::vector<std::string> listed;
  for (const NamedFigure& named : ListFigures(fabric)) {
    listed.push_back(named.path + "=" + named.figure.value());
  }

  EXPECT_THAT(listed,
              ElementsAre("link.lanes=2", "link.retimers[0].latency=3ns",
                          "link.retimers[1].latency=4ns", "topology.planes.groups[0].planes=18"));
}

TEST(FiguresTest, TheWeakestWordCounts) {
  v1::Fabric fabric;
  EXPECT_EQ(WeakestConfidence(fabric), v1::CONFIDENCE_UNSPECIFIED);
  *fabric.mutable_link()->mutable_lanes() = MakeFigure("2", v1::CONFIDENCE_SPEC);
  EXPECT_EQ(WeakestConfidence(fabric), v1::CONFIDENCE_SPEC);
  *fabric.mutable_link()->mutable_coding() = MakeFigure("1", v1::CONFIDENCE_VENDOR);
  *fabric.mutable_link()->mutable_idle_tax() = MakeFigure("0", v1::CONFIDENCE_MEASURED);
  EXPECT_EQ(WeakestConfidence(fabric), v1::CONFIDENCE_VENDOR);
  *fabric.mutable_link()->mutable_marker_tax() = MakeFigure("0", v1::CONFIDENCE_UNSPECIFIED);
  EXPECT_EQ(WeakestConfidence(fabric), v1::CONFIDENCE_UNSPECIFIED);
}

TEST(FiguresTest, ConfidenceHasAWord) {
  EXPECT_EQ(ConfidenceWord(v1::CONFIDENCE_SPEC), "spec");
  EXPECT_EQ(ConfidenceWord(v1::CONFIDENCE_MEASURED), "measured");
  EXPECT_EQ(ConfidenceWord(v1::CONFIDENCE_VENDOR), "vendor");
  EXPECT_EQ(ConfidenceWord(v1::CONFIDENCE_ESTIMATE), "estimate");
  EXPECT_EQ(ConfidenceWord(v1::CONFIDENCE_UNSPECIFIED), "unspecified");
}

TEST(FieldErrorTest, KeepsThePathApart) {
  const absl::Status error = FieldError("link.lanes", "is missing");
  EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(error.message(), "link.lanes: is missing");
  EXPECT_EQ(FieldPathOf(error), "link.lanes");
  EXPECT_EQ(FieldPathOf(absl::InvalidArgumentError("link.lanes: is missing")), std::nullopt);
  EXPECT_EQ(FieldPathOf(absl::OkStatus()), std::nullopt);
}

}  // namespace
}  // namespace upfabric::fabric
