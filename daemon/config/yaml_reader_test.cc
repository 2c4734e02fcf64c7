#include "daemon/config/yaml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "upfabric/v1/fabric.pb.h"
#include "upfabric/v1/workload.pb.h"

namespace upfabric::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// Reads `text` as the file "f.yaml".
template <typename M>
absl::Status Read(const std::string& text, M& message) {
  SourceLines lines("f.yaml");
  return ReadYaml(text, message, lines);
}

// The error of a text that must not be read: one line.
template <typename M>
std::string ErrorOf(const std::string& text) {
  M message;
  const absl::Status status = Read(text, message);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_EQ(std::string(status.message()).find('\n'), std::string::npos);
  return {status.message().data(), status.message().size()};
}

TEST(YamlReaderTest, ReadsNestedMessagesListsAndFigures) {
  v1::Fabric fabric;
  SourceLines lines("f.yaml");
  ASSERT_TRUE(ReadYaml(R"(
id: mine
availability: shipping
link:
  lanes: {value: 4, source: KEY, confidence: spec}
  medium:
    name: twinax
    delay:
      value: 4.6ns/m
      confidence: Estimate
      note: >-
        folded
        twice
  retimers:
    - name: a
    - name: b
)",
                       fabric, lines)
                  .ok());
  EXPECT_EQ(fabric.id(), "mine");
  EXPECT_EQ(fabric.availability(), v1::AVAILABILITY_SHIPPING);
  EXPECT_EQ(fabric.link().lanes().value(), "4");
  EXPECT_EQ(fabric.link().medium().delay().confidence(), v1::CONFIDENCE_ESTIMATE);
  EXPECT_EQ(fabric.link().medium().delay().note(), "folded twice");
  ASSERT_EQ(fabric.link().retimers_size(), 2);
  EXPECT_EQ(fabric.link().retimers(1).name(), "b");
  EXPECT_EQ(lines.LineOf("id"), 2);
  EXPECT_EQ(lines.LineOf("link.lanes.value"), 5);
  EXPECT_EQ(lines.LineOf("link.medium.delay.value"), 9);
  EXPECT_EQ(lines.LineOf("link.retimers[1].name"), 16);
}

TEST(YamlReaderTest, AMissingFieldHasTheLineOfWhatIsAroundIt) {
  v1::Fabric fabric;
  SourceLines lines("f.yaml");
  ASSERT_TRUE(ReadYaml("id: x\nlink:\n  medium:\n    name: y\n", fabric, lines).ok());
  EXPECT_EQ(lines.LineOf("link.medium.delay.value"), 3);
  EXPECT_EQ(lines.LineOf("link.retimers[0].name"), 2);
  EXPECT_EQ(lines.LineOf("switch.pipeline"), 1);
}

TEST(YamlReaderTest, ReadsEveryScalarTypeOfAWorkload) {
  v1::Workload workload;
  ASSERT_TRUE(Read(R"(
collective: ALL_REDUCE
sizes_bytes: [1024, 9223372036854775807]
endpoints: [0, 7]
type: DATA_TYPE_FLOAT32
op: sum
root: -1
check: true
in_place: false
seed: 18446744073709551615
)",
                   workload)
                  .ok());
  EXPECT_EQ(workload.collective(), v1::COLLECTIVE_ALL_REDUCE);
  EXPECT_THAT(workload.sizes_bytes(), ElementsAre(1024, 9223372036854775807));
  EXPECT_THAT(workload.endpoints(), ElementsAre(0, 7));
  EXPECT_EQ(workload.type(), v1::DATA_TYPE_FLOAT32);
  EXPECT_EQ(workload.op(), v1::REDUCE_OP_SUM);
  EXPECT_EQ(workload.root(), -1);
  EXPECT_TRUE(workload.check());
  EXPECT_EQ(workload.seed(), 18446744073709551615u);
}

TEST(YamlReaderTest, ReadsJsonAsJsonWritersPrintIt) {
  v1::Workload workload;
  SourceLines lines("f.json");
  ASSERT_TRUE(ReadYaml("{\n\t\"collective\":\"COLLECTIVE_BROADCAST\",\n\t\"sizesBytes\":[\"64\","
                       "128],\n\t\"inPlace\":true,\"algorithm\":\"a\\/b \\u0041\"}",
                       workload, lines)
                  .ok());
  EXPECT_EQ(workload.collective(), v1::COLLECTIVE_BROADCAST);
  EXPECT_THAT(workload.sizes_bytes(), ElementsAre(64, 128));
  EXPECT_TRUE(workload.in_place());
  EXPECT_EQ(workload.algorithm(), "a/b A");
  EXPECT_EQ(lines.LineOf("sizes_bytes"), 3);
}

TEST(YamlReaderTest, RefusesAnUnknownFieldAndListsTheKnownOnes) {
  EXPECT_EQ(ErrorOf<v1::Fabric>("id: x\nlink:\n  phy_ty: 3\n"),
            "f.yaml:3: link.phy_ty: unknown field; known are lanes, lane_rate, coding, idle_tax, "
            "marker_tax, phy_tx, phy_rx, fec, retimers, medium, errors, credits");
  EXPECT_THAT(ErrorOf<v1::Fabric>("<<: {id: x}\n"), HasSubstr("unknown field"));
}

TEST(YamlReaderTest, RefusesAScalarForAFigureAndShowsTheForm) {
  EXPECT_EQ(ErrorOf<v1::Fabric>("link:\n  lanes: 4\n"),
            "f.yaml:2: link.lanes: is \"4\"; a figure is wanted: {value: 4.6ns/m, source: KEY, "
            "confidence: spec, note: ...}");
}

TEST(YamlReaderTest, RefusesWrongTypes) {
  EXPECT_EQ(ErrorOf<v1::Workload>("seed: -1\n"),
            "f.yaml:1: seed: is \"-1\"; a whole number of 64 bits, not negative, is wanted");
  EXPECT_THAT(ErrorOf<v1::Workload>("root: 1.5\n"), HasSubstr("whole number of 32 bits"));
  EXPECT_THAT(ErrorOf<v1::Workload>("root: 4294967296\n"), HasSubstr("whole number of 32 bits"));
  EXPECT_THAT(ErrorOf<v1::Workload>("check: 1\n"), HasSubstr("true or false"));
  EXPECT_THAT(ErrorOf<v1::Workload>("sizes_bytes: 64\n"), HasSubstr("a list is wanted"));
  EXPECT_THAT(ErrorOf<v1::Workload>("sizes_bytes:\n  - 64\n  - [1]\n"),
              StartsWith("f.yaml:3: sizes_bytes[1]: is a list;"));
  EXPECT_THAT(ErrorOf<v1::Workload>("sizes_bytes: [1KiB]\n"), HasSubstr("\"1KiB\""));
  EXPECT_THAT(ErrorOf<v1::Fabric>("id: {a: b}\n"), HasSubstr("is a map; text is wanted"));
  EXPECT_THAT(ErrorOf<v1::Fabric>("link: [1]\n"), HasSubstr("is a list; a map is wanted"));
  EXPECT_THAT(ErrorOf<v1::Fabric>("? [a]\n: b\n"), HasSubstr("a field name is a list"));
}

TEST(YamlReaderTest, RefusesAnUnknownEnumValueAndListsTheWords) {
  EXPECT_EQ(ErrorOf<v1::Fabric>("availability: sold\n"),
            "f.yaml:1: availability: is \"sold\"; one of shipping, announced, specified is wanted");
  EXPECT_THAT(ErrorOf<v1::Fabric>("availability: 1\n"), HasSubstr("one of shipping"));
}

TEST(YamlReaderTest, RefusesEmptyValues) {
  EXPECT_EQ(ErrorOf<v1::Fabric>("id:\nlink: ~\n"),
            "f.yaml:1: id: is empty; give a value, or leave the field out");
  EXPECT_THAT(ErrorOf<v1::Fabric>("link:\n  fec: null\n"), StartsWith("f.yaml:2: link.fec: "));
}

TEST(YamlReaderTest, RefusesAFieldGivenTwiceUnderEitherName) {
  EXPECT_EQ(ErrorOf<v1::Fabric>("id: a\ntitle: b\nid: c\n"),
            "f.yaml:3: id: is given twice, first on line 1; give it once");
  EXPECT_THAT(ErrorOf<v1::Workload>("in_place: true\ninPlace: true\n"),
              HasSubstr("is given twice"));
}

TEST(YamlReaderTest, RefusesASecondMemberOfAOneof) {
  EXPECT_EQ(ErrorOf<v1::Fabric>("protocol:\n  nvlink: {}\n  ualink: {}\n"),
            "f.yaml:3: protocol.ualink: excludes nvlink of line 2; give one of them");
}

TEST(YamlReaderTest, RefusesMalformedTextWithItsLine) {
  EXPECT_THAT(ErrorOf<v1::Fabric>("id: x\nlink: {lanes: [\n"), StartsWith("f.yaml:"));
  EXPECT_THAT(ErrorOf<v1::Fabric>("id: x\n\tlink: y\n"), HasSubstr("valid YAML or JSON"));
  EXPECT_THAT(ErrorOf<v1::Fabric>("id: *nothing\n"), HasSubstr("valid YAML or JSON"));
  EXPECT_THAT(ErrorOf<v1::Fabric>(std::string(10'000, '[')), HasSubstr("valid YAML or JSON"));
}

TEST(YamlReaderTest, RefusesNoDocumentAndTwo) {
  EXPECT_THAT(ErrorOf<v1::Fabric>(""), StartsWith("f.yaml:1: is empty; a map is wanted"));
  EXPECT_THAT(ErrorOf<v1::Fabric>("# nothing\n"), HasSubstr("is empty"));
  EXPECT_THAT(ErrorOf<v1::Fabric>("id: x\n---\nid: y\n"), HasSubstr("more than one document"));
  EXPECT_THAT(ErrorOf<v1::Fabric>(",\nid: x\n"), HasSubstr("wanted"));
  EXPECT_THAT(ErrorOf<v1::Fabric>("just text\n"), HasSubstr("a map is wanted"));
}

TEST(YamlReaderTest, ErrorsQuoteHostileTextOnOneShortLine) {
  EXPECT_LT(ErrorOf<v1::Fabric>("availability: " + std::string(100'000, 'x')).size(), 700u);
  EXPECT_LT(ErrorOf<v1::Fabric>(std::string(900, 'x') + ": 1").size(), 700u);
  EXPECT_THAT(ErrorOf<v1::Fabric>("availability: \"a\\nb\\x1b\""), HasSubstr("\"a b \""));
}

}  // namespace
}  // namespace upfabric::daemon
