#include "fabric/config/from_proto.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "fabric/config/field_error.h"
#include "fabric/config/figures.h"

namespace upfabric::fabric {
namespace {

using testing::HasSubstr;

v1::Figure Spec(const std::string& value) {
  v1::Figure figure;
  figure.set_value(value);
  figure.set_source("KEY");
  figure.set_confidence(v1::CONFIDENCE_SPEC);
  return figure;
}

void SetUalink(v1::Protocol& protocol) {
  v1::UalinkProtocol& ualink = *protocol.mutable_ualink();
  *ualink.mutable_beat() = Spec("64B");
  *ualink.mutable_max_payload() = Spec("256B");
  *ualink.mutable_request() = Spec("8B");
  *ualink.mutable_response() = Spec("4B");
  *ualink.mutable_flow_control() = Spec("0.8B");
  *ualink.mutable_flit() = Spec("640B");
  *ualink.mutable_flit_payload() = Spec("628B");
}

void SetNvlink(v1::Protocol& protocol) {
  v1::NvlinkProtocol& nvlink = *protocol.mutable_nvlink();
  *nvlink.mutable_generation() = Spec("5");
  *nvlink.mutable_flit() = Spec("16B");
  *nvlink.mutable_max_payload() = Spec("256B");
  *nvlink.mutable_header_flits() = Spec("2");
}

void SetEthernet(v1::Protocol& protocol) {
  v1::EthernetProtocol& ethernet = *protocol.mutable_ethernet();
  *ethernet.mutable_profile() = Spec("ualoe");
  *ethernet.mutable_max_payload() = Spec("1024B");
  *ethernet.mutable_transaction() = Spec("256B");
  *ethernet.mutable_transaction_header() = Spec("8B");
  *ethernet.mutable_frame_overhead() = Spec("54B");
  *ethernet.mutable_min_frame() = Spec("84B");
}

v1::Fabric ValidFabric() {
  v1::Fabric fabric;
  fabric.set_id("test-fabric");
  fabric.set_title("A fabric for tests");
  fabric.set_family("test");
  fabric.set_availability(v1::AVAILABILITY_SPECIFIED);
  SetUalink(*fabric.mutable_protocol());

  v1::Endpoint& endpoint = *fabric.mutable_endpoint();
  *endpoint.mutable_injection() = Spec("100ns");
  *endpoint.mutable_delivery() = Spec("130ns");
  *endpoint.mutable_memory_bandwidth() = Spec("3.35TB/s");
  *endpoint.mutable_local_latency() = Spec("250ns");
  *endpoint.mutable_buffer_per_vc() = Spec("64KiB");
  *endpoint.mutable_spread() = Spec("messages");

  v1::Link& link = *fabric.mutable_link();
  *link.mutable_lanes() = Spec("4");
  *link.mutable_lane_rate() = Spec("212.5Gbps");
  *link.mutable_coding() = Spec("16/17");
  *link.mutable_idle_tax() = Spec("1/1024");
  *link.mutable_marker_tax() = Spec("1/16384");
  *link.mutable_phy_tx() = Spec("15ns");
  *link.mutable_phy_rx() = Spec("0ns");
  *link.mutable_fec()->mutable_codeword() = Spec("5440b");
  *link.mutable_fec()->mutable_interleave() = Spec("4");
  *link.mutable_fec()->mutable_decode() = Spec("40ns");
  link.add_retimers()->set_name("analog");
  *link.mutable_retimers(0)->mutable_latency() = Spec("3ns");
  link.mutable_medium()->set_name("twinax");
  link.mutable_medium()->set_kind(v1::MEDIUM_KIND_PASSIVE_COPPER);
  *link.mutable_medium()->mutable_delay() = Spec("4.6ns/m");
  *link.mutable_medium()->mutable_length() = Spec("2m");

  *link.mutable_credits()->mutable_step() = Spec("1280B");
  *link.mutable_credits()->mutable_resync() = Spec("10us");

  v1::Errors& errors = *link.mutable_errors();
  *errors.mutable_flit_error_rate() = Spec("6.2e-11");
  *errors.mutable_flit() = Spec("640B");
  *errors.mutable_retry()->mutable_window() = Spec("163200B");
  *errors.mutable_retry()->mutable_ack_spacing() = Spec("4480B");
  *errors.mutable_retry()->mutable_turnaround() = Spec("200ns");

  v1::Switch& chip = *fabric.mutable_switch_();
  *chip.mutable_pipeline() = Spec("209.4ns");
  *chip.mutable_virtual_channels() = Spec("4");
  *chip.mutable_buffer_per_vc() = Spec("32KiB");
  *chip.mutable_radix() = Spec("128");
  *chip.mutable_arbitration() = Spec("round-robin");

  v1::Planes& planes = *fabric.mutable_topology()->mutable_planes();
  *planes.mutable_endpoints() = Spec("8");
  for (const char* links : {"5", "4"}) {
    v1::PlaneGroup& group = *planes.add_groups();
    *group.mutable_planes() = Spec("2");
    *group.mutable_links() = Spec(links);
  }
  return fabric;
}

// Expects the valid fabric, changed, to be refused at `path` with `message` in the text.
void ExpectRefused(const std::function<void(v1::Fabric&)>& change, const std::string& path,
                   const std::string& message) {
  v1::Fabric fabric = ValidFabric();
  change(fabric);
  const absl::Status status = FabricSpecFromProto(fabric).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << path;
  EXPECT_EQ(FieldPathOf(status), path);
  EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  EXPECT_EQ(std::string(status.message()).find('\n'), std::string::npos);
}

v1::Fabric FabricWithInSwitch() {
  v1::Fabric fabric = ValidFabric();
  v1::InSwitch& inside = *fabric.mutable_switch_()->mutable_in_switch();
  *inside.mutable_multicast_groups() = Spec("1024");
  *inside.mutable_sessions() = Spec("640");
  *inside.mutable_session_payload() = Spec("4KiB");
  *inside.mutable_units() = Spec("2");
  *inside.mutable_throughput() = Spec("1.6TB/s");
  *inside.mutable_latency() = Spec("100ns");
  return fabric;
}

TEST(FromProtoTest, SwitchesReduceOnlyWhereTheyAreSaidTo) {
  EXPECT_FALSE(FabricSpecFromProto(ValidFabric()).value().switch_chip.in_switch.has_value());
  const InSwitchSpec spec =
      FabricSpecFromProto(FabricWithInSwitch()).value().switch_chip.in_switch.value();
  EXPECT_EQ(spec.groups, 1024);
  EXPECT_EQ(spec.sessions, 640);
  EXPECT_EQ(spec.session_payload, Bytes(4096));
  EXPECT_EQ(spec.units, 2);
  EXPECT_EQ(spec.throughput, Bandwidth(Ratio(12'800'000'000'000)));
  EXPECT_EQ(spec.latency, Picoseconds(100'000));
}

TEST(FromProtoTest, InSwitchFiguresFitTheSwitch) {
  const auto refused = [](const std::function<void(v1::Switch&)>& change, const std::string& path,
                          const std::string& message) {
    v1::Fabric fabric = FabricWithInSwitch();
    change(*fabric.mutable_switch_());
    const absl::Status status = FabricSpecFromProto(fabric).status();
    EXPECT_EQ(FieldPathOf(status), path);
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  };
  refused([](auto& s) { s.mutable_in_switch()->clear_units(); }, "switch.in_switch.units",
          "is missing");
  // 8 endpoints with up to 5 links to one switch.
  refused([](auto& s) { s.mutable_in_switch()->mutable_sessions()->set_value("39"); },
          "switch.in_switch.sessions.value", "at least 40");
  refused([](auto& s) { s.mutable_in_switch()->mutable_session_payload()->set_value("255B"); },
          "switch.in_switch.session_payload.value", "holds 0 packets of 256B");
  refused([](auto& s) { s.mutable_in_switch()->mutable_session_payload()->set_value("1MiB"); },
          "switch.in_switch.session_payload.value", "1 to 256");
  refused([](auto& s) { s.mutable_in_switch()->mutable_throughput()->set_value("1bps"); },
          "switch.in_switch.throughput.value", "");
  refused([](auto& s) { s.mutable_virtual_channels()->set_value("16"); },
          "switch.virtual_channels.value", "1 to 7");
}

TEST(FromProtoTest, ConvertsEveryField) {
  const FabricSpec spec = FabricSpecFromProto(ValidFabric()).value();
  EXPECT_EQ(spec.id, "test-fabric");
  const auto& ualink = std::get<UalinkSpec>(spec.protocol);
  EXPECT_EQ(ualink.beat, Bytes(64));
  EXPECT_EQ(ualink.max_payload, Bytes(256));
  EXPECT_EQ(ualink.request, Bytes(8));
  EXPECT_EQ(ualink.response, Bytes(4));
  EXPECT_EQ(ualink.flow_control_bytes, Ratio(4, 5));
  EXPECT_EQ(ualink.flit, Bytes(640));
  EXPECT_EQ(ualink.flit_payload, Bytes(628));
  EXPECT_EQ(spec.endpoint.injection, Picoseconds(100'000));
  EXPECT_EQ(spec.endpoint.delivery, Picoseconds(130'000));
  EXPECT_EQ(spec.endpoint.memory_bandwidth, Bandwidth(Ratio(26'800'000'000'000)));
  EXPECT_EQ(spec.endpoint.local_latency, Picoseconds(250'000));
  EXPECT_EQ(spec.endpoint.buffer_per_vc, Bytes(65'536));
  EXPECT_EQ(spec.endpoint.spread, Spread::kMessages);
  EXPECT_EQ(spec.link.credit_step, Bytes(1'280));
  EXPECT_EQ(spec.link.credit_resync, Picoseconds(10'000'000));
  EXPECT_EQ(spec.switch_chip.arbitration, Arbitration::kRoundRobin);
  EXPECT_EQ(spec.link.lanes, 4);
  EXPECT_EQ(spec.link.lane_rate, Bandwidth(Ratio(212'500'000'000)));
  EXPECT_EQ(spec.link.coding, Ratio(16, 17));
  EXPECT_EQ(spec.link.idle_tax, Ratio(1, 1024));
  EXPECT_EQ(spec.link.marker_tax, Ratio(1, 16'384));
  EXPECT_EQ(spec.link.phy_tx, Picoseconds(15'000));
  EXPECT_EQ(spec.link.phy_rx, Picoseconds(0));
  EXPECT_TRUE(spec.link.has_fec);
  EXPECT_EQ(spec.link.fec.codeword_bits, Ratio(5440));
  EXPECT_EQ(spec.link.fec.interleave, 4);
  EXPECT_EQ(spec.link.fec.decode, Picoseconds(40'000));
  ASSERT_EQ(spec.link.retimers.size(), 1u);
  EXPECT_EQ(spec.link.retimers[0].name, "analog");
  EXPECT_EQ(spec.link.retimers[0].latency, Picoseconds(3'000));
  EXPECT_EQ(spec.link.medium, "twinax");
  EXPECT_EQ(spec.link.propagation, Picoseconds(9'200));  // 2 m x 4.6 ns/m
  EXPECT_TRUE(spec.link.has_errors);
  EXPECT_EQ(spec.link.errors.flit_error_rate, Ratio(62, 1'000'000'000'000));
  EXPECT_EQ(spec.link.errors.flit, Bytes(640));
  EXPECT_EQ(spec.link.errors.retry.window, Bytes(163'200));
  EXPECT_EQ(spec.link.errors.retry.ack_spacing, Bytes(4'480));
  EXPECT_EQ(spec.link.errors.retry.turnaround, Picoseconds(200'000));
  EXPECT_EQ(spec.switch_chip.pipeline, Picoseconds(209'400));
  EXPECT_EQ(spec.switch_chip.virtual_channels, 4);
  EXPECT_EQ(spec.switch_chip.buffer_per_vc, Bytes(32'768));
  EXPECT_EQ(spec.switch_chip.radix, 128);
  EXPECT_EQ(spec.endpoints, 8);
  ASSERT_EQ(spec.groups.size(), 2u);
  EXPECT_EQ(spec.groups[0].planes, 2);
  EXPECT_EQ(spec.groups[0].links, 5);
  EXPECT_EQ(spec.groups[1].links, 4);
}

TEST(FromProtoTest, ConvertsTheOtherProtocols) {
  v1::Fabric fabric = ValidFabric();
  SetNvlink(*fabric.mutable_protocol());
  const FabricSpec nvlink_fabric = FabricSpecFromProto(fabric).value();
  const auto& nvlink = std::get<NvlinkSpec>(nvlink_fabric.protocol);
  EXPECT_EQ(nvlink.generation, 5);
  EXPECT_EQ(nvlink.flit, Bytes(16));
  EXPECT_EQ(nvlink.max_payload, Bytes(256));
  EXPECT_EQ(nvlink.header_flits, 2);

  SetEthernet(*fabric.mutable_protocol());
  const FabricSpec ethernet_fabric = FabricSpecFromProto(fabric).value();
  const auto& ethernet = std::get<EthernetSpec>(ethernet_fabric.protocol);
  EXPECT_EQ(ethernet.profile, "ualoe");
  EXPECT_EQ(ethernet.max_payload, Bytes(1024));
  EXPECT_EQ(ethernet.transaction, Bytes(256));
  EXPECT_EQ(ethernet.transaction_header, Bytes(8));
  EXPECT_EQ(ethernet.frame_overhead, Bytes(54));
  EXPECT_EQ(ethernet.min_frame, Bytes(84));
}

TEST(FromProtoTest, FecRetimersAndErrorsMayBeAbsent) {
  v1::Fabric fabric = ValidFabric();
  fabric.mutable_link()->clear_errors();
  fabric.mutable_link()->clear_fec();
  fabric.mutable_link()->clear_retimers();
  const FabricSpec spec = FabricSpecFromProto(fabric).value();
  EXPECT_FALSE(spec.link.has_fec);
  EXPECT_TRUE(spec.link.retimers.empty());
  EXPECT_FALSE(spec.link.has_errors);
}

TEST(FromProtoTest, PropagationIsRoundedUpToAPicosecond) {
  v1::Fabric fabric = ValidFabric();
  fabric.mutable_link()->mutable_medium()->mutable_length()->set_value("0.0001m");
  // 0.1 mm x 4.6 ps/mm = 0.46 ps.
  EXPECT_EQ(FabricSpecFromProto(fabric)->link.propagation, Picoseconds(1));
}

// Clears the figure number `n` of those below `message`, in the order of ListFigures. Lowers `n` by
// the figures passed; returns whether it was found.
bool ClearFigure(google::protobuf::Message& message, size_t& n) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (field->message_type() == nullptr) {
      continue;
    }
    if (field->message_type() == v1::Figure::descriptor()) {
      if (reflection.HasField(message, field) && n-- == 0) {
        reflection.ClearField(&message, field);
        return true;
      }
    } else if (field->is_repeated()) {
      for (int j = 0; j < reflection.FieldSize(message, field); ++j) {
        if (ClearFigure(*reflection.MutableRepeatedMessage(&message, field, j), n)) {
          return true;
        }
      }
    } else if (reflection.HasField(message, field) &&
               ClearFigure(*reflection.MutableMessage(&message, field), n)) {
      return true;
    }
  }
  return false;
}

// But for those that say what they are when absent.
TEST(FromProtoTest, EveryFigureIsRequired) {
  const std::vector<NamedFigure> figures = ListFigures(ValidFabric());
  EXPECT_EQ(figures.size(), 43u);
  for (size_t i = 0; i < figures.size(); ++i) {
    if (figures[i].path == "endpoint.spread" || figures[i].path == "switch.arbitration") {
      continue;
    }
    ExpectRefused(
        [i](v1::Fabric& fabric) {
          size_t n = i;
          ASSERT_TRUE(ClearFigure(fabric, n));
        },
        figures[i].path, "is missing; give {value, source, confidence, note}");
  }
}

TEST(FromProtoTest, ChoicesThatAreAbsentAreTheUsualOnes) {
  v1::Fabric fabric = ValidFabric();
  fabric.mutable_endpoint()->clear_spread();
  fabric.mutable_switch_()->clear_arbitration();
  fabric.mutable_link()->clear_credits();
  const FabricSpec spec = FabricSpecFromProto(fabric).value();
  EXPECT_EQ(spec.endpoint.spread, Spread::kPackets);
  EXPECT_EQ(spec.switch_chip.arbitration, Arbitration::kOldestFirst);
  EXPECT_EQ(spec.link.credit_step, Bytes(0));
  EXPECT_EQ(spec.link.credit_resync, Picoseconds(0));
}

TEST(FromProtoTest, EveryPartIsRequired) {
  ExpectRefused([](auto& f) { f.clear_protocol(); }, "protocol", "is missing");
  ExpectRefused([](auto& f) { f.clear_endpoint(); }, "endpoint", "is missing");
  ExpectRefused([](auto& f) { f.clear_link(); }, "link", "is missing");
  ExpectRefused([](auto& f) { f.mutable_link()->clear_medium(); }, "link.medium", "is missing");
  ExpectRefused([](auto& f) { f.clear_switch_(); }, "switch", "is missing");
  ExpectRefused([](auto& f) { f.clear_topology(); }, "topology", "is missing");
  ExpectRefused([](auto& f) { f.mutable_protocol()->clear_kind(); }, "protocol",
                "give one of nvlink, ualink, ethernet");
  ExpectRefused([](auto& f) { f.mutable_topology()->clear_shape(); }, "topology",
                "give one of planes");
  ExpectRefused([](auto& f) { f.mutable_topology()->mutable_planes()->clear_groups(); },
                "topology.planes", "at least one");
}

TEST(FromProtoTest, NamesAreRequiredAndChecked) {
  ExpectRefused([](auto& f) { f.clear_id(); }, "id", "is missing");
  ExpectRefused([](auto& f) { f.set_id("Test_Fabric"); }, "id", "lower case letters");
  ExpectRefused([](auto& f) { f.clear_title(); }, "title", "is missing");
  ExpectRefused([](auto& f) { f.set_title("two\nlines"); }, "title", "one line");
  ExpectRefused([](auto& f) { f.clear_availability(); }, "availability",
                "shipping, announced, specified");
  ExpectRefused([](auto& f) { f.mutable_link()->mutable_retimers(0)->clear_name(); },
                "link.retimers[0].name", "is missing");
}

TEST(FromProtoTest, AFigureNeedsItsProvenance) {
  const std::string path = "endpoint.injection";
  const auto figure = [](v1::Fabric& f) { return f.mutable_endpoint()->mutable_injection(); };
  ExpectRefused([&](auto& f) { figure(f)->clear_value(); }, path + ".value", "is missing");
  ExpectRefused([&](auto& f) { figure(f)->clear_confidence(); }, path + ".confidence",
                "spec, measured, vendor, estimate");
  ExpectRefused([&](auto& f) { figure(f)->set_confidence(static_cast<v1::Confidence>(9)); },
                path + ".confidence", "unknown value");
  ExpectRefused([&](auto& f) { figure(f)->clear_source(); }, path + ".source", "docs/sources.md");
  ExpectRefused([&](auto& f) { figure(f)->set_confidence(v1::CONFIDENCE_ESTIMATE); },
                path + ".note", "reasoning");
  ExpectRefused([&](auto& f) { figure(f)->set_note("a\nb"); }, path + ".note", "one line");
}

TEST(FromProtoTest, AnEstimateNeedsANoteButNoSource) {
  v1::Fabric fabric = ValidFabric();
  v1::Figure& figure = *fabric.mutable_endpoint()->mutable_injection();
  figure.set_confidence(v1::CONFIDENCE_ESTIMATE);
  figure.clear_source();
  figure.set_note("guessed");
  EXPECT_TRUE(FabricSpecFromProto(fabric).ok());
}

TEST(FromProtoTest, TimesHaveUnitsAndLimits) {
  const auto injection = [](const std::string& value) {
    return [value](v1::Fabric& f) { f.mutable_endpoint()->mutable_injection()->set_value(value); };
  };
  const std::string path = "endpoint.injection.value";
  ExpectRefused(injection("100"), path, "has no unit");
  ExpectRefused(injection("100B"), path, "unknown unit");
  ExpectRefused(injection("-1ns"), path, "is negative");
  ExpectRefused(injection("0ns"), path, "allowed is 1ps to 1s");
  ExpectRefused(injection("2s"), path, "allowed is 1ps to 1s");
  ExpectRefused([](auto& f) { f.mutable_endpoint()->mutable_delivery()->set_value("0ps"); },
                "endpoint.delivery.value", "out of range");
  ExpectRefused([](auto& f) { f.mutable_switch_()->mutable_pipeline()->set_value("0ps"); },
                "switch.pipeline.value", "out of range");
}

TEST(FromProtoTest, RatiosAndCountsHaveLimits) {
  const auto link = [](v1::Fabric& f) { return f.mutable_link(); };
  ExpectRefused([&](auto& f) { link(f)->mutable_coding()->set_value("17/16"); },
                "link.coding.value", "at most 1");
  ExpectRefused([&](auto& f) { link(f)->mutable_coding()->set_value("0"); }, "link.coding.value",
                "above 0");
  ExpectRefused([&](auto& f) { link(f)->mutable_idle_tax()->set_value("1/9000000000000000000"); },
                "link.idle_tax.value", "denominator");
  const auto errors = [&](v1::Fabric& f) { return link(f)->mutable_errors(); };
  ExpectRefused([&](auto& f) { errors(f)->mutable_flit_error_rate()->set_value("0.02"); },
                "link.errors.flit_error_rate.value", "0 to 1/100");
  ExpectRefused([&](auto& f) { errors(f)->mutable_flit_error_rate()->set_value("1e-19"); },
                "link.errors.flit_error_rate.value", "too fine");
  ExpectRefused([&](auto& f) { errors(f)->clear_retry(); }, "link.errors.retry", "is missing");
  ExpectRefused([&](auto& f) { link(f)->mutable_lanes()->set_value("0"); }, "link.lanes.value",
                "1 to 1024");
  ExpectRefused([&](auto& f) { link(f)->mutable_lanes()->set_value("1.5"); }, "link.lanes.value",
                "whole number");
  ExpectRefused([](auto& f) { f.mutable_switch_()->mutable_arbitration()->set_value("newest"); },
                "switch.arbitration.value", "allowed is oldest-first, round-robin");
  ExpectRefused([](auto& f) { f.mutable_endpoint()->mutable_spread()->set_value("bytes"); },
                "endpoint.spread.value", "allowed is packets, messages, destinations");
  ExpectRefused([](auto& f) { f.mutable_switch_()->mutable_virtual_channels()->set_value("17"); },
                "switch.virtual_channels.value", "1 to 8");
  ExpectRefused([&](auto& f) { link(f)->mutable_lane_rate()->set_value("0Gbps"); },
                "link.lane_rate.value", "1Mbps");
  ExpectRefused([&](auto& f) { link(f)->mutable_fec()->mutable_codeword()->set_value("0.5b"); },
                "link.fec.codeword.value", "whole bits");
  ExpectRefused([&](auto& f) { link(f)->mutable_medium()->mutable_length()->set_value("0m"); },
                "link.medium.length.value", "above 0");
  ExpectRefused(
      [&](auto& f) { link(f)->mutable_medium()->mutable_length()->set_value("9000000000000m"); },
      "link.medium.length.value", "at most 1s");
}

// Takes the rate from 2.4e-4 on the lanes, after RS(544,514), of which a flit fills a word.
void SetBitErrors(v1::Fabric& fabric) {
  v1::Link& link = *fabric.mutable_link();
  link.mutable_errors()->clear_flit_error_rate();
  *link.mutable_medium()->mutable_bit_error_rate() = Spec("2.4e-4");
  v1::Code& code = *link.mutable_fec()->mutable_code();
  *code.mutable_symbol() = Spec("10b");
  *code.mutable_data_symbols() = Spec("514");
  *code.mutable_flit_codewords() = Spec("1");
}

TEST(FromProtoTest, AFlitErrorRateFollowsFromBitErrorsAndCode) {
  v1::Fabric fabric = ValidFabric();
  SetBitErrors(fabric);
  auto spec = FabricSpecFromProto(fabric);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->link.errors.bit_error_rate, Ratio(24, 100'000));
  EXPECT_EQ(spec->link.fec.code->correctable(), 15);
  EXPECT_NEAR(spec->link.errors.flit_error_rate.ToDouble(), 8.151573e-13, 1e-19);
  fabric.mutable_link()->clear_fec();
  fabric.mutable_link()->mutable_medium()->mutable_bit_error_rate()->set_value("1e-9");
  spec = FabricSpecFromProto(fabric);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_NEAR(spec->link.errors.flit_error_rate.ToDouble(), 5.44e-6, 2e-11);  // of 5,440 bits
}

TEST(FromProtoTest, BitErrorsNeedACodeAndNoOtherRate) {
  const auto refused = [](const std::function<void(v1::Link&)>& change, const std::string& path,
                          const std::string& message) {
    ExpectRefused(
        [&](v1::Fabric& fabric) {
          SetBitErrors(fabric);
          change(*fabric.mutable_link());
        },
        path, message);
  };
  const std::string rate = "link.medium.bit_error_rate";
  refused([](auto& l) { *l.mutable_errors()->mutable_flit_error_rate() = Spec("0"); }, rate,
          "give one of them");
  refused([](auto& l) { l.mutable_medium()->clear_bit_error_rate(); },
          "link.errors.flit_error_rate", ", or link.medium.bit_error_rate");
  refused([](auto& l) { l.clear_errors(); }, rate, "without link.errors");
  refused([](auto& l) { l.mutable_fec()->clear_code(); }, "link.fec.code", "is missing");
  refused([](auto& l) { l.mutable_medium()->mutable_bit_error_rate()->set_value("2e-3"); },
          rate + ".value", "at most 1/100");
  const std::string code = "link.fec.code.";
  refused([](auto& l) { l.mutable_fec()->mutable_code()->mutable_symbol()->set_value("12b"); },
          code + "symbol.value", "does not cut a codeword of 5440b");
  refused(
      [](auto& l) { l.mutable_fec()->mutable_code()->mutable_data_symbols()->set_value("545"); },
      code + "data_symbols.value", "at most 544");
  refused([](auto& l) { l.mutable_errors()->mutable_flit()->set_value("643B"); },
          code + "flit_codewords.value", "hold 5140 data bits");
}

TEST(FromProtoTest, AMediumHasAReachAndItsOwnLatencyAndEnergy) {
  v1::Fabric fabric = ValidFabric();
  v1::Link& link = *fabric.mutable_link();
  *link.mutable_medium()->mutable_reach() = Spec("2m");
  *link.mutable_medium()->mutable_latency() = Spec("6ns");
  *link.mutable_medium()->mutable_energy() = Spec("5.6pJ/bit");
  *link.mutable_retimers(0)->mutable_energy() = Spec("3300fJ/bit");
  const auto spec = FabricSpecFromProto(fabric);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->link.medium_latency, Picoseconds(6000));
  EXPECT_EQ(spec->link.medium_energy, Ratio(56, 10));
  EXPECT_EQ(spec->link.retimers[0].energy, Ratio(33, 10));
  const auto medium = [](v1::Fabric& f) { return f.mutable_link()->mutable_medium(); };
  ExpectRefused([&](auto& f) { *medium(f)->mutable_reach() = Spec("1.9m"); },
                "link.medium.length.value", "2m is above the reach of the medium; at most 1.9m");
  ExpectRefused([&](auto& f) { *medium(f)->mutable_energy() = Spec("1001pJ/bit"); },
                "link.medium.energy.value", "0 to 1000 pJ/bit");
  ExpectRefused([&](auto& f) { medium(f)->clear_kind(); }, "link.medium.kind",
                "board, passive_copper, active_copper");
}

TEST(FromProtoTest, SizesMustFitEachOther) {
  const auto ualink = [](v1::Fabric& f) { return f.mutable_protocol()->mutable_ualink(); };
  ExpectRefused([&](auto& f) { ualink(f)->mutable_max_payload()->set_value("250B"); },
                "protocol.ualink.max_payload.value", "multiple of 64B");
  ExpectRefused([&](auto& f) { ualink(f)->mutable_flit_payload()->set_value("641B"); },
                "protocol.ualink.flit_payload.value", "at most 640B");
  ExpectRefused(
      [](auto& f) {
        SetNvlink(*f.mutable_protocol());
        f.mutable_protocol()->mutable_nvlink()->mutable_max_payload()->set_value("250B");
      },
      "protocol.nvlink.max_payload.value", "multiple of 16B");
  ExpectRefused(
      [](auto& f) {
        SetEthernet(*f.mutable_protocol());
        f.mutable_protocol()->mutable_ethernet()->mutable_max_payload()->set_value("1000B");
      },
      "protocol.ethernet.max_payload.value", "multiple of 256B");
  ExpectRefused(
      [](auto& f) {
        SetEthernet(*f.mutable_protocol());
        f.mutable_protocol()->mutable_ethernet()->mutable_profile()->set_value("UAL oE");
      },
      "protocol.ethernet.profile.value", "lower case");
}

TEST(FromProtoTest, ABufferHoldsAtLeastOnePacket) {
  ExpectRefused([](auto& f) { f.mutable_switch_()->mutable_buffer_per_vc()->set_value("256B"); },
                "switch.buffer_per_vc.value", "at least 264B");
  ExpectRefused([](auto& f) { f.mutable_endpoint()->mutable_buffer_per_vc()->set_value("263B"); },
                "endpoint.buffer_per_vc.value", "at least 264B");
}

TEST(FromProtoTest, RatesThatCannotBeHeldExactlyAreRefusedNotRounded) {
  ExpectRefused(
      [](auto& f) { f.mutable_link()->mutable_lane_rate()->set_value("212.123456789Gbps"); },
      "link.lane_rate.value", "held exactly");
  ExpectRefused([](auto& f) { f.mutable_link()->mutable_lane_rate()->set_value("1/3Gbps"); },
                "link.lane_rate.value", "whole bits per second");
  ExpectRefused([](auto& f) { f.mutable_link()->mutable_coding()->set_value("0.941176471"); },
                "link.coding.value", "held exactly");
  ExpectRefused(
      [](auto& f) {
        f.mutable_endpoint()->mutable_memory_bandwidth()->set_value("3000000000001bps");
      },
      "endpoint.memory_bandwidth.value", "held exactly");
}

TEST(FromProtoTest, TheLinksOfAllGroupsTogetherHaveALimit) {
  ExpectRefused(
      [](auto& f) {
        auto* planes = f.mutable_topology()->mutable_planes();
        planes->mutable_groups(0)->mutable_planes()->set_value("1000");
        planes->mutable_groups(1)->mutable_planes()->set_value("25");
      },
      "topology.planes.groups[0]", "at most 1024");
}

}  // namespace
}  // namespace upfabric::fabric
