#include "daemon/config/textproto_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "upfabric/v1/fabric.pb.h"

namespace upfabric::daemon {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string ErrorOf(const std::string& text) {
  v1::Fabric fabric;
  SourceLines lines("f.txtpb");
  const absl::Status status = ReadTextproto(text, fabric, lines);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_EQ(std::string(status.message()).find('\n'), std::string::npos);
  return {status.message().data(), status.message().size()};
}

TEST(TextprotoReaderTest, ReadsAMessageAndItsLines) {
  v1::Fabric fabric;
  SourceLines lines("f.txtpb");
  ASSERT_TRUE(ReadTextproto("id: \"mine\"\n"
                            "link {\n"
                            "  lanes { value: \"4\" confidence: CONFIDENCE_SPEC }\n"
                            "  retimers { name: \"a\" }\n"
                            "  retimers {\n"
                            "    name: \"b\"\n"
                            "  }\n"
                            "}\n",
                            fabric, lines)
                  .ok());
  EXPECT_EQ(fabric.link().lanes().confidence(), v1::CONFIDENCE_SPEC);
  EXPECT_EQ(lines.LineOf("id"), 1);
  EXPECT_EQ(lines.LineOf("link"), 2);
  EXPECT_EQ(lines.LineOf("link.lanes.value"), 3);
  EXPECT_EQ(lines.LineOf("link.retimers[0].latency"), 4);
  EXPECT_EQ(lines.LineOf("link.retimers[1].name"), 6);
}

TEST(TextprotoReaderTest, RefusesAnUnknownFieldAndListsTheKnownOnes) {
  EXPECT_EQ(ErrorOf("id: \"x\"\nlink {\n  medium { nme: \"y\" }\n}\n"),
            "f.txtpb:3: Message type \"upfabric.v1.Medium\" has no field named \"nme\"; known "
            "fields are name, kind, delay, length, latency, reach, energy, bit_error_rate");
}

TEST(TextprotoReaderTest, RefusesAnUnknownEnumValueAndListsTheKnownOnes) {
  EXPECT_THAT(ErrorOf("availability: SOLD\n"),
              HasSubstr("allowed are AVAILABILITY_SHIPPING, AVAILABILITY_ANNOUNCED"));
}

TEST(TextprotoReaderTest, RefusesWrongTypesAndSyntaxWithTheirLine) {
  EXPECT_THAT(ErrorOf("id: \"x\"\ntitle: 5\n"), StartsWith("f.txtpb:2: "));
  EXPECT_THAT(ErrorOf("id: \"x\"\nlink {\n"),
              HasSubstr("upfabric.v1.Fabric in protobuf text format is wanted"));
  EXPECT_THAT(ErrorOf("id: \"x\"\nid: \"y\"\n"), HasSubstr("multiple times"));
  EXPECT_THAT(ErrorOf("protocol { nvlink {} ualink {} }"), HasSubstr("oneof"));
}

TEST(TextprotoReaderTest, ErrorsStayOnOneShortLine) {
  EXPECT_LT(ErrorOf("availability: " + std::string(100'000, 'x')).size(), 800u);
}

}  // namespace
}  // namespace upfabric::daemon
