#include "fabric/model/framing.h"

#include <gtest/gtest.h>

#include "tests/testing/fabric_specs.h"

namespace upfabric::fabric {
namespace {

using testing::Ethernet;
using testing::Nvlink;
using testing::Ualink;

double EfficiencyPercent(const ProtocolSpec& spec, int64_t payload) {
  const auto framing = Framing::Create(spec);
  EXPECT_TRUE(framing.ok());
  return 100 * framing->EfficiencyOf(Bytes(payload)).ToDouble();
}

// docs/sources.md, SIMLLM: 16/17 with one header flit, 16/18 with the address extension; at
// 128 B 8/9 and 8/10.
TEST(FramingTest, NvlinkEfficiencyIsDataFlitsOverAllFlits) {
  NvlinkSpec one_header = Nvlink();
  one_header.header_flits = 1;
  EXPECT_NEAR(EfficiencyPercent(one_header, 256), 94.1, 0.05);
  EXPECT_NEAR(EfficiencyPercent(Nvlink(), 256), 88.9, 0.05);
  EXPECT_NEAR(EfficiencyPercent(one_header, 128), 88.9, 0.05);
  EXPECT_NEAR(EfficiencyPercent(Nvlink(), 128), 80.0, 0.05);
}

// NVLink 4 differs in the link's rate only: 100 GB of payload cost the same flits.
TEST(FramingTest, NvlinkSendsWholeFlits) {
  const auto framing = Framing::Create(Nvlink());
  ASSERT_TRUE(framing.ok());
  EXPECT_EQ(framing->UnitsOf(Bytes(0)), 2);  // header flits alone
  EXPECT_EQ(framing->UnitsOf(Bytes(1)), 3);  // and one data flit, mostly empty
  EXPECT_EQ(framing->UnitsOf(Bytes(16)), 3);
  EXPECT_EQ(framing->UnitsOf(Bytes(17)), 4);
  EXPECT_EQ(framing->UnitsOf(Bytes(256)), 18);
}

// docs/sources.md, CXL: a line of 64 B moves in five slots, 75 % of flits of 68 B with four slots;
// PCIE: a write of 256 B with a header of 16 B is 94.1 %.
TEST(FramingTest, CxlAndPcieAreHeadersAndDataInSlotsAndDoubleWords) {
  NvlinkSpec cxl = Nvlink();
  cxl.flit = Bytes(16);
  cxl.header_flits = 1;
  cxl.max_payload = Bytes(64);
  EXPECT_NEAR(EfficiencyPercent(cxl, 64) * 64 / 68, 75.3, 0.05);
  NvlinkSpec pcie = Nvlink();
  pcie.flit = Bytes(4);
  pcie.header_flits = 4;
  EXPECT_NEAR(EfficiencyPercent(pcie, 256), 94.1, 0.05);
  EXPECT_NEAR(EfficiencyPercent(pcie, 256) * 236 / 256, 86.8, 0.05);
}

// docs/sources.md, UALINK-200-1.0: the efficiency of compressed writes, times 628/640 of the flit.
TEST(FramingTest, UalinkCompressedWritesReachThePublishedEfficiency) {
  EXPECT_NEAR(EfficiencyPercent(Ualink(), 64), 81.8, 0.05);
  EXPECT_NEAR(EfficiencyPercent(Ualink(), 128), 89.2, 0.05);
  EXPECT_NEAR(EfficiencyPercent(Ualink(), 192), 92.0, 0.05);
  EXPECT_NEAR(EfficiencyPercent(Ualink(), 256), 93.45, 0.005);
}

// The same source's transaction-layer anchors at 256 B, without the flit's share.
TEST(FramingTest, UalinkAnchorsOfTheTransactionLayer) {
  UalinkSpec spec = Ualink();
  spec.flit = spec.flit_payload = Bytes(640);
  EXPECT_NEAR(EfficiencyPercent(spec, 256), 95.24, 0.005);  // all compressed
  spec.request = Bytes(16);
  EXPECT_NEAR(EfficiencyPercent(spec, 256), 92.5, 0.05);  // request uncompressed
  spec.flow_control_bytes = Ratio(8);
  spec.response = Bytes(8);
  EXPECT_NEAR(EfficiencyPercent(spec, 256), 88.89, 0.005);  // nothing compressed: 512/576
}

TEST(FramingTest, UalinkMovesWholeBeats) {
  const auto framing = Framing::Create(Ualink());
  ASSERT_TRUE(framing.ok());
  EXPECT_EQ(framing->UnitsOf(Bytes(1)), framing->UnitsOf(Bytes(64)));
  EXPECT_EQ(framing->UnitsOf(Bytes(65)), framing->UnitsOf(Bytes(128)));
  // 64 B of data and 12.8 B of fields: 5 units and 1 unit.
  EXPECT_EQ(framing->UnitsOf(Bytes(64)), 6);
  EXPECT_EQ(framing->UnitsOf(Bytes(0)), 1);
}

// docs/sources.md, SUE-1.0 and ESUN-1.0: rows "ESUN EH + 8 B RH + 4 B CRC (54)" and "ESUN EH (42)".
TEST(FramingTest, EthernetEfficiencyMatchesTheTableByPayload) {
  EXPECT_NEAR(EfficiencyPercent(Ethernet(), 64), 54.2, 0.05);
  EXPECT_NEAR(EfficiencyPercent(Ethernet(), 128), 70.3, 0.05);
  EXPECT_NEAR(EfficiencyPercent(Ethernet(), 256), 82.6, 0.05);
  EXPECT_NEAR(EfficiencyPercent(Ethernet(), 512), 90.5, 0.05);
  EXPECT_NEAR(EfficiencyPercent(Ethernet(), 1024), 95.0, 0.05);
  EXPECT_NEAR(EfficiencyPercent(Ethernet(), 4096), 98.7, 0.05);
  EthernetSpec bare = Ethernet();
  bare.frame_overhead = Bytes(42);
  EXPECT_NEAR(EfficiencyPercent(bare, 256), 85.9, 0.05);
}

// Derived from the header sizes of docs/sources.md, IBTA, UEC-NSCC, SUE-1.0, ESUN-1.0: bytes of a
// frame besides payload, and what 64 B, 256 B and 4 KiB then make of the wire.
TEST(FramingTest, EfficiencyOfEveryEthernetFormatMatchesTheTable) {
  const struct {
    const char* format;
    int64_t overhead;
    double small, middle, large;
  } formats[] = {
      {"RoCEv2, middle packet", 82, 43.8, 75.7, 98.0},
      {"RoCEv2, single write", 98, 39.5, 72.3, 97.7},
      {"UET over UDP, standard", 122, 34.4, 67.7, 97.1},
      {"UET over UDP, small", 98, 39.5, 72.3, 97.7},
      {"UET over IP, small", 94, 40.5, 73.1, 97.8},
      {"UET over UDP, secured", 150, 29.9, 63.1, 96.5},
      {"ESUN without transport", 42, 60.4, 85.9, 99.0},
      {"SUE, header of 12 B", 50, 56.1, 83.7, 98.8},
      {"SUE, header of 6 B", 44, 59.3, 85.3, 98.9},
      {"SUE Lite", 32, 66.7, 88.9, 99.2},
      {"InfiniBand, middle packet", 26, 71.1, 90.8, 99.4},
  };
  for (const auto& format : formats) {
    EthernetSpec spec = Ethernet();
    spec.frame_overhead = Bytes(format.overhead);
    spec.min_frame = Bytes(0);  // the table is of whole frames
    EXPECT_NEAR(EfficiencyPercent(spec, 64), format.small, 0.06) << format.format;
    EXPECT_NEAR(EfficiencyPercent(spec, 256), format.middle, 0.06) << format.format;
    EXPECT_NEAR(EfficiencyPercent(spec, 4096), format.large, 0.06) << format.format;
  }
}

TEST(FramingTest, EthernetPadsToTheSmallestFrameAndCountsTransactionHeaders) {
  EthernetSpec spec = Ethernet();
  spec.transaction_header = Bytes(8);
  const auto framing = Framing::Create(spec);
  ASSERT_TRUE(framing.ok());
  EXPECT_EQ(framing->UnitsOf(Bytes(0)), 84);
  EXPECT_EQ(framing->UnitsOf(Bytes(256)), 54 + 8 + 256);
  EXPECT_EQ(framing->UnitsOf(Bytes(257)), 54 + 2 * 8 + 257);
}

TEST(FramingTest, MessagesSplitIntoFullPacketsAndALastOne) {
  const auto framing = Framing::Create(Nvlink());
  ASSERT_TRUE(framing.ok());
  EXPECT_EQ(framing->PacketsOf(Bytes(0)), 1);
  EXPECT_EQ(framing->LastPayloadOf(Bytes(0)), Bytes(0));
  EXPECT_EQ(framing->PacketsOf(Bytes(256)), 1);
  EXPECT_EQ(framing->LastPayloadOf(Bytes(256)), Bytes(256));
  EXPECT_EQ(framing->PacketsOf(Bytes(257)), 2);
  EXPECT_EQ(framing->LastPayloadOf(Bytes(257)), Bytes(1));
}

TEST(FramingTest, PayloadBeyondARecordIsRefused) {
  EthernetSpec spec = Ethernet();
  spec.max_payload = Bytes(32'768);
  EXPECT_EQ(Framing::Create(spec).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace upfabric::fabric
