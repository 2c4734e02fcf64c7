#include "daemon/cli/comparison.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_split.h"
#include "daemon/cli/comparison_report.h"
#include "daemon/cli/element_confidence.h"

namespace upfabric::daemon::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

using Elements = std::vector<std::pair<std::string, int64_t>>;

v1::Explanation PathOf(const Elements& elements) {
  v1::Explanation explanation;
  for (const auto& [name, latency_ps] : elements) {
    v1::PathElement& element = *explanation.add_path();
    element.set_name(name);
    element.set_latency_ps(latency_ps);
  }
  return explanation;
}

ElementConfidence Always(v1::Confidence confidence) {
  return [confidence](absl::string_view) { return confidence; };
}

TEST(ComparePathsTest, SortsBySizeOfTheDifferenceAndSumsExactly) {
  const v1::Explanation a = PathOf({{"injection", 100}, {"switch", 250}, {"delivery", 50}});
  const v1::Explanation b =
      PathOf({{"injection", 110}, {"fec", 40}, {"switch", 200}, {"delivery", 50}});
  const PathDifference path =
      ComparePaths(a, Always(v1::CONFIDENCE_SPEC), b, Always(v1::CONFIDENCE_VENDOR));
  ASSERT_THAT(path.elements, SizeIs(4));
  EXPECT_EQ(path.elements[0].name, "switch");
  EXPECT_EQ(path.elements[0].difference(), Picoseconds(-50));
  EXPECT_EQ(path.elements[1].name, "fec");
  EXPECT_EQ(path.elements[1].base, Picoseconds(0));
  EXPECT_EQ(path.elements[2].name, "injection");
  EXPECT_EQ(path.elements[3].name, "delivery");
  EXPECT_EQ(path.base, Picoseconds(400));
  EXPECT_EQ(path.other, Picoseconds(400));
  EXPECT_EQ(path.moved, Picoseconds(50 + 40 + 10));
}

TEST(ComparePathsTest, OfTwoConfidencesTheWeakerCounts) {
  const v1::Explanation a = PathOf({{"injection", 100}, {"switch", 250}});
  const v1::Explanation b = PathOf({{"injection", 130}, {"switch", 260}});
  const auto base_confidence = [](absl::string_view element) {
    return element == "switch" ? v1::CONFIDENCE_ESTIMATE : v1::CONFIDENCE_SPEC;
  };
  const PathDifference path = ComparePaths(a, base_confidence, b, Always(v1::CONFIDENCE_VENDOR));
  EXPECT_EQ(path.elements[0].confidence, v1::CONFIDENCE_VENDOR);    // injection
  EXPECT_EQ(path.elements[1].confidence, v1::CONFIDENCE_ESTIMATE);  // switch
  EXPECT_EQ(path.moved, Picoseconds(40));
  EXPECT_EQ(path.on_estimates, Picoseconds(10));
}

TEST(ComparePathsTest, ElementsOfOtherKindsAreTheSameElement) {
  const v1::Explanation a = PathOf({{"uplink propagation copper", 10}, {"uplink retimer 1 x", 5}});
  const v1::Explanation b = PathOf({{"uplink propagation twinax", 13}, {"uplink retimer 1 y", 9}});
  const PathDifference path =
      ComparePaths(a, Always(v1::CONFIDENCE_SPEC), b, Always(v1::CONFIDENCE_SPEC));
  ASSERT_THAT(path.elements, SizeIs(2));
  EXPECT_EQ(path.elements[0].name, "uplink retimer 1");
  EXPECT_EQ(path.elements[1].difference(), Picoseconds(3));
}

v1::Row RowOf(int64_t time_ps, int64_t busy_ps, int64_t payload_bytes, int64_t wire_bytes) {
  v1::Row row;
  row.set_bytes(64 << 20);
  row.set_time_ps(time_ps);
  row.set_algorithm("ring");
  v1::Explanation& explanation = *row.mutable_explanation();
  explanation = PathOf({{"endpoint injection", 100'000}, {"switch pipeline", 250'000}});
  explanation.set_busiest_channel("gpu0:0>sw0:0");
  explanation.set_busy_ps(busy_ps);
  explanation.set_payload_bytes(payload_bytes);
  explanation.set_wire_bytes(wire_bytes);
  return row;
}

TEST(CompareChannelsTest, FactorsMultiplyToTheRatioOfTheTimes) {
  const v1::Row a = RowOf(/*time_ps=*/1'000'000, 900'000, 40'000, 45'000);
  const v1::Row b = RowOf(/*time_ps=*/1'700'000, 1'100'000, 50'000, 60'000);
  const TimeFactors factors = CompareChannels(a, b);
  ASSERT_TRUE(factors.valid);
  EXPECT_DOUBLE_EQ(factors.payload.ToDouble(), 1.25);
  EXPECT_DOUBLE_EQ(factors.efficiency.ToDouble(), (40. / 45) / (50. / 60));
  EXPECT_DOUBLE_EQ(factors.data_rate.ToDouble(), (45. / 900) / (60. / 1100));
  EXPECT_DOUBLE_EQ(factors.utilization.ToDouble(), 0.9 / (1.1 / 1.7));
  EXPECT_NEAR(factors.payload.ToDouble() * factors.efficiency.ToDouble() *
                  factors.data_rate.ToDouble() * factors.utilization.ToDouble(),
              factors.time.ToDouble(), 1e-12);
}

TEST(CompareChannelsTest, ARowWithoutPayloadHasNoFactors) {
  EXPECT_FALSE(CompareChannels(RowOf(10, 0, 0, 0), RowOf(10, 5, 5, 5)).valid);
  EXPECT_EQ(UseOfBusiestChannel(RowOf(10, 0, 0, 0)).utilization.ToDouble(), 0);
}

TEST(UseOfBusiestChannelTest, GivesRateEfficiencyAndUtilization) {
  // 45,000 B in 0.9 us are 50 GB/s.
  const ChannelUse use = UseOfBusiestChannel(RowOf(1'000'000, 900'000, 40'500, 45'000));
  EXPECT_DOUBLE_EQ(use.gigabytes_per_second.ToDouble(), 50);
  EXPECT_DOUBLE_EQ(use.efficiency.ToDouble(), 0.9);
  EXPECT_DOUBLE_EQ(use.utilization.ToDouble(), 0.9);
}

Comparison TwoFabrics() {
  const auto result_of = [](const std::string& fabric, const v1::Row& row) {
    v1::Result result;
    result.set_fabric(fabric);
    result.set_ranks(72);
    result.set_collective(v1::COLLECTIVE_ALL_REDUCE);
    result.set_software("ideal");
    result.set_timing(v1::TIMING_ISOLATED);
    *result.add_rows() = row;
    result.mutable_rows(0)->set_bytes(1024);
    *result.add_rows() = row;
    return result;
  };
  v1::Row other = RowOf(1'700'000, 1'100'000, 50'000, 60'000);
  other.mutable_explanation()->mutable_path(1)->set_latency_ps(300'000);
  Comparison comparison;
  comparison.fabrics = {"gb200-nvl72", "ualink-pod-72"};
  comparison.confidences = {Always(v1::CONFIDENCE_SPEC), Always(v1::CONFIDENCE_ESTIMATE)};
  comparison.results = {{result_of("gb200-nvl72", RowOf(1'000'000, 900'000, 40'000, 45'000)),
                         result_of("ualink-pod-72", other)}};
  return comparison;
}

TEST(ComparisonTextTest, ShowsTableAndReasonsWithin120Columns) {
  const std::string text = ComparisonText(TwoFabrics());
  EXPECT_THAT(text, HasSubstr("72 ranks, software ideal for every fabric"));
  EXPECT_THAT(text, HasSubstr("A = gb200-nvl72"));
  EXPECT_THAT(text, HasSubstr("B takes 1.700 times as long as A"));
  EXPECT_THAT(text, HasSubstr("+50.000"));
  EXPECT_THAT(text, HasSubstr("100.0 % of these differences (50.000 of 50.000 ns, signs dropped) "
                              "rest on estimates"));
  EXPECT_THAT(text, HasSubstr("product"));
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    EXPECT_LE(line.size(), 120U) << line;
  }
}

TEST(ComparisonTextTest, ElementsWithoutDifferenceShareALine) {
  EXPECT_THAT(ComparisonText(TwoFabrics()), HasSubstr("1 others, equal"));
}

TEST(ComparisonTextTest, TheSmallestSizeIsOneThatMovesSomething) {
  Comparison comparison = TwoFabrics();
  for (v1::Result& result : comparison.results[0]) {
    const v1::Row first = result.rows(0);
    result.mutable_rows(0)->set_bytes(0);
    result.mutable_rows(0)->set_time_ps(0);
    *result.add_rows() = first;
    result.mutable_rows()->SwapElements(1, 2);
  }
  const std::string text = ComparisonText(comparison);
  EXPECT_THAT(text,
              HasSubstr("  at 1K: A 1.000 us (ring), B 1.700 us (ring); B takes 1.700 times "));
  EXPECT_THAT(text, HasSubstr("+700.000 ns"));
}

TEST(ComparisonJsonTest, IsReadableByAParser) {
  google::protobuf::Struct parsed;
  const std::string text = ComparisonJson(TwoFabrics());
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(text, &parsed).ok()) << text;
  const auto& why = parsed.fields().at("why").list_value().values(0).struct_value();
  EXPECT_EQ(why.fields().at("path").struct_value().fields().at("difference_ns").number_value(), 50);
}

TEST(ElementConfidenceTest, TakesTheWeakestFigureBehindAnElement) {
  v1::Fabric fabric;
  fabric.mutable_endpoint()->mutable_injection()->set_confidence(v1::CONFIDENCE_VENDOR);
  fabric.mutable_link()->mutable_phy_tx()->set_confidence(v1::CONFIDENCE_SPEC);
  fabric.mutable_link()->add_retimers()->mutable_latency()->set_confidence(v1::CONFIDENCE_MEASURED);
  fabric.mutable_link()->mutable_medium()->mutable_delay()->set_confidence(v1::CONFIDENCE_SPEC);
  fabric.mutable_link()->mutable_medium()->mutable_length()->set_confidence(
      v1::CONFIDENCE_ESTIMATE);
  fabric.mutable_link()->mutable_medium()->mutable_latency()->set_confidence(v1::CONFIDENCE_VENDOR);
  const ElementConfidence confidence = ConfidenceOfElements(fabric);
  EXPECT_EQ(confidence("uplink medium aec"), v1::CONFIDENCE_VENDOR);
  EXPECT_EQ(confidence("endpoint injection"), v1::CONFIDENCE_VENDOR);
  EXPECT_EQ(confidence("uplink phy tx"), v1::CONFIDENCE_SPEC);
  EXPECT_EQ(confidence("downlink retimer 1 dsp-112g"), v1::CONFIDENCE_MEASURED);
  EXPECT_EQ(confidence("uplink propagation twinax"), v1::CONFIDENCE_ESTIMATE);
}

TEST(ElementConfidenceTest, NamesWithoutKindAreTheSameInEveryFabric) {
  EXPECT_EQ(ElementWithoutKind("uplink medium aec"), "uplink medium");
  EXPECT_EQ(ElementWithoutKind("uplink propagation medium"), "uplink propagation");
  EXPECT_EQ(ElementWithoutKind("uplink retimer 2 medium"), "uplink retimer 2");
}

TEST(ElementConfidenceTest, AnUnknownElementIsNoSurerThanTheFabric) {
  v1::Fabric fabric;
  fabric.mutable_endpoint()->mutable_injection()->set_confidence(v1::CONFIDENCE_SPEC);
  fabric.mutable_endpoint()->mutable_delivery()->set_confidence(v1::CONFIDENCE_ESTIMATE);
  EXPECT_EQ(ConfidenceOfElements(fabric)("something new"), v1::CONFIDENCE_ESTIMATE);
}

}  // namespace
}  // namespace upfabric::daemon::cli
